"""Public doubles and conformance suites."""
