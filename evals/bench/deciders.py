"""What each form of the decider makes of the same measurements: one run of the graph a photograph, no model.

Run ``python -m clinigraph.evals.bench.deciders --data ../shared/data/fundus_drishti_train [--json]``. The folder holds
``labels.csv`` with ``image`` and ``label`` (1 glaucoma, 0 none), or, as Drishti-GS, with the vertical cup-to-disc ratio
by experts (``cdr_exp1`` ...): then a photograph is positive where their mean reaches 0.7, the criterion of the ISGEO
(Foster et al. 2002). **That is no diagnosis of glaucoma**: it says whether the decision agrees with what experts
measure. Photographs that one member of the shipped ensemble has not seen are measured by that member; those on which
every member was trained stand in a table of their own, which says so.

The forms are the weighted rule (which the default decider is without a model), the graded one, and the weighted form as
published (arXiv 2503.18968), in which a missing indicator weighs nothing and every case is decided. Beside them stands
the vertical ratio alone, with its interval and without. Undecided and failed cases count as wrong.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table

from clinigraph.agents.decider import weigh
from clinigraph.agents.decider_graded import weigh_graded
from clinigraph.client.report import Report
from clinigraph.errors import ClinigraphError
from clinigraph.evals.agenteval.diagnosis_tables import Hits
from clinigraph.evals.agenteval.glaucoma import Glaucoma
from clinigraph.evals.agenteval.loading import Row
from clinigraph.evals.contract import EvalContext, EvalItem
from clinigraph.evals.registry import benchmark
from clinigraph.models.evidence import IndicatorResultNode
from clinigraph.models.findings import Impression, IndicatorResult, Met, Presence
from clinigraph.statistics import wilson

LARGE_RATIO = 0.7
"""Mean of the experts' vertical ratios from which a photograph is positive."""
RATIO = "vertical_cup_disc_ratio"
_COLUMNS = ("form", "positive", "called", "undecided", "negative", "rejected", "undecided ", "sensitivity (95 %)",
            "specificity (95 %)", "mACC", "F1")  # fmt: skip

Results = Sequence[IndicatorResult]


def published(results: Results, threshold: float) -> Presence:
    """Return the decision of the published weighted form: sum of w {met 1, uncertain 1/2, not met 0} >= threshold."""
    share = {Met.YES: 1.0, Met.UNCERTAIN: 0.5}
    total = sum(r.weight * share.get(r.met, 0.0) for r in results)
    return Presence.PRESENT if total + 1e-9 >= threshold else Presence.ABSENT


def ratio_alone(results: Results, *, interval: bool) -> Presence:
    """Return whether the vertical ratio meets its criterion; without its interval it always does or does not."""
    found = next((r for r in results if str(r.indicator_id) == RATIO), None)
    if found is None or found.met is Met.NOT_ASSESSED or found.criterion is None or found.value is None:
        return Presence.INDETERMINATE
    if interval:
        return {Met.YES: Presence.PRESENT, Met.NO: Presence.ABSENT}.get(found.met, Presence.INDETERMINATE)
    holds = found.criterion.comparator.holds(found.value, found.criterion.threshold)
    return Presence.PRESENT if holds else Presence.ABSENT


def decisions(results: Results, said: Impression) -> dict[str, Presence]:
    """Return the decision of every form on the same results."""
    threshold, least = said.threshold or 0.0, said.min_assessed_share or 0.0
    made: Mapping[str, Callable[[], Presence]] = {
        "weighted (default without a model)": lambda: weigh(results, said.condition, threshold, least).decision,
        "graded": lambda: weigh_graded(results, said.condition, threshold, least).decision,
        "weighted as published": lambda: published(results, threshold),
        "vertical ratio alone, with its interval": lambda: ratio_alone(results, interval=True),
        "vertical ratio alone, without": lambda: ratio_alone(results, interval=False),
    }
    return {name: decide() for name, decide in made.items()}


