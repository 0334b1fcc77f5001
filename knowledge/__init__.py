"""clinigraph.knowledge"""
