"""Sync and async entry points: a case in, a report out."""
