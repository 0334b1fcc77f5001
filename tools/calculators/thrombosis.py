"""Blood clots."""

from __future__ import annotations

from clinigraph.tools.calculators.contract import Answers, Calculator, flags
from clinigraph.tools.calculators.inputs import AGE, HEART_RATE, SATURATION


def wells_dvt(a: Answers) -> float:
    """One point each, two off when another diagnosis is at least as likely."""
    ones = a.count(*_DVT)
    return float(ones - 2 * a.yes("alternative_diagnosis_as_likely"))


_DVT = (
    "active_cancer",
    "paralysis_or_cast_of_leg",
    "bedridden_or_recent_surgery",
    "tenderness_along_deep_veins",
    "entire_leg_swollen",
    "calf_swelling_over_3_cm",
    "pitting_oedema_one_leg",
    "collateral_superficial_veins",
    "previous_dvt",
)


def wells_pe(a: Answers) -> float:
    """Weights of Wells 2000."""
    return (
        3.0 * a.count("signs_of_dvt", "pe_most_likely_diagnosis")
        + 1.5 * (a.count("immobilised_or_recent_surgery", "previous_dvt_or_pe") + (a["heart_rate"] > 100))
        + a.count("haemoptysis", "active_cancer")
    )


_PERC = ("haemoptysis", "oestrogen_use", "previous_dvt_or_pe", "leg_swelling_one_side", "recent_surgery_or_trauma")


def perc(a: Answers) -> float:
    """Number of criteria that fail; 0 rules out in a patient of low pretest probability."""
    return float((a["age"] >= 50) + (a["heart_rate"] >= 100) + (a["oxygen_saturation"] < 95) + a.count(*_PERC))


THROMBOSIS = (
    Calculator(
        "wells_dvt",
        "Wells score for deep vein thrombosis",
        "{score}",
        flags(*_DVT, "alternative_diagnosis_as_likely"),
        wells_dvt,
        "Wells 2003",
        "outpatients with suspected thrombosis",
    ),
    Calculator(
        "wells_pe",
        "Wells score for pulmonary embolism",
        "{score}",
        (
            HEART_RATE,
            *flags(
                "signs_of_dvt",
                "pe_most_likely_diagnosis",
                "immobilised_or_recent_surgery",
                "previous_dvt_or_pe",
                "haemoptysis",
                "active_cancer",
            ),
        ),
        wells_pe,
        "Wells 2000",
        "adults with suspected pulmonary embolism",
    ),
    Calculator(
        "perc",
        "PERC rule: failed criteria",
        "{score}",
        (AGE, HEART_RATE, SATURATION, *flags(*_PERC)),
        perc,
        "Kline 2004",
        "low pretest probability only",
    ),
)
