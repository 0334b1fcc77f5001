"""Heart and vessels."""

from __future__ import annotations

import math

from clinigraph.tools.calculators.contract import Answers, Calculator, Choice, Quantity, YesNo, flags, points
from clinigraph.tools.calculators.inputs import (
    AGE,
    DIABETES,
    DIASTOLIC,
    HEART_FAILURE,
    HEART_RATE,
    HYPERTENSION,
    SEX,
    SYSTOLIC,
)

_QT = Quantity("qt_interval", "ms", 200, 800)


def cha2ds2_vasc(a: Answers) -> float:
    """One point each, two for stroke and for age from 75 years."""
    ones = a.count("heart_failure", "hypertension", "diabetes", "vascular_disease")
    return float(ones + 2 * a.yes("stroke_or_embolism") + points(a["age"], 65, 75) + (a.word("sex") == "female"))


def rr_seconds(a: Answers) -> float:
    """Return the RR interval in seconds."""
    return 60 / a["heart_rate"]


_PCE: dict[tuple[str, str], tuple[dict[str, float], float, float]] = {
    ("male", "white or other"): (
        {
            "age": 12.344,
            "tc": 11.853,
            "age tc": -2.664,
            "hdl": -7.990,
            "age hdl": 1.769,
            "treated": 1.797,
            "untreated": 1.764,
            "smoker": 7.837,
            "age smoker": -1.795,
            "diabetes": 0.658,
        },
        61.18,
        0.9144,
    ),
    ("male", "black"): (
        {
            "age": 2.469,
            "tc": 0.302,
            "hdl": -0.307,
            "treated": 1.916,
            "untreated": 1.809,
            "smoker": 0.549,
            "diabetes": 0.645,
        },
        19.54,
        0.8954,
    ),
    ("female", "white or other"): (
        {
            "age": -29.799,
            "age age": 4.884,
            "tc": 13.540,
            "age tc": -3.114,
            "hdl": -13.578,
            "age hdl": 3.149,
            "treated": 2.019,
            "untreated": 1.957,
            "smoker": 7.574,
            "age smoker": -1.665,
            "diabetes": 0.661,
        },
        -29.18,
        0.9665,
    ),
    ("female", "black"): (
        {
            "age": 17.114,
            "tc": 0.940,
            "hdl": -18.920,
            "age hdl": 4.475,
            "treated": 29.291,
            "age treated": -6.432,
            "untreated": 27.820,
            "age untreated": -6.087,
            "smoker": 0.691,
            "diabetes": 0.874,
        },
        86.61,
        0.9533,
    ),
}
"""Coefficients, mean and ten-year survival of the pooled cohort equations (Goff 2014, appendix 7)."""


def ascvd(a: Answers) -> float:
    """Ten-year risk in per cent: 1 - S0^exp(sum - mean)."""
    coefficients, mean, survival = _PCE[a.word("sex"), a.word("ancestry_for_ascvd")]
    treated = a.yes("antihypertensive_treatment")
    pressure = math.log(a["systolic_blood_pressure"])
    terms = {
        "age": math.log(a["age"]),
        "tc": math.log(a["total_cholesterol"]),
        "hdl": math.log(a["hdl_cholesterol"]),
        "treated": pressure if treated else 0.0,
        "untreated": 0.0 if treated else pressure,
        "smoker": float(a.yes("current_smoker")),
        "diabetes": float(a.yes("diabetes")),
    }
    total = sum(c * math.prod(terms[part] for part in name.split()) for name, c in coefficients.items())
    return 100 * (1 - math.pow(survival, math.exp(total - mean)))


def has_bled(a: Answers) -> float:
    """One point each; age above 65 years counts."""
    ones = a.count(
        "uncontrolled_hypertension",
        "abnormal_renal_function",
        "abnormal_liver_function",
        "stroke",
        "bleeding_history",
        "labile_inr",
        "bleeding_drugs",
        "alcohol_excess",
    )
    return float(ones + (a["age"] > 65))


_GRADE = ("low", "moderate", "high")


