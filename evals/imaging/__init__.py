"""Accuracy of the imaging tools on labelled images."""
