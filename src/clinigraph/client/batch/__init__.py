"""Many cases: a cohort from a table, worked off by several processes, resumable, one folder a case."""
