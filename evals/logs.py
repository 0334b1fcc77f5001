"""Runs read back from Inspect's logs: what ran, what came of each item, and two of them in pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inspect_ai.log import EvalLog, read_eval_log

from clinigraph.errors import InputUnreadable, UsageError
from clinigraph.evals.comparing import Paired, compare
from clinigraph.evals.contract import EvalTable, Outcome
from clinigraph.evals.runner import outcomes
from clinigraph.evals.scoring import Mark, mark_of


@dataclass(frozen=True, slots=True)
class Run:
    """One log."""

    path: Path
    task: str
    version: str
    config: str
    model: str
    finished: bool
    planned: int
    """Samples that the run was to have."""
    outcomes: tuple[Outcome, ...]
    log: EvalLog

    @property
    def data(self) -> Mapping[str, str]:
        """File name -> sha256 of the data that ran, where the log holds them."""
        found = (self.log.eval.metadata or {}).get("data_sha256")
        return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}

    @property
    def label(self) -> str:
        """Task, configuration and model."""
        return f"{self.task} [{self.config}, {self.model}]"

    def right(self) -> Mapping[str, bool]:
        """Return item id -> whether it is right; failures and abstentions are not.

        Raises:
            UsageError: The task marks no items.
        """
        marked = {o.item.id: r for o in self.outcomes if (r := is_right(o)) is not None}
        measured = [o for o in self.outcomes if not o.error]
        if measured and not any("mark" in o.values or "answer" in o.values for o in measured):
            raise UsageError("The task does not mark items right or wrong", given=self.task)
        return marked

    def share_right(self) -> tuple[int, int]:
        """Return how many items are right, of how many."""
        marks = list(self.right().values())
        return sum(marks), len(marks)


def is_right(outcome: Outcome) -> bool | None:
    """Return whether an item is right: by its mark, else by its answer being the key; None where it has neither."""
    if outcome.error:
        return False
    if "mark" in outcome.values:
        return mark_of(outcome) is Mark.RIGHT
    return outcome.values["answer"] == outcome.item.target if "answer" in outcome.values else None


def load_run(path: Path) -> Run:
    """Read a log.

    Raises:
        InputUnreadable: The file is no log of a benchmark of Clinigraph.
    """
    try:
        log = read_eval_log(str(path))
        found = outcomes(log)
    except Exception as error:  # Inspect raises whatever its reader of zip and JSON raises
        given = f"{path.name} ({type(error).__name__})"
        raise InputUnreadable("This is no log of a benchmark", given=given, todo="Give an .eval file.") from error
    arguments = log.eval.task_args
    spec = log.eval.metadata or {}
    configs = spec.get("configs") or ["full"]
    return Run(
        path=path,
        task=log.eval.task.removeprefix("clinigraph/"),
        version=str(log.eval.task_version),
        config=str(arguments.get("config") or configs[0]),
        model=log.eval.model,
        finished=log.status == "success",
        planned=len(log.eval.dataset.sample_ids or []) or log.eval.dataset.samples or len(found),
        outcomes=found,
        log=log,
    )


def pair(first: Run, second: Run) -> Paired:
    """Pair two runs of the same items.

    Raises:
        UsageError: They are of different tasks or versions, one was cut short, or they share no item.
    """
    if (first.task, first.version) != (second.task, second.version):
        given = f"{first.task} {first.version} and {second.task} {second.version}"
        raise UsageError("Only runs of the same task and version can be paired", given=given)
    for run in (first, second):
        if not run.finished:
            raise UsageError(
                "A run was cut short",
                given=f"{run.path.name}: {len(run.outcomes)} of {run.planned} samples",
                todo=f"Finish it with: inspect eval-retry {run.path.name}",
            )
    try:
        return compare(first.right(), second.right())
    except ValueError as error:
        raise UsageError("The runs cannot be paired", given=str(error), todo="Give the same data and seed.") from error


def paired_table(first: Run, second: Run) -> EvalTable:
    """Return the paired table of two runs.

    Raises:
        UsageError: See ``pair``.
    """
    found = pair(first, second)
    gain = found.difference
    rows = (
        ("items in both", str(found.items)),
        ("items in one alone", str(found.unpaired)),
        (f"right: {first.label}", str(found.first)),
        (f"right: {second.label}", str(found.second)),
        ("both right", str(found.both)),
        ("only the first right", str(found.only_first)),
        ("only the second right", str(found.only_second)),
        ("neither right", str(found.neither)),
        ("second minus first (paired bootstrap, 95 %)", f"{gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})"),
        ("McNemar, exact, two-sided", f"p = {found.p:.4f}"),
        *_cost(first, second),
    )
    note = "Failed, abstained and unreadable answers are not right."
    return EvalTable(title=f"{first.task} {first.version}, paired", columns=("", "value"), rows=rows, note=note)


def _cost(first: Run, second: Run) -> Sequence[tuple[str, str]]:
    pairs = zip(cost(first.outcomes), cost(second.outcomes), strict=True)
    names = ("tokens a sample, first and second", "seconds a sample, first and second")
    return [(name, f"{a:.1f} and {b:.1f}") for name, (a, b) in zip(names, pairs, strict=True)]


def cost(found: Sequence[Outcome]) -> tuple[float, float]:
    """Return mean tokens and mean seconds of a sample; failed samples count with what they took."""
    tokens = sum(float(str(o.values.get("tokens") or 0)) for o in found)
    return tokens / max(1, len(found)), sum(o.seconds for o in found) / max(1, len(found))
