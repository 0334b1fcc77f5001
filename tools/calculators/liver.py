"""Liver and metabolism."""

from __future__ import annotations

import math

from clinigraph.tools.calculators.contract import Answers, Calculator, CalculatorRefusal, Choice, Quantity, YesNo
from clinigraph.tools.calculators.inputs import (
    AGE,
    ALBUMIN,
    BILIRUBIN,
    CHOLESTEROL,
    CREATININE,
    GLUCOSE,
    HDL,
    HEIGHT,
    INR,
    PLATELETS,
    SODIUM,
    WEIGHT,
)

_AST = Quantity("aspartate_aminotransferase", "U/L", 1, 20000)
_ALT = Quantity("alanine_aminotransferase", "U/L", 1, 20000)
_INSULIN = Quantity("fasting_insulin", "u[IU]/mL", 0.1, 1000)


def meld_na(a: Answers) -> float:
    """MELD with sodium: values below 1 count as 1, creatinine above 4 or on dialysis as 4.

    The sum is rounded to one decimal and multiplied by ten before sodium comes in, when it is above 11 (UNOS 2016).
    """
    creatinine = 4.0 if a.yes("dialysis_twice_last_week") else min(4.0, max(1.0, a["creatinine"]))
    bilirubin, inr = max(1.0, a["bilirubin"]), max(1.0, a["inr"])
    logs = 0.957 * math.log(creatinine) + 0.378 * math.log(bilirubin) + 1.12 * math.log(inr) + 0.643
    meld = _rounded(10 * logs)
    sodium = min(137.0, max(125.0, a["sodium"]))
    if meld > 11:
        meld += 1.32 * (137 - sodium) - 0.033 * meld * (137 - sodium)
    return float(min(40, max(6, _rounded(meld))))


def _rounded(value: float) -> float:
    """Return the nearest whole number, halves upwards, as by hand."""
    return math.floor(value + 0.5)


def child_pugh(a: Answers) -> float:
    """5 to 15 points; class A up to 6, B 7 to 9, C from 10."""
    grades = {"none": 1, "slight": 2, "moderate": 3}
    coma = {"none": 1, "grade 1-2": 2, "grade 3-4": 3}
    bilirubin = 1 + (a["bilirubin"] >= 2) + (a["bilirubin"] > 3)
    albumin = 1 + (a["albumin"] <= 3.5) + (a["albumin"] < 2.8)
    inr = 1 + (a["inr"] >= 1.7) + (a["inr"] > 2.3)
    return float(bilirubin + albumin + inr + grades[a.word("ascites")] + coma[a.word("encephalopathy")])


def friedewald(a: Answers) -> float:
    """Total minus HDL minus a fifth of the triglycerides."""
    value = a["total_cholesterol"] - a["hdl_cholesterol"] - a["triglycerides"] / 5
    if value <= 0:
        raise CalculatorRefusal("total cholesterol is too small for the HDL cholesterol and triglycerides given")
    return value


LIVER = (
    Calculator(
        "meld_na",
        "MELD-Na",
        "{score}",
        (BILIRUBIN, INR, CREATININE, SODIUM, YesNo("dialysis_twice_last_week")),
        meld_na,
        "Kim 2008, NEJM 359:1018; UNOS policy 2016",
        "adults with chronic liver disease",
    ),
    Calculator(
        "child_pugh",
        "Child-Pugh score",
        "{score}",
        (
            BILIRUBIN,
            ALBUMIN,
            INR,
            Choice("ascites", ("none", "slight", "moderate")),
            Choice("encephalopathy", ("none", "grade 1-2", "grade 3-4")),
        ),
        child_pugh,
        "Pugh 1973",
        "cirrhosis, not primary biliary cholangitis",
    ),
    Calculator(
        "fib_4",
        "FIB-4 index",
        "1",
        (AGE, _AST, _ALT, PLATELETS),
        lambda a: (
            a["age"]
            * a["aspartate_aminotransferase"]
            / (a["platelet_count"] * math.sqrt(a["alanine_aminotransferase"]))
        ),
        "Sterling 2006",
        "adults; less reliable under 35 and over 65 years",
    ),
    Calculator(
        "ldl_friedewald",
        "LDL cholesterol (Friedewald)",
        "mg/dL",
        (CHOLESTEROL, HDL, Quantity("triglycerides", "mg/dL", 10, 400, 885.4)),
        friedewald,
        "Friedewald 1972",
        "fasting; triglycerides up to 400 mg/dL",
    ),
    Calculator(
        "homa_ir",
        "HOMA-IR",
        "1",
        (GLUCOSE, _INSULIN),
        lambda a: a["glucose"] * a["fasting_insulin"] / 405,
        "Matthews 1985",
        "fasting values, no insulin treatment",
    ),
    Calculator(
        "body_mass_index",
        "Body mass index",
        "kg/m2",
        (WEIGHT, HEIGHT),
        lambda a: a["weight"] / (a["height"] / 100) ** 2,
        "Quetelet 1832; WHO 2000",
        "adults for the usual classes",
    ),
    Calculator(
        "body_surface_area",
        "Body surface area (Mosteller)",
        "m2",
        (WEIGHT, HEIGHT),
        lambda a: math.sqrt(a["weight"] * a["height"] / 3600),
        "Mosteller 1987",
        "children and adults",
    ),
)
