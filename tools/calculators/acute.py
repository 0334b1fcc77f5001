"""Emergency, infection, intensive care and newborns."""

from __future__ import annotations

from clinigraph.tools.calculators.contract import Answers, Calculator, Choice, Quantity, YesNo, flags, points
from clinigraph.tools.calculators.inputs import (
    AGE,
    BILIRUBIN,
    BREATHS,
    CREATININE,
    DIASTOLIC,
    GCS,
    HAEMOGLOBIN,
    HEART_FAILURE,
    HEART_RATE,
    PLATELETS,
    SEX,
    SYSTOLIC,
    TEMPERATURE,
    UREA_NITROGEN,
)


def curb65(a: Answers) -> float:
    """Confusion, urea nitrogen above 19 mg/dL, breaths from 30, low pressure, age from 65."""
    low = a["systolic_blood_pressure"] < 90 or a["diastolic_blood_pressure"] <= 60
    return float(
        a.yes("new_confusion")
        + (a["blood_urea_nitrogen"] > 19)
        + (a["respiratory_rate"] >= 30)
        + low
        + (a["age"] >= 65)
    )


def qsofa(a: Answers) -> float:
    """Breaths from 22, systolic pressure up to 100, coma scale below 15."""
    return float((a["respiratory_rate"] >= 22) + (a["systolic_blood_pressure"] <= 100) + (a["glasgow_coma_scale"] < 15))


_PRESSORS = {
    "none": 0,
    "dobutamine or dopamine up to 5": 2,
    "dopamine over 5 or (nor)epinephrine up to 0.1": 3,
    "dopamine over 15 or (nor)epinephrine over 0.1": 4,
}


def sofa(a: Answers) -> float:
    """Six organs, 0 to 4 points each; lung points 3 and 4 need ventilatory support."""
    ratio = a["pao2_fio2_ratio"]
    lung = (ratio < 400) + (ratio < 300)
    if a.yes("ventilatory_support"):
        lung += (ratio < 200) + (ratio < 100)
    clotting = sum(a["platelet_count"] < limit for limit in (150, 100, 50, 20))
    liver = points(a["bilirubin"], 1.2, 2, 6, 12)
    heart = max(_PRESSORS[a.word("vasopressors")], int(a["mean_arterial_pressure"] < 70))
    brain = sum(a["glasgow_coma_scale"] < limit for limit in (15, 13, 10, 6))
    urine = a["urine_output_24h"]
    kidney = max(points(a["creatinine"], 1.2, 2, 3.5, 5), 4 if urine < 200 else 3 if urine < 500 else 0)
    return float(lung + clotting + liver + heart + brain + kidney)


def centor(a: Answers) -> float:
    """Centor's four signs with McIsaac's correction for age."""
    age = 1 if a["age"] < 15 else -1 if a["age"] >= 45 else 0
    return float(
        a.count("tonsillar_exudate", "tender_anterior_neck_nodes")
        + (a["body_temperature"] > 38)
        + (not a.yes("cough"))
        + age
    )


def blatchford(a: Answers) -> float:
    """Urea, haemoglobin, pressure, pulse and history; 0 to 23."""
    urea_mmol = a["blood_urea_nitrogen"] / 2.8
    urea = (0, 2, 3, 4, 6)[points(urea_mmol, 6.5, 8, 10, 25)]
    blood = a["haemoglobin"]
    if a.word("sex") == "male":
        anaemia = 0 if blood >= 13 else 1 if blood >= 12 else 3 if blood >= 10 else 6
    else:
        anaemia = 0 if blood >= 12 else 1 if blood >= 10 else 6
    pressure = 3 - points(a["systolic_blood_pressure"], 90, 100, 110)
    history = a.yes("melaena") + 2 * a.count("syncope", "liver_disease", "heart_failure")
    return float(urea + anaemia + pressure + history + (a["heart_rate"] >= 100))


_EYES = ("none", "to pain", "to speech", "spontaneous")
_VERBAL = ("none", "sounds", "words", "confused", "oriented")
_MOTOR = ("none", "extension", "abnormal flexion", "withdrawal", "localising", "obeys")


def coma_scale(a: Answers) -> float:
    """Eyes 1 to 4, speech 1 to 5, movement 1 to 6."""
    return float(
        3
        + _EYES.index(a.word("eye_opening"))
        + _VERBAL.index(a.word("verbal_response"))
        + _MOTOR.index(a.word("motor_response"))
    )


_APGAR = {
    "appearance": ("blue or pale all over", "blue limbs", "pink"),
    "pulse": ("absent", "under 100", "100 or more"),
    "grimace": ("none", "grimace", "cry or cough"),
    "activity": ("limp", "some flexion", "active"),
    "respiration": ("absent", "slow or irregular", "good cry"),
}


def apgar(a: Answers) -> float:
    """Five signs, 0 to 2 points each."""
    return float(sum(options.index(a.word(f"apgar_{name}")) for name, options in _APGAR.items()))


ACUTE = (
    Calculator(
        "curb_65",
        "CURB-65",
        "{score}",
        (AGE, UREA_NITROGEN, BREATHS, SYSTOLIC, DIASTOLIC, YesNo("new_confusion")),
        curb65,
        "Lim 2003",
        "adults with community-acquired pneumonia",
    ),
    Calculator("qsofa", "qSOFA", "{score}", (BREATHS, SYSTOLIC, GCS), qsofa, "Singer 2016", "adults with infection"),
    Calculator(
        "sofa",
        "SOFA",
        "{score}",
        (
            Quantity("pao2_fio2_ratio", "mm[Hg]", 20, 700),
            YesNo("ventilatory_support"),
            PLATELETS,
            BILIRUBIN,
            Quantity("mean_arterial_pressure", "mm[Hg]", 20, 200),
            Choice("vasopressors", tuple(_PRESSORS)),
            GCS,
            CREATININE,
            Quantity("urine_output_24h", "mL", 0, 20000),
        ),
        sofa,
        "Vincent 1996",
        "adults in intensive care; vasopressor doses in ug/kg/min",
    ),
    Calculator(
        "centor_mcisaac",
        "Centor score (McIsaac)",
        "{score}",
        (Quantity("age", "a", 3, 120), TEMPERATURE, *flags("tonsillar_exudate", "tender_anterior_neck_nodes", "cough")),
        centor,
        "Centor 1981; McIsaac 1998",
        "sore throat, from 3 years of age",
    ),
    Calculator(
        "glasgow_blatchford",
        "Glasgow-Blatchford score",
        "{score}",
        (
            SEX,
            UREA_NITROGEN,
            HAEMOGLOBIN,
            SYSTOLIC,
            HEART_RATE,
            *flags("melaena", "syncope", "liver_disease"),
            HEART_FAILURE,
        ),
        blatchford,
        "Blatchford 2000",
        "upper gastrointestinal bleeding",
    ),
    Calculator(
        "glasgow_coma_scale",
        "Glasgow coma scale",
        "{score}",
        (Choice("eye_opening", _EYES), Choice("verbal_response", _VERBAL), Choice("motor_response", _MOTOR)),
        coma_scale,
        "Teasdale and Jennett 1974",
        "each part can be tested",
    ),
    Calculator(
        "apgar",
        "APGAR score",
        "{score}",
        tuple(Choice(f"apgar_{n}", o) for n, o in _APGAR.items()),
        apgar,
        "Apgar 1953",
        "newborns at a stated minute",
    ),
)
