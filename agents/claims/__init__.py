"""Free text to checkable claims: split into atoms, read for numbers and words, tied to the evidence they speak of."""
