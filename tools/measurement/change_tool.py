"""The tool `change_measures`: a size now against the same size before, measured or recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clinigraph.errors import ToolFailure
from clinigraph.models.base import EvidenceId
from clinigraph.models.codes import Concept
from clinigraph.models.findings import FindingSite, Interval, Measurement, QualitativeEvaluation
from clinigraph.models.tooling import (
    EvaluationValue,
    FactValue,
    FlowValue,
    MeasurementValue,
    Port,
    ToolCall,
    ToolResult,
    ToolSpec,
    ValueKind,
)
from clinigraph.tools import ports, support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement import change
from clinigraph.tools.measurement import lesion_concepts as codes
from clinigraph.tools.ready import ReadyTool

_PERCENT, _RECIST, _DOUBLING = "percent_change", "recist_progression", "doubling_time"
_LENGTHS, _VOLUMES = ("mm", "cm"), ("mL", "mm3", "cm3")
_MEASURABLE_MM = 10.0
"""Longest diameter from which a lesion is measurable on CT (Eisenhauer 2009)."""

SPEC = ToolSpec(
    name="change_measures",
    version="1.1.0",
    description="Change of a diameter or volume against a prior: per cent, RECIST 1.1 class, doubling time.",
    inputs={
        "current": Port(kind=ValueKind.MEASUREMENT, description="The size now."),
        "prior": Port(kind=ValueKind.MEASUREMENT, required=False, description="The same size on the prior image."),
        "prior_value": Port(kind=ValueKind.FACT, required=False, description="The prior size from the record."),
        "days_between": Port(kind=ValueKind.FACT, required=False, unit="d"),
    },
    outputs={
        _PERCENT: ports.measured("%"),
        _RECIST: ports.judged(),
        _DOUBLING: ports.measured("d"),
    },
    timeout_s=10,
)


class ChangeMeasures(ReadyTool):
    """Compares two sizes; loads nothing."""

    _spec = SPEC

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Compare the current size with the prior one.

        Raises:
            ToolFailure: The two sizes have different units, or one is no size.
        """
        current = call.inputs.get("current")
        if not isinstance(current, MeasurementValue):
            return support.nothing(SPEC, call, "the size now was not measured")
        prior = _prior(call)
        if prior is None:
            return support.nothing(SPEC, call, "no prior size was measured or recorded")
        pair = _Pair.of(current.value, prior, _days(call))
        if pair.prior.value <= 0:
            return support.nothing(SPEC, call, "the prior size is 0, so a change in per cent does not exist")
        outputs = dict(pair.outputs())
        return support.result(SPEC, call, outputs, missing=pair.missing(outputs))


@dataclass(frozen=True, slots=True)
class _Size:
    value: float
    unit: str
    interval: Interval | None
    source: str
    ground: EvidenceId | None = None

    @property
    def halfwidth(self) -> float:
        """Half the interval; 0 without one."""
        return (self.interval.high - self.interval.low) / 2 if self.interval else 0.0


def _prior(call: ToolCall) -> _Size | None:
    """Return the prior size: measured where there is one, else recorded."""
    measured, fact = call.inputs.get("prior"), call.inputs.get("prior_value")
    if isinstance(measured, MeasurementValue):
        value = measured.value
        return _Size(value.value, value.unit, value.interval, "measured on the prior image", value.id)
    if isinstance(fact, FactValue) and isinstance(fact.value.value, float | int) and fact.value.unit is not None:
        return _Size(float(fact.value.value), fact.value.unit, None, f"recorded ({fact.value.source})")
    return None


def _days(call: ToolCall) -> float | None:
    fact = call.inputs.get("days_between")
    if not isinstance(fact, FactValue) or isinstance(fact.value.value, bool | str) or fact.value.unit != "d":
        return None
    return float(fact.value.value)


