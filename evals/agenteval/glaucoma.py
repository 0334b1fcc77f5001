"""Glaucoma on fundus photographs with the metrics of MedAgent-Pro (Wang et al. 2025): mACC, F1, AUC.

A folder holds ``labels.csv`` with the columns ``image`` (a file name, looked for beside it and in ``images``) and
``label`` (1 glaucoma, 0 none). Each photograph is one case of the graph, in the configuration that is asked for. An
indeterminate impression is an abstention; in mACC and F1 it counts as the wrong class, and the same figures over
decided cases stand beside.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from clinigraph.client.options import RunOptions
from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.client.sources import PathSource
from clinigraph.errors import InputRefused, InputUnreadable, UsageError
from clinigraph.evals.agenteval.configs import CONFIGS, NEED_MODEL
from clinigraph.evals.agenteval.loading import columns, read_rows, text_of
from clinigraph.evals.comparing import area_under_curve
from clinigraph.evals.contract import EvalContext, EvalItem, EvalSpec, EvalTable, Outcome
from clinigraph.evals.scoring import Mark, cost_table, mark_of, marks_table
from clinigraph.llm.contract import ChatModel
from clinigraph.models.findings import Presence
from clinigraph.settings import Settings
from clinigraph.statistics import wilson

QUESTION = "Does this eye show signs of glaucoma?"
_WANTED = {"image": ("image", "filename", "file"), "label": ("label", "glaucoma")}
MakeSession = Callable[[Settings, ChatModel | None], Session]


class Glaucoma:
    """The graph on labelled photographs.

    Args:
        spec: What the YAML file states.
        make: Makes a session; another one in tests.
        question: What is asked of each photograph.
    """

    def __init__(self, spec: EvalSpec, make: MakeSession | None = None, question: str = QUESTION) -> None:
        self.spec = spec
        self._question = question
        self._make = make or (lambda settings, model: Session(settings, model=model))

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the photographs in an order drawn by the seed; see the contract."""
        folder = next((f for n in self.spec.folders if (f := context.data / n).is_dir()), context.data)
        path = folder / "labels.csv"
        if not path.is_file():
            raise InputUnreadable(
                "The labels are not there", given=f"labels.csv in {folder.name}", todo="See docs/evals.md."
            )
        rows = read_rows(path)
        names = columns(rows, _WANTED, path.name)
        made = []
        for row in rows:
            name, label = text_of(row, names["image"]), text_of(row, names["label"])
            if label not in ("0", "1"):
                raise InputRefused("A label is neither 0 nor 1", given=f"labels.csv, {name}: {label[:20]}")
            data: dict[str, JsonValue] = {"image": str(_place(folder, name))}
            made.append(EvalItem(id=name, input=self._question, target=label, data=data))
        random.Random(context.seed).shuffle(made)  # noqa: S311 - an order, not a secret
        return tuple(made[:limit])

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Return the decision of the graph with its score.

        Raises:
            UsageError: The configuration needs a model.
        """
        model = None if context.config == "rules" else context.chat
        if context.config in NEED_MODEL and model is None:
            raise UsageError(f"The configuration {context.config} needs a model", todo="Give --model.")
        settings = Settings().model_copy(
            update={"model_base_url": None, "model_name": None, "state_dir": context.work / "glaucoma"}
        )
        session = self._make(settings, model)
        source = PathSource((Path(str(item.data["image"])),), settings, self._question)
        options = RunOptions(resume=False, switches=CONFIGS[context.config])
        report: Report | None = None
        async for event in session.stream(source, options):
            if isinstance(event.report, Report):
                report = event.report
        if report is None:
            raise AssertionError("a run without pauses gave no report")
        decision, score = report.impression.decision, report.impression.score
        positive = decision is Presence.PRESENT
        right = Mark.RIGHT if positive == (item.target == "1") else Mark.WRONG
        found = Mark.ABSTAINED if decision is Presence.INDETERMINATE else right
        tokens = sum(v for k, v in report.run.tokens.items() if k in ("prompt", "completion"))
        return {"mark": found.value, "decision": decision.value, "score": score, "tokens": tokens}

    def tables(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return marks, and mACC, F1 and AUC over all and over decided cases."""
        decided = [o for o in outcomes if mark_of(o) in (Mark.RIGHT, Mark.WRONG)]
        rows = (_row("all, undecided and failed wrong", outcomes), _row("decided", decided))
        columns_ = ("cases", "n", "sensitivity (95 %)", "specificity (95 %)", "mACC", "F1", "AUC of the score")
        return (
            marks_table("Decisions", outcomes),
            EvalTable(title="Metrics of MedAgent-Pro", columns=columns_, rows=rows),
            cost_table(outcomes),
        )


@dataclass(frozen=True, slots=True)
class _Counts:
    hits: int
    positive: int
    rejected: int
    negative: int

    @property
    def macc(self) -> float:
        """Mean of the accuracies of both classes."""
        return (self.hits / self.positive + self.rejected / self.negative) / 2

    @property
    def f1(self) -> float:
        """F1 of the positive class; every negative that was not rejected counts as called."""
        wrong = (self.positive - self.hits) + (self.negative - self.rejected)
        return 2 * self.hits / (2 * self.hits + wrong) if self.hits or wrong else 0.0


def _row(name: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    positive = [o for o in outcomes if o.item.target == "1"]
    negative = [o for o in outcomes if o.item.target == "0"]
    hits, rejected = (sum(mark_of(o) is Mark.RIGHT for o in part) for part in (positive, negative))
    if not positive or not negative:
        return (name, str(len(outcomes)), *("one class is empty",) * 5)
    counts = _Counts(hits, len(positive), rejected, len(negative))
    scored = [
        (float(str(o.values["score"])), o.item.target == "1") for o in outcomes if o.values.get("score") is not None
    ]
    classes = {label for _, label in scored}
    area = (
        f"{area_under_curve([s for s, _ in scored], [p for _, p in scored]):.3f} (n={len(scored)})"
        if len(classes) == 2
        else "no scores"
    )
    shares = (str(wilson(hits, len(positive))), str(wilson(rejected, len(negative))))
    return (name, str(len(outcomes)), *shares, f"{counts.macc:.3f}", f"{counts.f1:.3f}", area)


def _place(folder: Path, name: str) -> Path:
    path = next((p for p in (folder / name, folder / "images" / name) if p.is_file()), None)
    if path is None or not path.resolve().is_relative_to(folder.resolve()):
        raise InputUnreadable("A photograph of the labels is not there", given=name)
    return path
