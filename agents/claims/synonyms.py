"""Other words for what the protocols and the record ask about, as reports use them."""

from __future__ import annotations

SYNONYMS: dict[str, tuple[str, ...]] = {
    "vertical_cup_disc_ratio": (
        "vertical cup-disc ratio", "vertical C/D ratio", "vertical CDR", "VCDR", "cup-to-disc ratio", "cup-disc ratio",
        "cup/disc ratio", "cup to disk ratio", "C/D ratio", "CDR", "C:D ratio", "vertical cup to disk ratio",
    ),
    "horizontal_cup_disc_ratio": ("horizontal cup-to-disc ratio", "horizontal CDR", "horizontal C/D ratio"),
    "area_cup_disc_ratio": ("area cup-to-disc ratio", "cup-to-disc area ratio", "area CDR"),
    "min_rim_disc_ratio": (
        "rim-to-disc ratio", "rim-disc ratio", "minimal rim-to-disc ratio", "narrowest rim-to-disc ratio",
        "neuroretinal rim", "narrowest rim", "rim",
        "rim/disc ratio",
    ),
    "isnt_violated": ("violation of the ISNT rule", "ISNT violation", "violation of the ISNT order",
        "ISNT rule is violated", "ISNT order of rim widths is violated", "ISNT order of the rim widths is violated",
        "ISNT order of rim widths is broken", "ISNT order is violated", "ISNT rule is broken", "ISNT order is broken"),
    "parapapillary_atrophy": (
        "peripapillary atrophy", "parapapillary atrophy", "beta-zone atrophy", "beta zone parapapillary atrophy", "PPA",
    ),
    "disc_haemorrhage": (
        "disc haemorrhage", "disk hemorrhage", "splinter haemorrhage", "Drance haemorrhage", "optic disk hemorrhage",
    ),
    "intraocular_pressure": ("intraocular pressure", "intra-ocular pressure", "IOP", "eye pressure", "ocular pressure"),
    "disc_diameter_mm": (
        "disc diameter", "disc size", "size of the disc", "vertical disc diameter", "vertical optic disc diameter"),
    "cardiothoracic_ratio": (
        "cardio-thoracic ratio", "CTR", "heart size", "heart", "cardiac silhouette", "cardiac size", "cardiac shadow",
        "cardiomediastinal silhouette", "heart shadow", "heart silhouette", "size of the heart", "cardiothoracic index",
    ),
    "lung_area_ratio": ("ratio of left to right lung area", "left-to-right lung area ratio", "lung area ratio"),
    "left_ventricular_ejection_fraction": (
        "LV ejection fraction", "LVEF", "LV EF", "ejection fraction", "left ventricle ejection fraction",
        "ejection fraction of the left ventricle",
    ),
    "right_ventricular_ejection_fraction": (
        "RV ejection fraction", "RVEF", "RV EF", "ejection fraction of the right ventricle",
    ),
    "lv_wall_thickness": (
        "left ventricular wall thickness", "LV wall thickness", "maximal wall thickness", "maximum wall thickness",
        "greatest wall thickness", "wall thickness", "greatest LV wall", "LV wall",
    ),
    "left_end_diastolic_volume": (
        "LV end-diastolic volume", "LVEDV", "LV EDV", "end-diastolic volume of the left ventricle",
    ),
    "left_end_systolic_volume": ("LV end-systolic volume", "LVESV", "LV ESV"),
    "left_stroke_volume": ("LV stroke volume", "LVSV", "stroke volume"),
    "right_end_diastolic_volume": ("RV end-diastolic volume", "RVEDV", "RV EDV"),
    "right_end_systolic_volume": ("RV end-systolic volume", "RVESV", "RV ESV"),
    "myocardial_mass": ("myocardial mass", "LV mass", "left ventricular mass", "LV myocardial mass"),
    "left_end_diastolic_volume_index": ("LV end-diastolic volume index", "LVEDVI", "indexed LV end-diastolic volume"),
    "right_end_diastolic_volume_index": ("RV end-diastolic volume index", "RVEDVI", "indexed RV end-diastolic volume"),
    "myocardial_mass_index": ("LV mass index", "LVMI", "myocardial mass index", "indexed LV mass"),
    "taller_than_wide": (
        "depth over width", "ratio of depth to width", "depth-to-width ratio", "depth/width ratio", "depth/width",
        "depth-width ratio", "height-to-width ratio", "taller-than-wide ratio",
    ),
    "irregular_shape": ("irregular shape", "irregular in shape", "irregularly shaped", "irregular"),
    "margin_not_circumscribed": (
        "non-circumscribed margin", "not circumscribed margin", "indistinct margin", "ill-defined margin",
        "spiculated margin",
    ),
    "marked_hypoechogenicity": ("markedly hypoechoic", "marked hypo-echogenicity"),
    "posterior_echo": ("echo behind the mass", "posterior echo ratio"),
    "longest_diameter": (
        "longest diameter", "largest diameter", "maximum diameter", "maximal diameter", "greatest diameter",
        "diameter of the lesion", "lesion diameter", "mass diameter", "diameter of the mass",
    ),
    "abcd_total_score": (
        "total dermoscopy score", "total score", "total dermatoscopy score", "TDS", "ABCD score",
        "total dermoscopic score", "ABCD total score",
    ),
    "abcd_asymmetry": ("asymmetry score",),
    "abcd_border": ("border score",),
    "abcd_colours": ("colour score", "color score"),
    "blue_white_veil": ("blue-white veil", "blue-whitish veil", "blue white structure"),
    "dermoscopic_structures": ("differential structures", "dermoscopic structures"),
    "solid_nodule_diameter": (
        "nodule diameter", "diameter of the nodule", "mean nodule diameter", "mean diameter of the nodule",
        "nodule size", "size of the nodule", "size of the pulmonary nodule", "diameter of the pulmonary nodule",
        "pulmonary nodule", "lung nodule", "solid nodule", "solid pulmonary nodule",
    ),
    "percent_change": ("change of the longest diameter", "change in longest diameter", "percent change in diameter"),
    "doubling_time": ("volume doubling time", "doubling time", "VDT"),
    "nodule_volume": ("nodule volume", "volume of the pulmonary nodule"),
    "multiple_nodules": ("multiple nodules", "multiple pulmonary nodules", "several nodules"),
    "high_risk_lung_cancer": ("high lung cancer risk", "high-risk for lung cancer"),
    "ground_glass_nodule": (
        "ground-glass nodule", "ground glass nodule", "pure ground-glass opacity", "pure GGN", "GGN",
    ),
    "qtc_above_limit": ("QTc above the limit", "QTc beyond the limit"),
    "qtc_interval": (
        "QTc", "QTcF", "QTc interval", "corrected QT interval", "corrected QT", "Fridericia-corrected QT interval",
        "Fridericia-corrected QT", "rate-corrected QT interval", "rate-corrected QT",
    ),
    "qt_interval": ("QT interval", "QT duration", "uncorrected QT", "QT"),
    "heart_rate": ("heart rate", "ventricular rate", "pulse rate", "HR"),
    "pr_interval": ("PR interval", "PR duration", "PQ interval", "PR", "PQ"),
    "qrs_duration": ("QRS duration", "QRS width", "QRS interval", "QRS complex", "QRS"),
    "age": ("age of the patient", "patient's age"),
    "weight": ("body weight", "weighs", "weighing"),
    "height": ("body height", "tall"),
    "smoker": ("current smoker", "smokes", "smoke", "smoking"),
    "systolic_blood_pressure": ("systolic pressure", "systolic BP", "SBP", "systolic"),
    "diastolic_blood_pressure": ("diastolic pressure", "diastolic BP", "DBP", "diastolic"),
    "creatinine": ("serum creatinine", "plasma creatinine", "creatinine level"),
    "body mass index": ("BMI",),
    "body surface area": ("BSA",),
    "mean arterial pressure": ("MAP", "mean blood pressure"),
    "egfr": ("estimated GFR", "estimated glomerular filtration rate", "glomerular filtration rate"),
    "creatinine clearance": ("CrCl", "Cockcroft-Gault clearance"),
}  # fmt: skip
"""Indicator id, name of a fact, first part of a measurement's id or name of a measured thing -> other words."""

