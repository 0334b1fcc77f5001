"""Findings on a heart, told with the numbers and the rule that gave them."""

from __future__ import annotations

from collections.abc import Mapping

from clinigraph.models.base import EvidenceId
from clinigraph.models.findings import Finding, Measurement, Presence
from clinigraph.models.formatting import format_value
from clinigraph.models.tooling import ToolSpec
from clinigraph.tools import support
from clinigraph.tools.measurement import concepts
from clinigraph.tools.measurement.cardiac_pattern import (
    MUSCLE_OVER_CAVITY_FROM,
    REDUCED_BELOW,
    RIGHT_OVER_LEFT_FROM,
    RIGHT_REDUCED_BELOW,
    UNEVEN_FROM,
    EjectionClass,
    HeartFeatures,
    Pattern,
    classify,
    ejection_class,
)

_EJECTION, _RIGHT_EJECTION = "left_ventricular_ejection_fraction", "right_ventricular_ejection_fraction"
_CLASS_CONCEPT = concepts.private("LVEFC", "Class of the left ventricular ejection fraction")
_PATTERN_CONCEPT = concepts.private("HEARTPATTERN", "Pattern of the heart by stated rules")
_CLASS_RULE = "reduced: 40 % or less, mildly reduced: 41 to 49 %, preserved: 50 % or more; ESC 2021"


def ejection_finding(spec: ToolSpec, made: Mapping[str, Measurement]) -> Finding:
    """Return the class of the ejection fraction; the classes that its interval reaches into are named."""
    measured = made[_EJECTION]
    own = ejection_class(measured.value)
    ends = (measured.interval.low, measured.interval.high) if measured.interval else (measured.value, measured.value)
    reached = [c for c in EjectionClass if c in {ejection_class(e) for e in (*ends, measured.value)}]
    value = format_value(measured.value, "%", beside=(40.0, 50.0))
    text = f"The left ventricular ejection fraction of {value} is {own.value} ({_CLASS_RULE})"
    others = [c.value for c in reached if c is not own]
    text += f"; its interval reaches into: {', '.join(others)}." if others else "."
    return Finding(
        id=_id(spec, "ejection_class", (measured,)),
        concept=_CLASS_CONCEPT,
        presence=_presence(reached),
        site=concepts.HEART_SITE,
        derived_from=(measured.id,),
        text=text,
    )


def _presence(reached: list[EjectionClass]) -> Presence:
    """Of a reduced ejection fraction."""
    if reached == [EjectionClass.REDUCED]:
        return Presence.PRESENT
    return Presence.INDETERMINATE if EjectionClass.REDUCED in reached else Presence.ABSENT


def pattern_finding(spec: ToolSpec, made: Mapping[str, Measurement]) -> Finding | None:
    """Return the pattern with its rule and numbers, or None where a number that decides is missing."""

    def value(name: str) -> float | None:
        return made[name].value if name in made else None

    features = HeartFeatures(
        lv_ejection=made[_EJECTION].value,
        rv_ejection=value(_RIGHT_EJECTION),
        right_over_left=value("right_over_left"),
        muscle_over_cavity=made["muscle_over_cavity"].value,
        motion_spread=value("wall_motion_spread"),
    )
    called = classify(features)
    if called is None:
        return None
    used = {name: made[name] for name in _DECIDES if name in made}
    numbers = "; ".join(_told(name, measured) for name, measured in used.items())
    crossing = [_DECIDES[name][0] for name in _looked_at(features) if name in made and _crosses(name, made[name])]
    doubt = f" It is uncertain: the interval of {', '.join(crossing)} crosses its limit." if crossing else ""
    presence = Presence.ABSENT if called.pattern is Pattern.NORMAL else Presence.PRESENT
    return Finding(
        id=_id(spec, "heart_pattern", tuple(used.values())),
        concept=_PATTERN_CONCEPT,
        presence=Presence.INDETERMINATE if crossing else presence,
        site=concepts.HEART_SITE,
        derived_from=tuple(m.id for m in used.values()),
        text=(
            f"The heart has the pattern: {called.pattern.value}, by the rule: {called.rule} (here: {numbers}).{doubt} "
            "A pattern is no diagnosis."
        ),
    )


_DECIDES = {
    _EJECTION: ("LV ejection fraction", REDUCED_BELOW),
    _RIGHT_EJECTION: ("RV ejection fraction", RIGHT_REDUCED_BELOW),
    "right_over_left": ("RV over LV volume", RIGHT_OVER_LEFT_FROM),
    "muscle_over_cavity": ("muscle over cavity", MUSCLE_OVER_CAVITY_FROM),
    "wall_motion_spread": ("spread of wall motion", UNEVEN_FROM),
}
"""Output -> words and the limit that its rule has."""


def _looked_at(heart: HeartFeatures) -> tuple[str, ...]:
    """Outputs that the rules of `classify` compare with a limit for this heart."""
    if heart.lv_ejection < REDUCED_BELOW:
        return _EJECTION, "wall_motion_spread"
    return _EJECTION, _RIGHT_EJECTION, "right_over_left", "muscle_over_cavity"


def _crosses(name: str, measured: Measurement) -> bool:
    limit, interval = _DECIDES[name][1], measured.interval
    return interval is not None and interval.low < limit <= interval.high


def _told(name: str, measured: Measurement) -> str:
    words, limit = _DECIDES[name]
    return f"{words} {format_value(measured.value, measured.unit, beside=(limit,))}"


def _id(spec: ToolSpec, output: str, used: tuple[Measurement, ...]) -> EvidenceId:
    return support.tracking_id(spec, output, *(str(m.id) for m in used))
