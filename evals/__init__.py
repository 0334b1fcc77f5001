"""Benchmarks and agent evals."""
