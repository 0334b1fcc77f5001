"""The tool `ecg_measures`: rate and intervals of one electrocardiogram lead."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from clinigraph.models.findings import FindingSite, Interval, Measurement
from clinigraph.models.signals import Signal
from clinigraph.models.tooling import (
    FactValue,
    FlowValue,
    MeasurementValue,
    Port,
    SignalValue,
    ToolCall,
    ToolResult,
    ToolSpec,
    ValueKind,
)
from clinigraph.tools import ports, support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.concepts import HEART, private
from clinigraph.tools.signals.ecg import Ecg, EcgRefusal, Reading, measure_ecg

_NAMES = {"pr": "pr_interval", "qrs": "qrs_duration", "qt": "qt_interval"}
_WORDS = {"pr": "P onset to QRS onset", "qrs": "QRS onset to QRS end", "qt": "QRS onset to T end"}
_LIMIT = "One lead, without a reader; wave limits by wavelets were checked on simulated signals only."

_LIMITS_MS = {"female": 460.0, "male": 450.0}
"""QTc from which it counts as prolonged (Rautaharju 2009)."""
_ABOVE = "qtc_above_limit"

SPEC = ToolSpec(
    name="ecg_measures",
    version="1.1.0",
    description="Heart rate, PR, QRS, QT and QTc (Fridericia) of one electrocardiogram lead; QTc against its limit.",
    inputs={"signal": Port(kind=ValueKind.SIGNAL), "sex": Port(kind=ValueKind.FACT, required=False)},
    outputs={
        "heart_rate": ports.measured("/min"),
        **{name: ports.measured("ms") for name in (*_NAMES.values(), "qtc_interval", _ABOVE)},
    },
    timeout_s=120,
)


class EcgMeasures:
    """Measures a lead with neurokit2, which is imported when first used."""

    @property
    def spec(self) -> ToolSpec:
        """What agents know of the tool."""
        return SPEC

    def unavailable(self) -> str:
        """Return why the tool cannot work here, or an empty string."""
        return "" if find_spec("neurokit2") is not None else "the Python package neurokit2 is not installed"

    def warm_up(self) -> None:
        """Load nothing."""

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Measure one lead; what cannot be measured is EMPTY with the reason."""
        value = call.inputs.get("signal")
        if not isinstance(value, SignalValue):
            return support.nothing(SPEC, call, "no signal was given")
        try:
            samples = np.asarray(context.artifacts.get(value.value.artifact_id), dtype=np.float64)
            found = measure_ecg(samples, value.value.sampling_rate_hz)
        except EcgRefusal as refusal:
            return support.nothing(SPEC, call, str(refusal))
        limit = _limit(call)
        outputs = _outputs(found, value.value, limit)
        missing = {n: "too few beats carry the wave in this lead" for n in SPEC.outputs if n not in outputs}
        if limit is None and _ABOVE in missing:
            missing[_ABOVE] = "the limit of QTc depends on the sex, and the record states neither female nor male"
        return support.result(SPEC, call, outputs, missing=missing)


def _limit(call: ToolCall) -> float | None:
    sex = call.inputs.get("sex")
    return _LIMITS_MS.get(str(sex.value.value)) if isinstance(sex, FactValue) else None


def _outputs(found: Ecg, signal: Signal, limit: float | None) -> dict[str, FlowValue]:
    values = {"heart_rate": _measured("heart_rate", "/min", found.rate_bpm, "60 over the RR interval", signal)}
    for short, reading in found.intervals_ms.items():
        values[_NAMES[short]] = _measured(_NAMES[short], "ms", reading, _WORDS[short], signal)
    if (qtc := found.qtc_ms) is not None:
        qt = found.intervals_ms["qt"]
        scaled = Reading(qtc, qt.low * qtc / qt.value, qt.high * qtc / qt.value, qt.beats)
        words = "QT over the cube root of the RR interval in seconds (Fridericia 1920)"
        values["qtc_interval"] = _measured("qtc_interval", "ms", scaled, words, signal)
        if limit is not None:
            above = Reading(scaled.value - limit, scaled.low - limit, scaled.high - limit, qt.beats)
            values[_ABOVE] = _measured(_ABOVE, "ms", above, f"{words}, less {limit:g} ms (Rautaharju 2009)", signal)
    return {name: MeasurementValue(value=value) for name, value in values.items()}


def _measured(name: str, unit: str, reading: Reading, words: str, signal: Signal) -> Measurement:
    spread = f"middle 80 % of {reading.beats} beats; how far the medians are off is not known"
    return Measurement(
        id=support.tracking_id(SPEC, name, signal.digest()),
        concept=private(name.upper().replace("_", "-"), name.replace("_", " ").capitalize()),
        value=reading.value,
        unit=unit,
        interval=Interval(low=reading.low, high=reading.high, level=0.8, method=spread),
        method=f"{words}, median of {reading.beats} beats, lead {signal.lead} (neurokit2, Makowski 2021)",
        algorithm=support.algorithm(SPEC),
        site=FindingSite(concept=HEART),
        limitations=(_LIMIT,),
    )
