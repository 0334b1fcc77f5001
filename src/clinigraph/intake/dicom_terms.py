"""Closed lists of DICOM terms: what is not on them does not leave the header."""

from __future__ import annotations

from clinigraph.models.codes import Laterality, Modality

MODALITIES: dict[str, Modality] = {
    "OP": Modality.FUNDUS,
    "CT": Modality.CT,
    "MR": Modality.MR,
    "US": Modality.ULTRASOUND,
    "IVUS": Modality.ULTRASOUND,
    "SM": Modality.HISTOLOGY,
    "GM": Modality.HISTOLOGY,
    "DMS": Modality.DERMOSCOPY,
    "MG": Modality.XRAY_OTHER,
    "XA": Modality.XRAY_OTHER,
    "RF": Modality.XRAY_OTHER,
    "PX": Modality.XRAY_OTHER,
    "IO": Modality.XRAY_OTHER,
    "RTIMAGE": Modality.XRAY_OTHER,
    "PT": Modality.OTHER,
    "NM": Modality.OTHER,
    "OPT": Modality.OTHER,
    "OCT": Modality.OTHER,
    "ES": Modality.OTHER,
    "BI": Modality.OTHER,
    "BDUS": Modality.OTHER,
    "IVOCT": Modality.OTHER,
    "OPM": Modality.OTHER,
}
"""DICOM modality (PS3.3 C.7.3.1.1.1) -> ours. CR and DX depend on the body part; OT, SC, XC are left to the pixels."""
FILMS = frozenset({"CR", "DX", "DR"})
CHEST = frozenset({"CHEST", "THORAX", "LUNG"})
BODY_PARTS = frozenset(
    """
    ABDOMEN ABDOMENPELVIS ADRENAL ANKLE AORTA ARM AXILLA BACK BLADDER BRAIN BREAST BRONCHUS CALF CAROTID CEREBELLUM
    CERVIX CHEST CHESTABDOMEN CHESTABDPELVIS CLAVICLE COCCYX COLON CORNEA CORONARYARTERY CSPINE CTSPINE ELBOW ESOPHAGUS
    EXTREMITY EYE FACE FEMUR FINGER FOOT GALLBLADDER HAND HEAD HEADNECK HEART HIP HUMERUS ILEUM JAW KIDNEY KNEE LARYNX
    LEG LIVER LSPINE LSSPINE LUNG MANDIBLE MAXILLA MEDIASTINUM NECK NECKCHEST NOSE ORBIT OVARY PANCREAS PAROTID PELVIS
    PENIS PHARYNX PROSTATE RECTUM RETINA RIB SCALP SCAPULA SCROTUM SHOULDER SKIN SKULL SPINE SPLEEN SSPINE STERNUM
    STOMACH TESTIS THIGH THORAX THUMB THYROID TIBIA TOE TRACHEA TSPINE UTERUS WHOLEBODY WRIST
    """.split()  # noqa: SIM905 - ninety words read better as words
)
"""Defined terms of Body Part Examined (PS3.16 annex L), and THORAX and LUNG as often met."""
REGION_CODES = {
    "81745001": "EYE",
    "T-AA000": "EYE",
    "5665001": "RETINA",
    "T-AA610": "RETINA",
    "51185008": "CHEST",
    "816094009": "CHEST",
    "T-D3000": "CHEST",
    "39607008": "LUNG",
    "T-28000": "LUNG",
    "12738006": "BRAIN",
    "T-A0100": "BRAIN",
    "80891009": "HEART",
    "T-32000": "HEART",
    "39937001": "SKIN",
    "T-01000": "SKIN",
    "113345001": "ABDOMEN",
    "T-D4000": "ABDOMEN",
    "10200004": "LIVER",
    "T-62000": "LIVER",
    "76752008": "BREAST",
    "T-04000": "BREAST",
}
"""Anatomic Region codes (PS3.16 annex L: SNOMED CT, and the older SNOMED RT of the same terms)."""
VIEWS = {
    "AP": "AP",
    "PA": "PA",
    "LL": "LATERAL",
    "RL": "LATERAL",
    "LAT": "LATERAL",
    "LATERAL": "LATERAL",
    "LLD": "LLD",
    "RLD": "RLD",
    "RLO": "RLO",
    "LLO": "LLO",
    "CC": "CC",
    "MLO": "MLO",
    "ML": "ML",
    "LM": "LM",
    "XCCL": "XCCL",
}
VIEW_CODES = {
    "272479007": "PA",
    "R-10214": "PA",
    "R-40888": "PA",
    "399348003": "AP",
    "R-10206": "AP",
    "399173006": "LATERAL",
    "399198007": "LATERAL",
    "R-10236": "LATERAL",
    "R-10232": "LATERAL",
}
SIDES = {"L": Laterality.LEFT, "R": Laterality.RIGHT, "B": Laterality.BILATERAL}
CLOSED: dict[str, frozenset[str]] = {
    "Modality": frozenset(MODALITIES) | FILMS | {"OT", "SC", "XC"},
    "PhotometricInterpretation": frozenset(
        {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"}
    ),
    "PresentationIntentType": frozenset({"FOR PRESENTATION", "FOR PROCESSING"}),
    "BurnedInAnnotation": frozenset({"YES", "NO"}),
    "LossyImageCompression": frozenset({"00", "01"}),
    "PixelSpacingCalibrationType": frozenset({"GEOMETRY", "FIDUCIAL"}),
    "RescaleType": frozenset({"HU", "US", "OD", "PCT", "HU_MOD", "MGML", "ED"}),
    "MRAcquisitionType": frozenset({"1D", "2D", "3D"}),
    "PatientPosition": frozenset({"HFS", "HFP", "HFDR", "HFDL", "FFS", "FFP", "FFDR", "FFDL"}),
}
NUMBERS = (
    "BitsStored",
    "KVP",
    "SliceThickness",
    "RepetitionTime",
    "EchoTime",
    "MagneticFieldStrength",
    "EstimatedRadiographicMagnificationFactor",
)
IMAGE_TYPES = frozenset(
    {
        "ORIGINAL",
        "DERIVED",
        "PRIMARY",
        "SECONDARY",
        "AXIAL",
        "LOCALIZER",
        "REFORMATTED",
        "MPR",
        "VOLUME",
        "THUMBNAIL",
        "LABEL",
        "OVERVIEW",
    }
)
