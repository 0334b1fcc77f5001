"""Class of ejection fraction, and the pattern of a heart among five, by stated rules.

The patterns are the groups of the ACDC challenge (Bernard et al., IEEE Trans Med Imaging 37:2514, 2018): dilated
cardiomyopathy (end-diastolic volume above 100 mL/m2, ejection fraction below 40 %), hypertrophic cardiomyopathy (mass
above 110 g/m2, several segments of 15 mm or more, normal ejection fraction), systolic failure after infarction
(ejection fraction below 40 %, several segments contracting abnormally), abnormal right ventricle (volume above
110 mL/m2 or ejection fraction below 40 %), normal. Those limits need millimetres and body surface. The rules here are
scale-free, so that they hold without spacing; their limits were set on reference masks of 50 ACDC patients (see the
card of `cine_mr_heart`):

1. LV ejection fraction below 45 %: infarction-like when the inward motion of the wall is uneven (spread 0.072 or more),
   else dilated.
2. else right-ventricular when RV over LV end-diastolic volume is 1.40 or more, or the RV ejection fraction below 40 %.
3. else hypertrophic when the end-diastolic volume of muscle over that of the cavity is 0.95 or more (a ratio of mass to
   volume of 1.0 g/mL).
4. else normal.

A pattern is what the numbers look like, no diagnosis: scar, coronary arteries, load and history were not looked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

REDUCED_BELOW = 45.0
"""Per cent."""
UNEVEN_FROM = 0.072
RIGHT_OVER_LEFT_FROM = 1.40
RIGHT_REDUCED_BELOW = 40.0
"""Per cent (Bernard 2018)."""
MUSCLE_OVER_CAVITY_FROM = 0.95
REDUCED_TO, MILD_TO = 40.0, 50.0
"""Reduced: 40 % or less; mildly reduced: above 40 and below 50 %; preserved: 50 % or more (ESC 2021)."""


class Pattern(StrEnum):
    """What the numbers of a heart look like."""

    DILATED = "dilated"
    HYPERTROPHIC = "hypertrophic"
    INFARCTION_LIKE = "infarction-like"
    RIGHT_VENTRICULAR = "right-ventricular"
    NORMAL = "normal"


class EjectionClass(StrEnum):
    """Class of the left ventricular ejection fraction (ESC heart failure guideline 2021)."""

    REDUCED = "reduced"
    MILDLY_REDUCED = "mildly reduced"
    PRESERVED = "preserved"


@dataclass(frozen=True, slots=True)
class HeartFeatures:
    """What the rules look at; no number has a length in it."""

    lv_ejection: float
    """Per cent."""
    rv_ejection: float | None
    """Per cent; None when the right ventricle was not found."""
    right_over_left: float | None
    """RV over LV end-diastolic volume."""
    muscle_over_cavity: float
    """Volume of LV muscle over that of its cavity, end-diastole."""
    motion_spread: float | None
    """See `cardiac_wall.motion_spread`; None when it could not be measured."""

    def __post_init__(self) -> None:
        """Refuse numbers that no heart has.

        Raises:
            ValueError: A number is not finite, or the muscle is negative.
        """
        numbers = (
            self.lv_ejection,
            self.rv_ejection,
            self.right_over_left,
            self.muscle_over_cavity,
            self.motion_spread,
        )
        if not all(n is None or math.isfinite(n) for n in numbers) or self.muscle_over_cavity < 0:
            raise ValueError("features of a heart must be finite")


@dataclass(frozen=True, slots=True)
class PatternCall:
    """A pattern with the rule that gave it."""

    pattern: Pattern
    rule: str
    """The rule with its limit, in words."""


def classify(heart: HeartFeatures) -> PatternCall | None:
    """Return the pattern by the rules above; None where a number that decides is missing."""
    if heart.lv_ejection < REDUCED_BELOW:
        return _weak(heart)
    if heart.right_over_left is None or heart.rv_ejection is None:
        return None
    if heart.right_over_left >= RIGHT_OVER_LEFT_FROM:
        return PatternCall(
            Pattern.RIGHT_VENTRICULAR, f"RV over LV end-diastolic volume {RIGHT_OVER_LEFT_FROM:.2f} or more"
        )
    if heart.rv_ejection < RIGHT_REDUCED_BELOW:
        return PatternCall(Pattern.RIGHT_VENTRICULAR, f"RV ejection fraction below {RIGHT_REDUCED_BELOW:g} %")
    if heart.muscle_over_cavity >= MUSCLE_OVER_CAVITY_FROM:
        rule = f"end-diastolic muscle over cavity volume {MUSCLE_OVER_CAVITY_FROM:.2f} or more"
        return PatternCall(Pattern.HYPERTROPHIC, rule)
    rule = (
        f"LV ejection fraction {REDUCED_BELOW:g} % or more, RV over LV volume below {RIGHT_OVER_LEFT_FROM:.2f}, "
        f"RV ejection fraction {RIGHT_REDUCED_BELOW:g} % or more, "
        f"muscle over cavity below {MUSCLE_OVER_CAVITY_FROM:.2f}"
    )
    return PatternCall(Pattern.NORMAL, rule)


def _weak(heart: HeartFeatures) -> PatternCall | None:
    if heart.motion_spread is None:
        return None
    uneven = heart.motion_spread >= UNEVEN_FROM
    how = f"spread of wall motion {UNEVEN_FROM:g} or more" if uneven else f"spread of wall motion below {UNEVEN_FROM:g}"
    rule = f"LV ejection fraction below {REDUCED_BELOW:g} %, {how}"
    return PatternCall(Pattern.INFARCTION_LIKE if uneven else Pattern.DILATED, rule)


def ejection_class(ejection_fraction: float) -> EjectionClass:
    """Return the class of an ejection fraction in per cent.

    >>> ejection_class(40.0).value, ejection_class(49.9).value, ejection_class(50.0).value
    ('reduced', 'mildly reduced', 'preserved')
    """
    if not math.isfinite(ejection_fraction):
        raise ValueError("an ejection fraction must be finite")
    if ejection_fraction <= REDUCED_TO:
        return EjectionClass.REDUCED
    return EjectionClass.MILDLY_REDUCED if ejection_fraction < MILD_TO else EjectionClass.PRESERVED
