"""What changed between two runs of one case, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clinigraph.models.base import Value
from clinigraph.models.evidence import FactNode, ImageNode
from clinigraph.models.formatting import format_value
from clinigraph.models.report import IndicatorRow, Report


class Change(Value):
    """One thing that differs."""

    what: str
    before: str
    after: str


class Comparison(Value):
    """Differences of two reports."""

    same: bool
    """Whether both reports have the same hash (times aside)."""
    decision: Change | None = None
    indicators: tuple[Change, ...] = ()
    causes: tuple[Change, ...] = ()
    """What differs in input, code, networks, protocol, cards or settings: why the result may differ."""


def compare(first: Report, second: Report) -> Comparison:
    """Compare two reports of one case.

    Args:
        first: The earlier run.
        second: The later run.
    """
    before, after = first.impression.decision.value, second.impression.decision.value
    return Comparison(
        same=first.report_hash() == second.report_hash(),
        decision=None if before == after else Change(what="decision", before=before, after=after),
        indicators=tuple(_indicators(first, second)),
        causes=tuple(_causes(first, second)),
    )


def _indicators(first: Report, second: Report) -> Iterator[Change]:
    before, after = ({i.id: i for i in r.indicators} for r in (first, second))
    for key in dict.fromkeys((*before, *after)):
        old, new = _told(before.get(key)), _told(after.get(key))
        if old != new:
            row = after.get(key) or before[key]
            yield Change(what=row.name, before=old, after=new)


def _told(row: IndicatorRow | None) -> str:
    if row is None:
        return "not in the plan"
    value = "no value" if row.value is None else format_value(row.value, row.unit)
    rule = f", {row.criterion.text}" if row.criterion is not None else ""
    return f"{value}{rule}, {row.met.value}, weight {row.weight:g}"


def _causes(first: Report, second: Report) -> Iterator[Change]:
    yield from _differences("", _facts(first), _facts(second))
    runs = (first.run, second.run)
    yield from _differences("setting ", runs[0].settings_resolved, runs[1].settings_resolved)
    yield from _differences("argument ", runs[0].arguments_given, runs[1].arguments_given)
    yield from _differences("package ", runs[0].packages, runs[1].packages)
    yield from _differences("model of ", runs[0].models, runs[1].models)
    yield from _differences("passage ", runs[0].cards, runs[1].cards)
    tools = [{a.name: f"{a.version} {(a.weights_sha256 or '')[:12]}".strip() for a in run.algorithms} for run in runs]
    yield from _differences("tool ", tools[0], tools[1])
    code = [{"code": f"{r.code.clinigraph} {(r.code.git_commit or '')[:12]}".strip()} for r in runs]
    yield from _differences("", code[0], code[1])
    protocol = [{"protocol": r.protocol or "none"} for r in runs]
    yield from _differences("", protocol[0], protocol[1])


def _facts(report: Report) -> dict[str, str]:
    made: dict[str, str] = {"question": report.question}
    for node in report.evidence_graph.nodes:
        if isinstance(node, FactNode):
            fact = node.value
            made[f"fact {fact.name.replace('_', ' ')}"] = f"{fact.value} {fact.unit or ''}".strip()
        elif isinstance(node, ImageNode):
            for label, box in node.value.boxes.items():
                made[f"box {label}"] = f"{box.x0:g}, {box.y0:g}, {box.x1:g}, {box.y1:g}"
            for label, points in node.value.points.items():
                made[f"points {label}"] = "; ".join(f"{p.x:g}, {p.y:g}, {'+' if p.inside else '-'}" for p in points)
    return made


def _differences(prefix: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key, "none"), after.get(key, "none")
        if old != new:
            yield Change(what=f"{prefix}{key}", before=old, after=new)
