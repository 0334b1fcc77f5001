"""Words to coded concepts: HPO, Disease Ontology, ICD-10-CM, and the user's own UMLS release."""
