"""Masks from pixels: networks of this project, promptable segmenters, bundles of others.

The only package that imports torch, MONAI or a SAM, and only when a tool warms up.
"""
