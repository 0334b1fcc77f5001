"""Findings of the whole patient to diseases."""
