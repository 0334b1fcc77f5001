"""Networks of our own: numpy in, numpy out, weights from the bundles next door.

Torch and MONAI are imported on the first `warm_up()`, never by importing this package.
"""
