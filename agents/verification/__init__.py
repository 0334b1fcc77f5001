"""Deterministic verification of claims against the evidence graph: one small module per class of check."""
