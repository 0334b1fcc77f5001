"""Plans that a model made, kept so that the same question costs no second call, and as files that a person edits."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import ValidationError

from clinigraph.errors import UsageError
from clinigraph.models.base import ProtocolId
from clinigraph.models.codes import Modality
from clinigraph.models.passages import Passage
from clinigraph.models.planning import DiagnosticPlan, DiagnosticProtocol
from clinigraph.models.tooling import ToolSpec

DRAFT = "draft, not reviewed"


def plan_key(
    condition: str, modality: Modality, passages: Sequence[Passage], specs: Sequence[ToolSpec], model: str, prompt: str
) -> str:
    """Return the key of a plan: condition, kind of image, knowledge, tools, model and prompt.

    The version of the knowledge is that of the passages retrieved: a change anywhere else changes no plan.
    """
    parts = (
        " ".join(condition.lower().split()),
        modality.value,
        *(f"{p.id} {p.sha256}" for p in passages),
        *(f"{s.name} {s.version}" for s in specs),
        model,
        prompt,
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


class PlanStore:
    """A folder of plans, one file each; a damaged file counts as missing.

    Args:
        folder: Made at the first write.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> DiagnosticPlan | None:
        """Return a kept plan; whoever takes it validates it again."""
        try:
            return DiagnosticPlan.model_validate_json((self._folder / f"{key}.json").read_bytes())
        except (OSError, ValidationError):
            return None

    def put(self, key: str, plan: DiagnosticPlan) -> None:
        """Keep a plan; without a writable folder nothing is kept."""
        with contextlib.suppress(OSError):
            write_whole(self._folder / f"{key}.json", plan.model_dump_json(indent=2))


def protocol_of(plan: DiagnosticPlan, specialty: str = "general") -> DiagnosticProtocol:
    """Return a plan as a protocol that a person can review, edit and use; it says that it is a draft.

    Args:
        plan: A valid plan.
        specialty: Narrows later retrieval.
    """
    slug = "-".join(re.findall(r"[a-z0-9]+", plan.condition.lower())) or "condition"
    return DiagnosticProtocol(
        id=plan.protocol_id or ProtocolId(f"draft-{slug}"),
        version=plan.protocol_version or "0.0.0",
        title=f"{plan.condition} ({DRAFT})" if plan.origin == "model" else plan.condition,
        condition=plan.condition,
        specialty=specialty,
        question_patterns=(re.escape(plan.condition),),
        modality=plan.modality,
        indicators=plan.indicators,
        steps=plan.steps,
        threshold=plan.threshold,
        threshold_source=plan.threshold_source or DRAFT,
        min_assessed_share=plan.min_assessed_share,
        recommendation_passage_ids=plan.recommendation_passage_ids,
        limitations=plan.limitations,
        reviewed=DRAFT,
    )


def save_protocol(protocol: DiagnosticProtocol, path: Path) -> None:
    """Write a protocol as YAML.

    Raises:
        UsageError: The file cannot be written.
    """
    text = yaml.safe_dump(protocol.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110)
    try:
        write_whole(path, text)
    except OSError as error:
        raise UsageError("The plan cannot be written", given=str(path), todo="Choose another file.") from error


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a crash leaves the old one or the new one.

    Raises:
        OSError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
