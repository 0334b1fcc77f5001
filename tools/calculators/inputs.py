"""Inputs that several calculators share, under the names of the fact catalogue where it has them."""

from __future__ import annotations

from clinigraph.tools.calculators.contract import Choice, Quantity, YesNo

AGE = Quantity("age", "a", 18, 120)
ANY_AGE = Quantity("age", "a", 0, 120)
SEX = Choice("sex", ("female", "male"))
HEIGHT = Quantity("height", "cm", 40, 250)
WEIGHT = Quantity("weight", "kg", 1, 400)
SYSTOLIC = Quantity("systolic_blood_pressure", "mm[Hg]", 40, 300)
DIASTOLIC = Quantity("diastolic_blood_pressure", "mm[Hg]", 20, 200)
HEART_RATE = Quantity("heart_rate", "/min", 15, 350)
BREATHS = Quantity("respiratory_rate", "/min", 2, 100)
TEMPERATURE = Quantity("body_temperature", "Cel", 25, 45)
SATURATION = Quantity("oxygen_saturation", "%", 30, 100)
CREATININE = Quantity("creatinine", "mg/dL", 0.1, 30, 113.12)
BILIRUBIN = Quantity("bilirubin", "mg/dL", 0.05, 80, 584.66)
INR = Quantity("inr", "1", 0.5, 20)
SODIUM = Quantity("sodium", "mmol/L", 90, 200)
ALBUMIN = Quantity("albumin", "g/dL", 0.5, 7)
PLATELETS = Quantity("platelet_count", "10*3/uL", 1, 2000)
HAEMOGLOBIN = Quantity("haemoglobin", "g/dL", 1, 30)
GLUCOSE = Quantity("glucose", "mg/dL", 5, 2500, 180.156)
UREA_NITROGEN = Quantity("blood_urea_nitrogen", "mg/dL", 1, 300, 28.014)
CHOLESTEROL = Quantity("total_cholesterol", "mg/dL", 50, 1000, 386.65)
HDL = Quantity("hdl_cholesterol", "mg/dL", 5, 200, 386.65)
GCS = Quantity("glasgow_coma_scale", "{score}", 3, 15)
DIABETES = YesNo("diabetes")
HYPERTENSION = YesNo("hypertension")
HEART_FAILURE = YesNo("heart_failure")