@dataclass(frozen=True)
class _Pair:
    """A size now and before, in one unit."""

    current: Measurement
    prior: _Size
    days: float | None

    @classmethod
    def of(cls, current: Measurement, prior: _Size, days: float | None) -> _Pair:
        if current.unit != prior.unit or current.unit not in (*_LENGTHS, *_VOLUMES):
            raise ToolFailure(
                "The tool change_measures compares two lengths or two volumes in the same unit",
                given=f"now in {current.unit}, before in {prior.unit}",
                todo="Give the prior size as the same measure, in the same unit.",
            )
        return cls(current, prior, days)

    @property
    def halfwidth(self) -> float:
        interval = self.current.interval
        return (interval.high - interval.low) / 2 if interval else 0.0

    def outputs(self) -> Iterator[tuple[str, FlowValue]]:
        yield _PERCENT, MeasurementValue(value=self._percent())
        if self.current.unit == "mm":
            yield _RECIST, EvaluationValue(value=self._recist())
        if (doubling := self._doubling()) is not None:
            yield _DOUBLING, MeasurementValue(value=doubling)

    def missing(self, outputs: dict[str, FlowValue]) -> dict[str, str]:
        reasons = {}
        if _RECIST not in outputs:
            reasons[_RECIST] = "RECIST 1.1 judges diameters in millimetres"
        if _DOUBLING not in outputs:
            reasons[_DOUBLING] = self._no_doubling()
        return reasons

    def _no_doubling(self) -> str:
        if self.days is None or self.days <= 0:
            return "the record does not state the days between the two examinations"
        return "the structure has not grown"

    def _percent(self) -> Measurement:
        value = change.percent_change(self.current.value, self.prior.value)
        half = change.percent_change_halfwidth(
            self.current.value, self.prior.value, self.halfwidth, self.prior.halfwidth
        )
        words = f"(now - before) / before; before: {self.prior.source}"
        return self._measurement(_PERCENT, codes.CHANGE, value, "%", words, (value - half, value + half))

    def _doubling(self) -> Measurement | None:
        if self.days is None or self.days <= 0 or self.current.value <= 0:
            return None
        value = change.doubling_time_days(self._solid(self.current.value), self._solid(self.prior.value), self.days)
        if value is None:
            return None
        return self._measurement(
            _DOUBLING,
            codes.DOUBLING,
            value,
            "d",
            "days log 2 / log(now / before) of the volume (Schwartz 1961)"
            + ("" if self.current.unit in _VOLUMES else ", taken as a sphere of this diameter"),
            self._doubling_ends(),
        )

    def _solid(self, size: float) -> float:
        """Return a number that grows as the volume does: the cube of a diameter."""
        return size if self.current.unit in _VOLUMES else size**3

    def _doubling_ends(self) -> tuple[float, float] | None:
        """Return the doubling times at both ends of the sizes' errors; None when no growth cannot be excluded."""
        most, least = self.current.value + self.halfwidth, max(1e-9, self.current.value - self.halfwidth)
        small, large = max(1e-9, self.prior.value - self.prior.halfwidth), self.prior.value + self.prior.halfwidth
        fastest = change.doubling_time_days(self._solid(most), self._solid(small), self.days or 0)
        slowest = change.doubling_time_days(self._solid(least), self._solid(large), self.days or 0)
        return (fastest, slowest) if fastest is not None and slowest is not None else None

    def _measurement(
        self, name: str, concept: Concept, value: float, unit: str, words: str, ends: tuple[float, float] | None
    ) -> Measurement:
        level = self.current.interval.level if self.current.interval else 0.9
        origin = "errors of both sizes propagated" if self.prior.interval else "error of the size now propagated"
        interval = Interval(low=ends[0], high=ends[1], level=level, method=origin) if ends else None
        notes = [] if self.prior.interval else ["The error of the recorded prior size is not known."]
        if ends is None:
            notes.append("Within the errors of the two sizes the structure may not have grown at all.")
        return Measurement(
            id=self._id(name),
            concept=concept,
            value=value,
            unit=unit,
            interval=interval,
            method=words,
            algorithm=support.algorithm(SPEC),
            site=self._site,
            image_id=self.current.image_id,
            derived_from=self._grounds,
            limitations=(*notes, *self.current.limitations),
        )

    @property
    def _site(self) -> FindingSite:
        return self.current.site

    @property
    def _grounds(self) -> tuple[EvidenceId, ...]:
        return (self.current.id, *((self.prior.ground,) if self.prior.ground else ()))

    def _id(self, name: str) -> EvidenceId:
        return support.tracking_id(
            SPEC, name, self.current.id, repr(self.prior.value), self.prior.source, repr(self.days)
        )

    def _recist(self) -> QualitativeEvaluation:
        before = self.prior.value
        ends = (max(0.0, self.current.value - self.halfwidth), self.current.value + self.halfwidth)
        classes = {change.recist_response(v, before, before) for v in (*ends, self.current.value)}
        now = change.recist_response(self.current.value, before, before)
        progressive = {c is change.Response.PROGRESSIVE for c in classes}
        score = 3 if len(progressive) == 2 else 5 if progressive == {True} else 1
        words = f"{now.value} against the one prior size, taken as baseline and as smallest"
        if len(classes) > 1:
            words += f"; within the error also {', '.join(sorted(c.value for c in classes - {now}))}"
        if before < _MEASURABLE_MM:
            words += f"; the prior size is under {_MEASURABLE_MM:g} mm, below what RECIST 1.1 calls measurable"
        return QualitativeEvaluation(
            id=self._id(_RECIST),
            concept=codes.PROGRESSION,
            score=score,
            evidence_for=words if score > 2 else "",
            evidence_against=words if score < 4 else "",
            algorithm=support.algorithm(SPEC),
            site=self._site,
            image_id=self.current.image_id,
            derived_from=self._grounds,
        )
