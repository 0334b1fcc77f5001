"""Results of tools that were called before with the same inputs; tools are idempotent, so they need not run again."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

from clinigraph.artifacts import ArtifactMissing, ArtifactStore
from clinigraph.models.base import ArtifactId
from clinigraph.models.tooling import FlowValue, ImageValue, LabelMapValue, ToolCall, ToolResult, ToolSpec, ToolStatus


class ResultCache:
    """Stored results below one folder, with the masks that they name.

    A result is found by tool, version, inputs, question and rubric; when a user changes a box, only the steps whose
    inputs change are run again. Failures are never stored.

    Args:
        root: The folder; made when first written.
        salt: What else shapes a result (settings, served model).
    """

    def __init__(self, root: Path, salt: str = "") -> None:
        self._root = root
        self._salt = salt
        self._artifacts = ArtifactStore(root / "artifacts")

    def get(self, call: ToolCall, spec: ToolSpec, artifacts: ArtifactStore) -> ToolResult | None:
        """Return the stored result of a call, its masks put into ``artifacts``; None when there is none."""
        try:
            stored = ToolResult.model_validate_json(self._path(call, spec).read_bytes())
            for artifact_id in _artifact_ids(stored):
                if artifact_id not in artifacts:
                    artifacts.put(self._artifacts.get(artifact_id))
        except (OSError, ValueError, ArtifactMissing):
            return None
        return stored.replace(step_id=call.step_id)

    def put(self, call: ToolCall, spec: ToolSpec, result: ToolResult, artifacts: ArtifactStore) -> None:
        """Keep a result; what failed is not kept."""
        if result.status is ToolStatus.FAILED:
            return
        for artifact_id in _artifact_ids(result):
            if artifact_id not in self._artifacts:
                self._artifacts.put(artifacts.get(artifact_id))
        path = self._path(call, spec)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(result.model_dump_json())
        Path(name).replace(path)

    def _path(self, call: ToolCall, spec: ToolSpec) -> Path:
        made = call.replace(inputs={name: _unprompted(value) for name, value in call.inputs.items()}).model_dump(
            mode="json", exclude={"step_id", "attempt"}
        )
        key = [spec.name, spec.version, self._salt, made]
        text = json.dumps(key, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return self._root / f"{hashlib.sha256(text.encode()).hexdigest()}.json"


def _unprompted(value: FlowValue) -> FlowValue:
    """Return an input without the prompts of its image: a tool that takes a box or points has them on its own port."""
    if isinstance(value, ImageValue):
        return value.replace(value=value.value.replace(boxes={}, points={}))
    return value


def _artifact_ids(result: ToolResult) -> tuple[ArtifactId, ...]:
    return tuple(v.value.artifact_id for v in result.outputs.values() if isinstance(v, LabelMapValue))
