"""Words, signs and short texts that Markdown and HTML share."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from clinigraph.models.codes import Laterality, Modality
from clinigraph.models.evidence import EdgeKind, NodeKind
from clinigraph.models.findings import (
    FindingSite,
    Impression,
    IndicatorStatus,
    Interval,
    Measurement,
    Met,
    Presence,
)
from clinigraph.models.formatting import (
    format_measured,
    format_percent,
    format_value,
)
from clinigraph.models.imaging import Image
from clinigraph.models.interventions import Intervention
from clinigraph.models.passages import Passage
from clinigraph.models.report import IndicatorRow
from clinigraph.models.reporting import ClaimUncertainty, Section, Verdict

_PICTURE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}\.png")

DECISIONS = {Presence.PRESENT: "Present", Presence.ABSENT: "Absent", Presence.INDETERMINATE: "Indeterminate"}

VERDICTS = {
    Verdict.SUPPORTED: "Supported",
    Verdict.CONTRADICTED: "Contradicted",
    Verdict.UNSUPPORTED: "Unsupported",
    Verdict.UNVERIFIABLE: "Could not be judged",
    None: "Not checked",
}

MET = {Met.YES: "Met", Met.NO: "Not met", Met.UNCERTAIN: "Uncertain", Met.NOT_ASSESSED: "Not assessed"}

STATUSES = {
    IndicatorStatus.COMPLETE: "complete",
    IndicatorStatus.CONTINUE: "open",
    IndicatorStatus.TERMINATE: "cannot be known here",
}

SECTIONS = {
    Section.IMPRESSION: "Impression",
    Section.FINDINGS: "Findings",
    Section.RECORD: "From the record",
    Section.KNOWLEDGE: "What the literature says",
    Section.RECOMMENDATIONS: "Recommendations",
    Section.LIMITATIONS: "What could not be assessed",
}

KINDS = {
    NodeKind.IMAGE: "Image",
    NodeKind.LABEL_MAP: "Outline",
    NodeKind.MEASUREMENT: "Measurement",
    NodeKind.EVALUATION: "Reading",
    NodeKind.FINDING: "Observation",
    NodeKind.PASSAGE: "Passage",
    NodeKind.CRITERION: "Criterion",
    NodeKind.INDICATOR_RESULT: "Indicator",
    NodeKind.CLAIM: "Claim",
    NodeKind.FACT: "Record",
    NodeKind.INTERVENTION: "Person",
}

EDGES = {
    EdgeKind.DERIVED_FROM: "computed from",
    EdgeKind.APPLIES: "judged by",
    EdgeKind.SUPPORTS: "supported by",
    EdgeKind.CONTRADICTS: "contradicted by",
    EdgeKind.CITES: "cites",
    EdgeKind.ACTS_ON: "acted on",
}


def uncertainty_text(value: ClaimUncertainty) -> str:
    """Return a combined uncertainty with the terms that have a say."""
    fields = ("margin", "interval", "disagreement", "retrieval", "verifier")
    terms = [f"{f} {t:.2f}" for f in fields if (t := getattr(value, f)) is not None]
    return f"{value.combined:.2f}" + (f" ({', '.join(terms)})" if terms else " (recomputed by rules)")


def spoken(label: str) -> str:
    """Return a machine label as words: ``optic_disc`` -> ``optic disc``."""
    return label.replace("_", " ")


def sentence_case(text: str) -> str:
    """Return a text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def score_text(impression: Impression) -> str:
    """Return score and range in words, or that there is none."""
    if impression.score is None:
        return "No score: nothing was assessed."
    beside = () if impression.threshold is None else (impression.threshold,)
    text = f"Score {format_value(impression.score, beside=beside)}"
    low, high = impression.score_low, impression.score_high
    if low is not None and high is not None and low != high:
        text += f" (from {format_value(low, beside=beside)} to {format_value(high, beside=beside)})"
    if impression.threshold is not None:
        text += f", threshold {impression.threshold:.10g}"
    return text


def assessed_text(impression: Impression) -> str:
    """Return how much of the planned evidence was there."""
    return f"{format_percent(impression.assessed_share)} of the planned weight could be assessed"


def row_value(row: IndicatorRow) -> str:
    """Return the value of an indicator row with its unit; ``–`` when there is none."""
    if row.value is None:
        return "–"
    if row.kind == "qualitative":
        return f"{row.value:.10g} of 5"
    beside = () if row.criterion is None else (row.criterion.threshold,)
    return format_value(row.value, row.unit, beside=beside)


def row_note(row: IndicatorRow) -> str:
    """Return what a reader must know beside the outcome: an unusual status, and the reason."""
    status = "" if row.status is IndicatorStatus.COMPLETE else sentence_case(STATUSES[row.status])
    return ": ".join(part for part in (status, row.reason) if part)


def interval_method(interval: Interval | None) -> str:
    """Return how an interval was obtained, or that there is none."""
    return interval.method if interval else "no error model, so no interval"


def measured_text(measurement: Measurement) -> str:
    """Return value, unit and interval of a measurement."""
    return format_measured(measurement.value, measurement.unit, measurement.interval)


def site_text(site: FindingSite) -> str:
    """Return where on the body, with the side when it is known."""
    side = "" if site.laterality is Laterality.UNKNOWN else f", {site.laterality.value}"
    return f"{site.concept.meaning}{side}"


def image_text(image: Image) -> str:
    """Return what an image is in words: kind, side, role, size."""
    side = "" if image.laterality is Laterality.UNKNOWN else f", {image.laterality.value}"
    kind = image.modality.label if image.modality is not Modality.UNKNOWN else "image"
    size = " × ".join(str(n) for n in reversed(image.geometry.shape))
    return f"{sentence_case(image.role.value)} {kind}{side}, {size} px"


def spacing_text(image: Image) -> str:
    """Return the distance between pixels, or that millimetres are out of reach."""
    geometry = image.geometry
    if geometry.spacing_mm is None or geometry.spacing_source is None:
        return "unknown, so no millimetres are reported"
    spacing = " × ".join(f"{s:.4g}" for s in reversed(geometry.spacing_mm))
    return f"{spacing} mm, from {geometry.spacing_source.value}"


def passage_place(passage: Passage) -> str:
    """Return section, page and characters of a passage."""
    page = f", page {passage.page}" if passage.page else ""
    return f"{passage.section}{page}, characters {passage.span.start}–{passage.span.end}"


def short_hash(digest: str) -> str:
    """Return the first twelve digits of a hash, without its scheme."""
    return digest.removeprefix("sha256:")[:12]


def is_picture_name(name: str) -> bool:
    """Whether a name is a plain ``*.png`` file name: no folder, no odd character, so it may stand in a path."""
    return _PICTURE_NAME.fullmatch(name) is not None


ACTIONS = {
    "approve": "approved the plan", "edit": "changed the plan", "reject": "rejected it",
    "answer": "answered a question",
    "skip": "left a question open", "keep": "let the decision stand", "withdraw": "withdrew the decision",
    "correct": "corrected an outline", "sign": "signed the report",
}  # fmt: skip
"""What people may do, in words."""


def intervention_text(intervention: Intervention) -> str:
    """Return what a person did in one line."""
    reason = f": {intervention.reason}" if intervention.reason else ""
    return f"{intervention.who} {ACTIONS.get(intervention.action, intervention.action)}{reason}"


def moment(at_unix: float) -> str:
    """Return a time as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(at_unix, tz=UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
