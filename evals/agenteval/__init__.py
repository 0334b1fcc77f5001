"""Benchmarks of agents: multiple choice, simulated patients, calculators, pictures, tools, abstention and safety."""
