"""Benchmarks of grounding: seeded corruptions of true reports, and public sets of claims and evidence."""
