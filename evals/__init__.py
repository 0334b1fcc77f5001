"""clinigraph.evals"""
