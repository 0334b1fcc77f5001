"""Training of the shipped bundles: one command per network, seeded, runnable again.

`python -m clinigraph.tools.segmentation.training.fundus_disc_cup --help`
"""
