"""Signals over time as values; samples live in the artifact store."""

from __future__ import annotations

from pydantic import Field

from clinigraph.models.base import ArtifactId, Value


class Signal(Value):
    """One lead or channel of one recording."""

    artifact_id: ArtifactId
    """Samples: float64 ``(N,)``."""
    sampling_rate_hz: float = Field(gt=0)
    """Samples a second; without it no time can be stated."""
    lead: str = Field(default="unknown", pattern=r"^[A-Za-z0-9]{1,12}$")
    """For example ``II``."""
