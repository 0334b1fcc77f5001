"""A user's own documents: read, split by section, kept with exact spans. What they say is data, never an order."""
