"""A user's own UMLS release: import once into one SQLite file, then look up, link and walk relations."""
