"""What people did in a run: who, when, what, and on which evidence."""

from __future__ import annotations

from pydantic import Field, JsonValue

from clinigraph.models.base import EvidenceId, Value


class Intervention(Value):
    """One thing that a person did."""

    who: str = Field(min_length=1, max_length=80)
    """Name that the person gave; no account stands behind it."""
    at_unix: float
    """Seconds since 1970, UTC."""
    action: str
    """approve, edit, reject, answer, skip, keep, withdraw, correct or sign."""
    reason: str = Field(default="", max_length=1000)
    targets: tuple[EvidenceId, ...] = ()
    """Nodes of the evidence graph that it acted on."""
    detail: dict[str, JsonValue] = Field(default_factory=dict)
    """What was changed, from and to."""

    def node_id(self) -> EvidenceId:
        """Return the id of its node in the evidence graph."""
        return EvidenceId(f"intervention-{self.digest()[:12]}")