OPPOSITES: dict[str, str] = {
    "afebrile": "fever", "apyrexial": "fever", "non-smoker": "smoker", "nonsmoker": "smoker",
    "pain-free": "pain",
}  # fmt: skip
"""Word that denies by itself -> name of what it denies."""

CONDITIONS: dict[str, tuple[str, ...]] = {
    "glaucoma": ("glaucomatous optic neuropathy", "glaucomatous damage", "glaucomatous changes", "glaucomatous disc"),
    "cardiomegaly": ("cardiac enlargement", "enlargement of the heart", "heart enlargement"),
    "a prolonged QT interval": (
        "prolonged QT interval",
        "prolonged QT",
        "QT prolongation",
        "long QT",
        "QTc prolongation",
    ),
    "melanoma": ("malignant melanoma", "cutaneous melanoma"),
    "reduced left ventricular ejection fraction": (
        "reduced LVEF",
        "reduced ejection fraction",
        "left ventricular systolic dysfunction",
        "LV systolic dysfunction",
    ),
    "a suspicious breast mass": ("suspicious breast mass", "suspicious mass of the breast"),
    "a pulmonary nodule that calls for follow-up": (
        "pulmonary nodule that calls for follow-up",
        "pulmonary nodule that needs follow-up",
    ),
}
"""Condition -> other words; a terminology adds to them."""
