"""Tools on signals over time."""
