"""Frozen values: the words of Clinigraph. No I/O."""
