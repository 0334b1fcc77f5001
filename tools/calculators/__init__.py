"""Clinical calculators on facts of the record, each with source, units, valid ranges and refusals by name."""
