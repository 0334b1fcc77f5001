"""Numbers from masks: pure functions with units, formula sources and intervals, and the tools around them."""
