"""Words for illness that no vocabulary links by themselves."""

from __future__ import annotations

DISEASES = frozenset(
    (
        "disease", "diseases", "disorder", "syndrome", "cancer", "carcinoma", "tumour", "tumor", "malignancy",
        "malignant",
        "metastasis", "metastases", "infection", "inflammation", "infarct", "infarction", "bleeding", "fracture",
        "lesion", "lesions", "mass", "nodule", "nodules", "damage", "failure", "progression", "blindness", "emergency",
    )
)  # fmt: skip