def heart_score(a: Answers) -> float:
    """History, ECG, age, risk factors, troponin: 0 to 2 points each."""
    factors = 2 if a.yes("atherosclerotic_disease") else points(a["number_of_risk_factors"], 1, 3)
    words = sum(_GRADE.index(a.word(n)) for n in ("history_suspicion", "ecg_change", "troponin_level"))
    return float(words + points(a["age"], 45, 65) + factors)


_RCRI = (
    "high_risk_surgery",
    "ischaemic_heart_disease",
    "heart_failure",
    "cerebrovascular_disease",
    "insulin_treatment",
    "creatinine_over_2_mg_dl",
)

HEART = (
    Calculator(
        "cha2ds2_vasc",
        "CHA2DS2-VASc",
        "{score}",
        (AGE, SEX, HEART_FAILURE, HYPERTENSION, DIABETES, *flags("vascular_disease", "stroke_or_embolism")),
        cha2ds2_vasc,
        "Lip 2010",
        "adults with non-valvular atrial fibrillation",
    ),
    Calculator(
        "has_bled",
        "HAS-BLED",
        "{score}",
        (
            AGE,
            *flags(
                "uncontrolled_hypertension",
                "abnormal_renal_function",
                "abnormal_liver_function",
                "stroke",
                "bleeding_history",
                "labile_inr",
                "bleeding_drugs",
                "alcohol_excess",
            ),
        ),
        has_bled,
        "Pisters 2010",
        "adults considered for anticoagulation",
    ),
    Calculator(
        "ascvd_ten_year_risk",
        "Ten-year ASCVD risk (pooled cohort equations)",
        "%",
        (
            Quantity("age", "a", 40, 79),
            SEX,
            Choice("ancestry_for_ascvd", ("white or other", "black")),
            Quantity("total_cholesterol", "mg/dL", 130, 320, 386.65),
            Quantity("hdl_cholesterol", "mg/dL", 20, 100, 386.65),
            Quantity("systolic_blood_pressure", "mm[Hg]", 90, 200),
            *flags("antihypertensive_treatment", "current_smoker"),
            DIABETES,
        ),
        ascvd,
        "Goff 2014",
        "40 to 79 years without cardiovascular disease; made for the United States",
    ),
    Calculator(
        "mean_arterial_pressure",
        "Mean arterial pressure",
        "mm[Hg]",
        (SYSTOLIC, DIASTOLIC),
        lambda a: (a["systolic_blood_pressure"] + 2 * a["diastolic_blood_pressure"]) / 3,
        "usual approximation",
        "resting heart rate",
    ),
    Calculator(
        "qtc_bazett",
        "QTc (Bazett)",
        "ms",
        (_QT, HEART_RATE),
        lambda a: a["qt_interval"] / math.sqrt(rr_seconds(a)),
        "Bazett 1920",
        "60 to 100 beats a minute",
    ),
    Calculator(
        "qtc_fridericia",
        "QTc (Fridericia)",
        "ms",
        (_QT, HEART_RATE),
        lambda a: a["qt_interval"] / rr_seconds(a) ** (1 / 3),
        "Fridericia 1920",
        "sinus rhythm",
    ),
    Calculator(
        "qtc_framingham",
        "QTc (Framingham)",
        "ms",
        (_QT, HEART_RATE),
        lambda a: a["qt_interval"] + 154 * (1 - rr_seconds(a)),
        "Sagie 1992",
        "sinus rhythm",
    ),
    Calculator(
        "qtc_hodges",
        "QTc (Hodges)",
        "ms",
        (_QT, HEART_RATE),
        lambda a: a["qt_interval"] + 1.75 * (a["heart_rate"] - 60),
        "Hodges 1983",
        "sinus rhythm",
    ),
    Calculator(
        "heart_score",
        "HEART score",
        "{score}",
        (
            AGE,
            Quantity("number_of_risk_factors", "1", 0, 10),
            YesNo("atherosclerotic_disease"),
            *(Choice(name, _GRADE) for name in ("history_suspicion", "ecg_change", "troponin_level")),
        ),
        heart_score,
        "Six 2008",
        "chest pain in an emergency department",
    ),
    Calculator(
        "rcri",
        "Revised cardiac risk index",
        "{score}",
        flags(*_RCRI),
        lambda a: float(a.count(*_RCRI)),
        "Lee 1999",
        "non-cardiac surgery",
    ),
)
