"""Disease groups on short-axis cine MR: the pattern that the graph's report names against the group of the set.

A folder holds ``volumes/<patient>_frame*.npz`` (``image`` ``(D, H, W)``; the earlier frame is end-diastole) and
``labels.csv`` with the columns ``case`` and ``group`` (DCM, HCM, MINF, NOR, RV; Bernard et al. 2018). The rules of the
patterns were set on reference masks of the 50 patients with odd numbers (see ``tools/measurement/cardiac_pattern.py``),
so figures on those are no estimate for other hearts, even where a network that has not seen them outlines the heart.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from clinigraph.artifacts import ArtifactStore
from clinigraph.client.report import Report
from clinigraph.client.sources import CaseSource
from clinigraph.errors import InputRefused, InputUnreadable
from clinigraph.evals.agenteval.diagnosis import GraphDiagnosis, Trained
from clinigraph.evals.agenteval.labelled import labels_folder
from clinigraph.evals.agenteval.loading import columns, read_rows, text_of
from clinigraph.evals.contract import EvalContext, EvalItem, EvalTable, Outcome
from clinigraph.evals.scoring import Mark, cost_table, marks_table
from clinigraph.evals.subgroups import KEY, subgroup_table, subgroups_of
from clinigraph.models.base import CaseId, ImageId
from clinigraph.models.case import Case
from clinigraph.models.codes import Modality
from clinigraph.models.findings import Presence
from clinigraph.models.imaging import CardiacPhase, Image, ImageFormat, ImageGeometry, Series, Study
from clinigraph.settings import Settings
from clinigraph.tools.contract import Tool
from clinigraph.tools.measurement.cardiac_pattern import Pattern

GROUPS = {
    "DCM": Pattern.DILATED,
    "HCM": Pattern.HYPERTROPHIC,
    "MINF": Pattern.INFARCTION_LIKE,
    "NOR": Pattern.NORMAL,
    "RV": Pattern.RIGHT_VENTRICULAR,
}
_PATTERN = re.compile(r"has the pattern: ([a-z-]+)")
_WANTED = {"case": ("case", "patient", "Pat"), "group": ("group", "group_by_published_case_order", "Group")}


def _folds() -> int:
    from clinigraph.tools.segmentation.training.cine_mr_heart import FOLDS

    return int(FOLDS)


def _network(folder: Path) -> Tool:
    from clinigraph.tools.segmentation.cine_network import CineMrHeart

    return CineMrHeart(folder)


class CineGroups(GraphDiagnosis):
    """One patient a case; the pattern of the report is the answer, also where the report calls it uncertain."""

    question = "What is the ejection fraction, and which pattern does the heart show?"
    trained = Trained("cine_mr_heart", ("mri_acdc_odd",), _folds, _network, places=2)

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the patients in an order drawn by the seed; see the contract."""
        folder = labels_folder(self.spec.folders, context)
        rows = read_rows(folder / "labels.csv")
        names = columns(rows, _WANTED, "labels.csv")
        made = []
        for row in rows:
            case, group = text_of(row, names["case"]), text_of(row, names["group"])
            if group not in GROUPS:
                given = f"labels.csv, {case}: {group[:20]}"
                raise InputRefused("A group is not known", given=given, todo=f"Use {', '.join(GROUPS)}.")
            frames = sorted((folder / "volumes").glob(f"{case}_*.npz"), key=_number)
            if len(frames) != 2:
                raise InputUnreadable("A patient needs two frames", given=f"{len(frames)} volumes of {case}")
            data: dict[str, JsonValue] = {"frames": [str(f) for f in frames], **self.seen(frames[0])}
            data[KEY] = subgroups_of(row)
            made.append(EvalItem(id=case, input=self.question, target=GROUPS[group].value, data=data))
        random.Random(context.seed).shuffle(made)  # noqa: S311 - an order, not a secret
        return tuple(made[:limit])

    def source(self, item: EvalItem, settings: Settings) -> CaseSource:
        """Return both frames as a case without spacing."""
        del settings
        frames = item.data["frames"]
        return _Frames(tuple(Path(str(f)) for f in frames) if isinstance(frames, list) else (), self.question)

    def judged(self, report: Report, item: EvalItem) -> dict[str, JsonValue]:
        """Return the pattern that the report names; none named is an abstention."""
        named = [(m[1], f.presence) for f in report.findings if (m := _PATTERN.search(f.text))]
        pattern, presence = named[0] if named else ("", Presence.INDETERMINATE)
        right = Mark.RIGHT if pattern == item.target else Mark.WRONG
        return {
            "mark": (right if pattern else Mark.ABSTAINED).value,
            "answer": pattern,
            "sure": bool(pattern) and presence is not Presence.INDETERMINATE,
            "decision": report.impression.decision.value,
        }

    def tables(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return marks by network and by group, marks where the report is sure, who is taken for whom, cost."""
        sure = [o for o in outcomes if o.values.get("sure") is True]
        note = "The report calls a pattern uncertain where an interval crosses a limit of its rule."
        found = (
            marks_table("Pattern of the heart", outcomes, group="network"),
            marks_table("Of it, patterns that the report does not call uncertain", sure, note=note),
            _confusions(outcomes),
            subgroup_table(outcomes),
            cost_table(outcomes),
        )
        return tuple(t for t in found if t is not None)


@dataclass(frozen=True, slots=True)
class _Frames:
    """Two volumes of one heart, end-diastole first."""

    paths: tuple[Path, ...]
    question: str

    def digest(self) -> str:
        found = hashlib.sha256(self.question.encode())
        for path in self.paths:
            found.update(path.read_bytes())
        return found.hexdigest()

    def read(self, artifacts: ArtifactStore) -> Case:
        phases = (CardiacPhase.END_DIASTOLE, CardiacPhase.END_SYSTOLE)
        images = [_image(p, phase, artifacts) for p, phase in zip(self.paths, phases, strict=True)]
        series = Series(id="cine", modality=Modality.MR, images=tuple(images))
        study = Study(id="study", series=(series,))
        return Case(id=CaseId(f"case-{self.digest()[:16]}"), question=self.question, studies=(study,))


def _image(path: Path, phase: CardiacPhase, artifacts: ArtifactStore) -> Image:
    with np.load(path, allow_pickle=False) as file:
        pixels = np.asarray(file["image"], dtype=np.float32)
    return Image(
        id=ImageId(phase.value),
        artifact_id=artifacts.put(pixels),
        geometry=ImageGeometry(shape=pixels.shape),
        format=ImageFormat.NIFTI,
        modality=Modality.MR,
        phase=phase,
        notes=("The end of the cycle is told by the set.",),
    )


def _number(path: Path) -> int:
    found = re.findall(r"\d+", path.stem)
    return int(found[-1]) if found else 0


def _confusions(outcomes: Sequence[Outcome]) -> EvalTable:
    said = [p.value for p in Pattern]
    tally = Counter((o.item.target, "failed" if o.error else str(o.values.get("answer") or "none")) for o in outcomes)
    columns_ = ("group", *said, "none", "failed")
    rows = tuple((group, *(str(tally[group, answer]) for answer in columns_[1:])) for group in said)
    return EvalTable(title="Patterns named, by group", columns=columns_, rows=rows)
