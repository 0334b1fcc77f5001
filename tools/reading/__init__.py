"""Qualitative readings of images by a model."""
