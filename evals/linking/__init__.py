"""Linking benchmark: assertion and side on hand-written sentences, concepts on chest-film reports."""
