"""How a report was made: enough to make it again."""

from __future__ import annotations

from pydantic import Field

from clinigraph.models.base import RunId, Value


class AlgorithmIdentification(Value):
    """A tool or network that took part (after DICOM TID 4019)."""

    name: str
    version: str
    weights_sha256: str | None = None
    licence: str | None = None


class CodeVersion(Value):
    """The code that ran."""

    clinigraph: str
    git_commit: str | None = None
    """None when the package does not run from a checkout."""
    git_dirty: bool | None = None
    python: str
    platform: str


class RunRecord(Value):
    """Everything that would be needed to run again. Times stand in ``timing`` alone, outside the report hash."""

    run_id: RunId
    code: CodeVersion
    packages: dict[str, str]
    """Distribution name -> version of what the run depends on."""
    algorithms: tuple[AlgorithmIdentification, ...] = ()
    models: dict[str, str] = Field(default_factory=dict)
    """Role -> model name as served; empty on the rule path."""
    tokens: dict[str, int] = Field(default_factory=dict)
    """``prompt`` and ``completion`` tokens of this run (of all runs side by side in one session)."""
    protocol: str | None = None
    """Protocol id and version."""
    cards: dict[str, str] = Field(default_factory=dict)
    """Source id of each cited card -> sha256 of its content."""
    arguments_given: dict[str, str] = Field(default_factory=dict)
    settings_resolved: dict[str, str] = Field(default_factory=dict)
    seeds: dict[str, int] = Field(default_factory=dict)
    timing: dict[str, float] = Field(default_factory=dict)
    """Node -> seconds; ``started_unix`` and ``total``."""
