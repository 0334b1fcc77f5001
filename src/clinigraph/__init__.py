"""Clinigraph: agentic, evidence-checked diagnosis orchestrator. Research use only; not a medical device.

The names below load what they need when they are first used, so that ``import clinigraph`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from clinigraph.version import installed_version

if TYPE_CHECKING:
    from clinigraph.client.api import adiagnose, diagnose, stream
    from clinigraph.client.options import RunOptions
    from clinigraph.client.report import Report
    from clinigraph.client.session import Session
    from clinigraph.client.sources import Case

__version__ = installed_version()

__all__ = ["Case", "Report", "RunOptions", "Session", "__version__", "adiagnose", "diagnose", "stream"]

_WHERE = {
    "Case": "clinigraph.client.sources",
    "Report": "clinigraph.client.report",
    "RunOptions": "clinigraph.client.options",
    "Session": "clinigraph.client.session",
    "adiagnose": "clinigraph.client.api",
    "diagnose": "clinigraph.client.api",
    "stream": "clinigraph.client.api",
}


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'clinigraph' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
