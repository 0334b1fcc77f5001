"""Kidney, fluids and electrolytes."""

from __future__ import annotations

import math

from clinigraph.tools.calculators.contract import Answers, Calculator, Quantity
from clinigraph.tools.calculators.inputs import AGE, ALBUMIN, CREATININE, GLUCOSE, SEX, SODIUM, UREA_NITROGEN, WEIGHT

_CALCIUM = Quantity("calcium", "mg/dL", 3, 20, 40.078)
_CHLORIDE = Quantity("chloride", "mmol/L", 50, 160)
_BICARBONATE = Quantity("bicarbonate", "mmol/L", 2, 60)


def egfr(a: Answers) -> float:
    """142 min(Scr/k,1)^alpha max(Scr/k,1)^-1.200 0.9938^age, times 1.012 for women."""
    female = a.word("sex") == "female"
    ratio = a["creatinine"] / (0.7 if female else 0.9)
    low = math.pow(min(ratio, 1.0), -0.241 if female else -0.302)
    high = math.pow(max(ratio, 1.0), -1.2)
    return 142 * low * high * math.pow(0.9938, a["age"]) * (1.012 if female else 1.0)


def cockcroft_gault(a: Answers) -> float:
    """(140 - age) weight / (72 creatinine), times 0.85 for women."""
    return (140 - a["age"]) * a["weight"] / (72 * a["creatinine"]) * (0.85 if a.word("sex") == "female" else 1)


def water_deficit(a: Answers) -> float:
    """Total body water times (sodium / 140 - 1); water is 0.6 of the weight in men, 0.5 in women."""
    return (0.5 if a.word("sex") == "female" else 0.6) * a["weight"] * (a["sodium"] / 140 - 1)


KIDNEY = (
    Calculator(
        "egfr_ckd_epi_2021",
        "eGFR (CKD-EPI 2021, creatinine)",
        "mL/min/{1.73_m2}",
        (AGE, SEX, CREATININE),
        egfr,
        "Inker 2021, NEJM 385:1737",
        "adults in a steady state; not in pregnancy",
    ),
    Calculator(
        "creatinine_clearance",
        "Creatinine clearance (Cockcroft-Gault)",
        "mL/min",
        (AGE, SEX, WEIGHT, CREATININE),
        cockcroft_gault,
        "Cockcroft and Gault 1976",
        "adults in a steady state",
    ),
    Calculator(
        "corrected_calcium",
        "Calcium corrected for albumin",
        "mg/dL",
        (_CALCIUM, ALBUMIN),
        lambda a: a["calcium"] + 0.8 * (4.0 - a["albumin"]),
        "Payne 1973",
        "albumin is not far from normal; ionised calcium is better",
    ),
    Calculator(
        "anion_gap",
        "Anion gap",
        "mmol/L",
        (SODIUM, _CHLORIDE, _BICARBONATE),
        lambda a: a["sodium"] - a["chloride"] - a["bicarbonate"],
        "Emmett and Narins 1977",
        "without potassium",
    ),
    Calculator(
        "serum_osmolality",
        "Calculated serum osmolality",
        "mosm/kg",
        (SODIUM, GLUCOSE, UREA_NITROGEN),
        lambda a: 2 * a["sodium"] + a["glucose"] / 18 + a["blood_urea_nitrogen"] / 2.8,
        "Smithline and Gardner 1976",
        "no alcohol or other osmole in the blood",
    ),
    Calculator(
        "free_water_deficit",
        "Free water deficit",
        "L",
        (SEX, WEIGHT, Quantity("sodium", "mmol/L", 140, 200)),
        water_deficit,
        "Adrogue and Madias 2000",
        "adults with hypernatraemia",
    ),
)
