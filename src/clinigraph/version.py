"""The version of the installed package."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def installed_version() -> str:
    """Return the version, or ``0+unknown`` in a source tree that was never installed."""
    try:
        return version("clinigraph")
    except PackageNotFoundError:
        return "0+unknown"
