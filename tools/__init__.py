"""What a plan may call: segmentation, measurement, reading, facts of the record."""
