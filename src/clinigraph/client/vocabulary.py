"""The vocabulary that a session links texts with."""

from __future__ import annotations

from clinigraph.knowledge.terminology.contract import Terminology
from clinigraph.settings import Settings


def open_terminology(settings: Settings) -> Terminology:
    """Return the user's UMLS release where one was imported, else the embedded vocabularies; loads nothing yet."""
    from clinigraph.knowledge.terminology.embedded import EmbeddedTerminology
    from clinigraph.knowledge.terminology.umls.store import UmlsTerminology, store_path

    path = store_path(settings.state_dir)
    return UmlsTerminology(path) if path.is_file() else EmbeddedTerminology(settings.cache_dir)
