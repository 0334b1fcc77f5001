"""clinigraph.graphs"""
