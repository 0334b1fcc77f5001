"""What may be cited: guideline cards, user documents, protocols, terminology."""
