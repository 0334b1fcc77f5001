"""Retrieval benchmark: guideline summaries and MedQuAD pages, hybrid against either half alone."""
