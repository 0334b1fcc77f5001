"""LangGraph wiring only: state, nodes, routing, checkpoints."""
