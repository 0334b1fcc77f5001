"""Roles: triage, planner, decider, writer, verifier. Typed in, typed out; no wiring here."""
