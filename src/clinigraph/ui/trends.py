"""Numbers that a case holds more than once: on a prior and a current image, in the record, in several runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clinigraph.models.base import Value
from clinigraph.models.evidence import FactNode, ImageNode, MeasurementNode
from clinigraph.models.findings import Interval, Measurement
from clinigraph.models.imaging import ImageRole
from clinigraph.models.report import IndicatorRow, Report

PRIOR_FACTS = {"prior_longest_diameter": ("103339001", "DIAM3D"), "prior_lesion_volume": ("118565006",)}
"""Fact of a prior examination -> codes of the same size on an image (`tools.measurement.lesion_concepts`)."""


class TrendPoint(Value):
    """One value."""

    when: str
    value: float
    interval: Interval | None = None


class Trend(Value):
    """One number over time, oldest first."""

    name: str
    unit: str
    points: tuple[TrendPoint, ...]
    threshold: float | None = None


def trends(report: Report, earlier: Sequence[tuple[str, Report]] = ()) -> tuple[Trend, ...]:
    """Return every number that has more than one value.

    Args:
        report: The run that is looked at.
        earlier: Name and report of the runs before it, oldest first.
    """
    return (*_over_images(report), *_over_record(report), *_over_runs(report, earlier))


def _measurements(report: Report) -> list[Measurement]:
    return [n.value for n in report.evidence_graph.nodes if isinstance(n, MeasurementNode)]


def _over_images(report: Report) -> Iterator[Trend]:
    roles = {n.value.id: n.value.role for n in report.evidence_graph.nodes if isinstance(n, ImageNode)}
    measured = [(m, roles[m.image_id]) for m in _measurements(report) if m.image_id in roles]
    for now, role in measured:
        if role is not ImageRole.CURRENT:
            continue
        before = [m for m, r in measured if r is ImageRole.PRIOR and _same(m, now)]
        if before:
            points = (_point("prior image", before[0]), _point("current image", now))
            yield Trend(name=now.concept.meaning, unit=now.unit, points=points)


def _same(one: Measurement, other: Measurement) -> bool:
    return (one.concept.value, one.unit, one.site) == (other.concept.value, other.unit, other.site)


def _over_record(report: Report) -> Iterator[Trend]:
    facts = {n.value.name: n.value for n in report.evidence_graph.nodes if isinstance(n, FactNode)}
    days = facts.get("days_since_prior")
    when = f"{float(days.value):g} days before" if days is not None else "prior, by the record"
    for name, codes in PRIOR_FACTS.items():
        prior = facts.get(name)
        if prior is None or not isinstance(prior.value, float | int):
            continue
        now = next((m for m in _measurements(report) if m.concept.value in codes and m.unit == prior.unit), None)
        if now is not None:
            before = TrendPoint(when=when, value=float(prior.value))
            yield Trend(name=now.concept.meaning, unit=now.unit, points=(before, _point("now", now)))


def _over_runs(report: Report, earlier: Sequence[tuple[str, Report]]) -> Iterator[Trend]:
    runs = [*earlier, ("this run", report)]
    for row in report.indicators:
        found = [(name, r) for name, run in runs for r in run.indicators if r.id == row.id and r.unit == row.unit]
        points = tuple(TrendPoint(when=n, value=r.value, interval=r.interval) for n, r in found if r.value is not None)
        if row.kind == "quantitative" and len(points) > 1 and len({p.value for p in points}) > 1:
            yield Trend(name=row.name, unit=row.unit or "1", points=points, threshold=_threshold(row))


def _threshold(row: IndicatorRow) -> float | None:
    return row.criterion.threshold if row.criterion is not None else None


def _point(when: str, measured: Measurement) -> TrendPoint:
    return TrendPoint(when=when, value=measured.value, interval=measured.interval)