class Forms(Glaucoma):
    """The glaucoma benchmark with the decisions of all forms in its outcome."""

    wanted: ClassVar[Mapping[str, Sequence[str]]] = {"image": ("image",), "label": ("label", "cdr_exp1")}

    def target(self, label: str, column: str, row: Row) -> str:
        """Return the label, or whether the mean of the experts' ratios is large."""
        if column == "label":
            return super().target(label, column, row)
        given = [float(str(v)) for k, v in row.items() if k.startswith("cdr_exp")]
        return "1" if sum(given) / len(given) >= LARGE_RATIO else "0"

    def judged(self, report: Report, item: EvalItem) -> dict[str, JsonValue]:
        """Return the decision of each form."""
        del item
        results = [n.value for n in report.evidence_graph.nodes if isinstance(n, IndicatorResultNode)]
        return {name: decision.value for name, decision in decisions(results, report.impression).items()}


@dataclass(frozen=True, slots=True)
class Judged:
    """One photograph."""

    target: str
    """1 where it is positive, else 0."""
    network: str
    """Which network measured it, and whether it has seen the photograph."""
    decisions: Mapping[str, str]
    """Form to decision; empty where the photograph failed."""


async def measure(data: Path, work: Path, limit: int | None) -> list[Judged]:
    """Return what every form decides of each photograph."""
    bench, context = Forms(benchmark("glaucoma").spec), EvalContext(data=data, work=work, config="rules")
    found: list[Judged] = []
    for item in bench.items(context, limit):
        decided: dict[str, str] = {}
        try:
            values = await bench.measure(item, context)
            decided = {name: decision for name, decision in values.items() if isinstance(decision, str)}
        except ClinigraphError as error:
            typer.echo(f"{item.id}: {error}", err=True)
        found.append(Judged(item.target, str(item.data.get("network", "")), decided))
    return found


def by_form(judged: Sequence[Judged]) -> dict[str, list[tuple[str, str]]]:
    """Return form -> target and decision of each photograph; one that failed is undecided in all."""
    forms = list(dict.fromkeys(name for one in judged for name in one.decisions))
    undecided = Presence.INDETERMINATE.value
    return {form: [(one.target, one.decisions.get(form, undecided)) for one in judged] for form in forms}


def row(name: str, pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return counts and shares of one form; undecided cases count as wrong."""
    positive = [d for t, d in pairs if t == "1"]
    negative = [d for t, d in pairs if t == "0"]
    counts = Hits(positive.count("present"), len(positive), negative.count("absent"), len(negative))
    open_ones = Presence.INDETERMINATE.value
    shares = ("–",) * 4
    if positive and negative:
        sure = (wilson(counts.hits, counts.positive), wilson(counts.rejected, counts.negative))
        shares = (str(sure[0]), str(sure[1]), f"{counts.macc:.3f}", f"{counts.f1:.3f}")
    numbers = (counts.positive, counts.hits, positive.count(open_ones), counts.negative, counts.rejected,
               negative.count(open_ones))  # fmt: skip
    return (name, *map(str, numbers), *shares)


def run(
    data: Annotated[Path, typer.Option("--data", help="Folder with labels.csv.")],
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Most photographs.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print only JSON.")] = False,
) -> None:
    """Measure and print a table for each network: one that has seen the photographs is no estimate for others."""
    with tempfile.TemporaryDirectory() as name:
        judged = asyncio.run(measure(data, Path(name), limit))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in judged], indent=1))
        return
    for network in dict.fromkeys(one.network for one in judged):
        group = [one for one in judged if one.network == network]
        failed = sum(not one.decisions for one in group)
        table = Table(*_COLUMNS, title=f"{network}: {len(group)} photographs, {failed} failed", title_justify="left")
        for form, found in by_form(group).items():
            table.add_row(*row(form, found))
        Console(width=200).print(table)


if __name__ == "__main__":
    typer.run(run)
