"""Facts of the record as measurements."""
