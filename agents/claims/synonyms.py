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
    "isnt_violated": ("violation of the ISNT rule", "ISNT violation", "violation of the ISNT order"),
    "parapapillary_atrophy": (
        "peripapillary atrophy", "parapapillary atrophy", "beta-zone atrophy", "beta zone parapapillary atrophy", "PPA",
    ),
    "disc_haemorrhage": (
        "disc haemorrhage", "disk hemorrhage", "splinter haemorrhage", "Drance haemorrhage", "optic disk hemorrhage",
    ),
    "intraocular_pressure": ("intraocular pressure", "IOP", "eye pressure", "ocular pressure"),
    "disc_diameter_mm": (
        "disc diameter", "disc size", "size of the disc", "vertical disc diameter", "vertical optic disc diameter"),
    "cardiothoracic_ratio": (
        "cardio-thoracic ratio", "CTR", "heart size", "heart", "cardiac silhouette", "cardiac size", "cardiac shadow",
        "cardiomediastinal silhouette",
    ),
    "age": ("age of the patient", "patient's age"),
}  # fmt: skip
"""Indicator id, name of a fact or first part of a measurement's id -> other words."""

CONDITIONS: dict[str, tuple[str, ...]] = {
    "glaucoma": ("glaucomatous optic neuropathy", "glaucomatous damage", "glaucomatous changes", "glaucomatous disc"),
    "cardiomegaly": ("cardiac enlargement", "enlargement of the heart", "heart enlargement"),
}
"""Condition -> other words; a terminology adds to them."""
