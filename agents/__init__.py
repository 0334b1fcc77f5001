"""clinigraph.agents"""
