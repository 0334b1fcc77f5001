"""The benchmark ``linking``: what is said of a finding, on which side, and which concepts a report holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
from pydantic import JsonValue

from clinigraph.evals.contract import EvalContext, EvalItem, EvalSpec, EvalTable, Outcome
from clinigraph.evals.linking.counting import COLUMNS, Counts
from clinigraph.evals.linking.reports import FOLDER, count_groups, due_groups, headings_of, read_reports
from clinigraph.evals.linking.sentences import Judged, SentenceScore, judge, marked_sentences
from clinigraph.knowledge.terminology.contract import Terminology
from clinigraph.knowledge.terminology.embedded import EmbeddedTerminology
from clinigraph.statistics import wilson


class LinkingBenchmark:
    """Assertion and side on hand-written sentences, concepts on chest-film reports.

    Args:
        spec: What the YAML file states.
        terminology: What links the reports; the embedded vocabularies by default.
    """

    def __init__(self, spec: EvalSpec, terminology: Terminology | None = None) -> None:
        self._spec = spec
        self._terminology = terminology

    @property
    def spec(self) -> EvalSpec:
        """What the YAML file states."""
        return self._spec

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the sentences, then the reports; see the contract."""
        items = [
            EvalItem(id=f"{half}/{number:03}", input=line, data={"kind": half})
            for half, lines in marked_sentences().items()
            for number, line in enumerate(lines, start=1)
        ]
        if limit is not None and limit <= len(items):
            return tuple(items[:limit])
        reports = sorted(read_reports(context.data / FOLDER), key=lambda r: r.number)
        items += [
            EvalItem(
                id=f"report/{r.number}",
                input=r.text,
                target="; ".join(sorted(r.headings)),
                data={"kind": "report", "headings": sorted(r.headings)},
            )
            for r in reports
        ]
        return tuple(items[:limit])

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Return the judged targets of a sentence, or found and due groups of headings of a report."""
        return await asyncio.to_thread(self._measure, item, context)

    def _measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        if item.data["kind"] != "report":
            return {"targets": [asdict(j) for j in judge(item.input)]}
        if self._terminology is None:
            self._terminology = EmbeddedTerminology(context.work)
        begin = time.perf_counter()
        mentions = self._terminology.link(item.input)
        spent = 1000 * (time.perf_counter() - begin)
        found, due = due_groups(headings_of(mentions)), due_groups(_texts(item.data["headings"]))
        return {"found": [*sorted(found)], "due": [*sorted(due)], "link_ms": round(spent, 3)}

    def tables(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return assertion by class and half, side, and concepts by heading; see the contract."""
        return (_assertion_table(outcomes), _side_table(outcomes), _heading_table(outcomes))


def _texts(value: JsonValue) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else []


def _scores(outcomes: Sequence[Outcome]) -> dict[str, SentenceScore]:
    """Return the score of each half and of all; a sentence that failed misses every target."""
    scores: dict[str, SentenceScore] = {}
    for outcome in outcomes:
        kind = str(outcome.item.data["kind"])
        if kind == "report":
            continue
        for judged in _judged(outcome):
            for name in (kind, "all"):
                scores.setdefault(name, SentenceScore()).add(judged)
    return {name: scores[name] for name in (*marked_sentences(), "all") if name in scores}


def _judged(outcome: Outcome) -> list[Judged]:
    targets = outcome.values.get("targets")
    if outcome.error or not isinstance(targets, list):
        return [Judged(j.due, "nothing", j.due_side, "unknown") for j in judge(outcome.item.input)]
    return [Judged(**{str(k): str(v) for k, v in t.items()}) for t in targets if isinstance(t, dict)]


def _assertion_table(outcomes: Sequence[Outcome]) -> EvalTable:
    rows, notes = [], []
    for name, score in _scores(outcomes).items():
        rows += [(name, kind, *counts.cells()) for kind, counts in score.classes.items()]
        right = wilson(score.hits, score.targets)
        notes.append(f"{name}: macro F1 {score.f1:.3f}, right {right}")
    return EvalTable(
        title="Assertion", columns=("sentences", "class", *COLUMNS), rows=tuple(rows), note="; ".join(notes)
    )


def _side_table(outcomes: Sequence[Outcome]) -> EvalTable:
    rows = tuple((name, *score.sides.cells()) for name, score in _scores(outcomes).items())
    return EvalTable(title="Side", columns=("sentences", *COLUMNS), rows=rows)


def _heading_table(outcomes: Sequence[Outcome]) -> EvalTable:
    reports = [o for o in outcomes if o.item.data["kind"] == "report"]
    counts: dict[str, Counts] = {}
    for outcome in reports:
        due = due_groups(_texts(outcome.item.data["headings"]))
        count_groups(_texts(outcome.values.get("found")), due, counts)
    total = Counts()
    for entry in counts.values():
        total.add(entry)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1].hit - pair[1].missed, pair[0]))
    rows = [("all", *total.cells()), *((name, *entry.cells()) for name, entry in ordered)] if reports else []
    times = [float(str(o.values["link_ms"])) for o in reports if "link_ms" in o.values]
    speed = f"; p50 {np.quantile(times, 0.5):.1f} ms, p95 {np.quantile(times, 0.95):.1f} ms a report" if times else ""
    return EvalTable(
        title="Concepts of chest-film reports",
        columns=("MeSH headings", *COLUMNS),
        rows=tuple(rows),
        note=f"{len(reports)} reports, {sum(bool(o.error) for o in reports)} failed{speed}; the headings are no full"
        " list of what a report says: precision is a lower bound",
    )
