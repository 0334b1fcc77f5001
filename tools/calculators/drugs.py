"""Dose equivalents."""

from __future__ import annotations

from clinigraph.tools.calculators.contract import Answers, Calculator, Choice, Quantity

_STEROIDS = {
    "hydrocortisone": 20.0,
    "cortisone": 25.0,
    "prednisone": 5.0,
    "prednisolone": 5.0,
    "methylprednisolone": 4.0,
    "triamcinolone": 4.0,
    "dexamethasone": 0.75,
    "betamethasone": 0.6,
}
"""Milligrams of equal glucocorticoid effect (Liu 2013)."""
_OPIOIDS = {
    "codeine": 0.15,
    "hydrocodone": 1.0,
    "hydromorphone": 5.0,
    "morphine": 1.0,
    "oxycodone": 1.5,
    "oxymorphone": 3.0,
    "tapentadol": 0.4,
    "tramadol": 0.2,
}
"""Oral morphine milligrams per milligram by mouth (CDC guideline 2022); methadone and fentanyl are left out."""


def steroid(a: Answers) -> float:
    """Milligrams of the target drug with the glucocorticoid effect of the dose given."""
    return a["steroid_dose"] * _STEROIDS[a.word("steroid_to")] / _STEROIDS[a.word("steroid_from")]


DRUGS = (
    Calculator(
        "steroid_conversion",
        "Glucocorticoid dose equivalent",
        "mg",
        (
            Quantity("steroid_dose", "mg", 0.01, 5000),
            Choice("steroid_from", tuple(_STEROIDS)),
            Choice("steroid_to", tuple(_STEROIDS)),
        ),
        steroid,
        "Liu 2013",
        "systemic doses; not for mineralocorticoid effect",
    ),
    Calculator(
        "oral_morphine_equivalent",
        "Oral morphine equivalent a day",
        "mg",
        (Quantity("opioid_daily_dose", "mg", 0.1, 2000), Choice("opioid", tuple(_OPIOIDS))),
        lambda a: a["opioid_daily_dose"] * _OPIOIDS[a.word("opioid")],
        "CDC guideline 2022 (Dowell)",
        "oral drugs; an estimate of exposure, not a dose for switching",
    ),
)
