"""The base of every value: frozen, keyword-only, no unknown fields."""

from __future__ import annotations

import hashlib
import json
from typing import NewType, Self

from pydantic import BaseModel, ConfigDict

CaseId = NewType("CaseId", str)
ImageId = NewType("ImageId", str)
StepId = NewType("StepId", str)
IndicatorId = NewType("IndicatorId", str)
PassageId = NewType("PassageId", str)
EvidenceId = NewType("EvidenceId", str)
ClaimId = NewType("ClaimId", str)
ArtifactId = NewType("ArtifactId", str)
RunId = NewType("RunId", str)
ProtocolId = NewType("ProtocolId", str)


class Value(BaseModel):
    """A frozen value that crosses a border between packages."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, ser_json_inf_nan="strings")

    def canonical_json(self) -> str:
        """Return the value as JSON with sorted keys and no white space, for hashing."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def digest(self) -> str:
        """Return the sha256 of the canonical JSON as 64 hexadecimal digits."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()

    def replace(self, **changes: object) -> Self:
        """Return a validated copy with some fields changed."""
        return type(self).model_validate({**dict(self), **changes})
