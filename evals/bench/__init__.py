"""Benchmarks: speed, memory and accuracy, measured side by side in one run."""
