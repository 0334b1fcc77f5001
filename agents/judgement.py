"""From a tool's answer to an indicator result: does the criterion hold, and how surely?"""

from __future__ import annotations

from clinigraph.models.base import EvidenceId
from clinigraph.models.findings import (
    IndicatorResult,
    IndicatorStatus,
    Interval,
    Measurement,
    Met,
    QualitativeEvaluation,
)
from clinigraph.models.planning import Criterion, Indicator, IndicatorKind


def criterion_met(value: float, interval: Interval | None, criterion: Criterion) -> Met:
    """Say whether a criterion holds for a measured value.

    Without an interval the value alone decides. With one, the criterion is met (not met) only when it is met (not
    met) at both ends; otherwise it is uncertain.

    Args:
        value: Measured value, in the criterion's unit.
        interval: Range of the true value, same unit.
        criterion: The rule.
    """
    holds = criterion.comparator.holds
    ends = (interval.low, interval.high) if interval else (value, value)
    outcomes = {holds(x, criterion.threshold) for x in (*ends, value)}
    if len(outcomes) == 2:
        return Met.UNCERTAIN
    return Met.YES if outcomes.pop() else Met.NO


def reading_met(score: int) -> Met:
    """Map a reading of 1-5 to met (4, 5), uncertain (3) or not met (1, 2)."""
    if score == 3:
        return Met.UNCERTAIN
    return Met.YES if score > 3 else Met.NO


def from_measurement(indicator: Indicator, measurement: Measurement) -> IndicatorResult:
    """Judge a measurement. Its unit must be the indicator's.

    Raises:
        ValueError: The units differ.
    """
    if measurement.unit != indicator.unit:
        raise ValueError(f"{indicator.id} needs {indicator.unit!r}, measured in {measurement.unit!r}")
    criterion = indicator.criterion
    met = criterion_met(measurement.value, measurement.interval, criterion) if criterion else Met.NOT_ASSESSED
    score = {Met.YES: 1.0, Met.UNCERTAIN: 0.5, Met.NO: 0.0}.get(met)
    return _result(
        indicator,
        met=met,
        score=score,
        value=measurement.value,
        unit=measurement.unit,
        interval=measurement.interval,
        evidence_ids=(measurement.id,),
        reason="; ".join(measurement.limitations) if criterion else "context only, no criterion",
    )


def from_evaluation(indicator: Indicator, evaluation: QualitativeEvaluation) -> IndicatorResult:
    """Judge a reading of 1-5: v = (s - 1) / 4 (MedAgent-Pro, later form)."""
    return _result(
        indicator,
        met=reading_met(evaluation.score),
        score=(evaluation.score - 1) / 4,
        value=float(evaluation.score),
        evidence_ids=(evaluation.id,),
        grades=evaluation.grades,
        disagreement=evaluation.disagreement,
    )


def not_assessed(indicator: Indicator, reason: str, evidence_ids: tuple[EvidenceId, ...] = ()) -> IndicatorResult:
    """Say that an indicator cannot be known here, and why."""
    return _result(
        indicator, met=Met.NOT_ASSESSED, status=IndicatorStatus.TERMINATE, reason=reason, evidence_ids=evidence_ids
    )


def _result(indicator: Indicator, **fields: object) -> IndicatorResult:
    base: dict[str, object] = {
        "id": EvidenceId(f"indicator-{indicator.id}"),
        "indicator_id": indicator.id,
        "name": indicator.name,
        "kind": IndicatorKind(indicator.kind).value,
        "criterion": indicator.criterion,
        "weight": indicator.weight,
        "status": IndicatorStatus.COMPLETE,
    }
    return IndicatorResult.model_validate({**base, **fields})
