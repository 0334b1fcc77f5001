"""Chest-film reports with MeSH labels (Indiana University, the half with even numbers).

Concepts that the linker finds as present, possible or past in findings and impression are held against the headings
that the reports were indexed with, for those headings that the embedded vocabularies hold. The headings are not a full
list of what a report says, so a concept outside them is not proof of a mistake: precision is a lower bound.
"""

from __future__ import annotations

import re
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from clinigraph.errors import InputUnreadable
from clinigraph.evals.linking.counting import Counts
from clinigraph.knowledge.terminology.contract import Assertion, Mention, Terminology

FOLDER = "reports_iu_xray_even"
ARCHIVE = "iu_even.tar.gz"
HEADINGS: dict[str, str] = {
    "Cardiomegaly": r"Cardiomegaly",
    "Pulmonary Atelectasis": r"Atelectasis",
    "Pleural Effusion": r"pleural effusion|Hydropneumothorax",
    "Opacity": r"Pulmonary opacity",
    "Airspace Disease": r"Pulmonary opacity|pulmonary infiltrates|consolidation",
    "Infiltrate": r"pulmonary infiltrates",
    "Consolidation": r"consolidation",
    "Calcified Granuloma": r"granuloma",
    "Granulomatous Disease": r"granuloma",
    "Granuloma": r"granuloma",
    "Cicatrix": r"scarring|scar|pulmonary fibrosis",
    "Atherosclerosis": r"atherosclerosis|atherosclerotic",
    "Scoliosis": r"scoliosis",
    "Nodule": r"nodule",
    "Fractures, Bone": r"fracture",
    "Hernia, Hiatal": r"hiatus hernia",
    "Emphysema": r"emphysema",
    "Pulmonary Emphysema": r"emphysema",
    "Pulmonary Disease, Chronic Obstructive": r"chronic obstructive pulmonary|chronic pulmonary obstruction|emphysema",
    "Pneumonia": r"pneumonia",
    "Pulmonary Edema": r"pulmonary edema",
    "Kyphosis": r"kyphosis",
    "Bone Diseases, Metabolic": r"osteopenia",
    "Arthritis": r"arthritis|arthropathy|osteoarthr",
    "Diaphragmatic Eventration": r"eventration",
    "Pulmonary Fibrosis": r"pulmonary fibrosis",
    "Pneumothorax": r"pneumothorax",
    "Pericardial Effusion": r"pericardial effusion",
    "Heart Failure": r"heart failure",
    "Subcutaneous Emphysema": r"emphysema",
    "Hypertension, Pulmonary": r"pulmonary (arterial )?hypertension",
    "Bronchiectasis": r"bronchiectasis",
    "Sarcoidosis": r"sarcoidosis",
    "Osteoporosis": r"osteoporosis",
    "Tuberculosis": r"tuberculosis",
    "Osteophyte": r"osteophyte",
    "Spondylosis": r"spondylosis",
    "Lung Diseases, Interstitial": r"interstitial",
    "Funnel Chest": r"pectus excavatum",
}
"""MeSH heading -> names of concepts that mean the same, or lie below it."""


@dataclass(frozen=True, slots=True)
class XrayReport:
    """Text and labels of one report."""

    number: str
    text: str
    headings: frozenset[str]


def read_reports(folder: Path) -> Iterator[XrayReport]:
    """Yield the reports of the archive: findings and impression, and the major headings.

    Raises:
        InputUnreadable: The archive is not there.
    """
    path = folder / ARCHIVE
    if not path.is_file():
        raise InputUnreadable("The reports cannot be read", given=str(path), todo="Name the data folder with --data.")
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".xml") else None
            if file is None:
                continue
            root = ElementTree.fromstring(file.read())  # noqa: S314 - our own archive of measurement data
            parts = {e.get("Label"): (e.text or "") for e in root.iter("AbstractText")}
            text = "\n".join(parts.get(label, "") for label in ("FINDINGS", "IMPRESSION"))
            majors = [(e.text or "").strip() for e in root.iter("major")]
            yield XrayReport(member.name, text, frozenset(m.split("/")[0].strip() for m in majors))


def headings_of(mentions: Sequence[Mention]) -> frozenset[str]:
    """Return the headings that the affirmed mentions mean."""
    kept = (Assertion.PRESENT, Assertion.POSSIBLE, Assertion.HISTORICAL)
    names = {m.best.concept.meaning for m in mentions if m.assertion in kept}
    return frozenset(h for h, p in HEADINGS.items() if any(re.search(p, n, re.IGNORECASE) for n in names))


def groups() -> dict[str, frozenset[str]]:
    """Return headings that share a pattern's concept, so that one concept is counted once."""
    together = (
        {"Calcified Granuloma", "Granulomatous Disease", "Granuloma"},
        {"Opacity", "Airspace Disease", "Infiltrate", "Consolidation"},
        {"Emphysema", "Pulmonary Emphysema", "Pulmonary Disease, Chronic Obstructive", "Subcutaneous Emphysema"},
        {"Cicatrix", "Pulmonary Fibrosis"},
    )
    merged = {h: frozenset(g) for g in together for h in g}
    return {h: merged.get(h, frozenset({h})) for h in HEADINGS}


def due_groups(headings: Iterable[str]) -> frozenset[str]:
    """Return the groups of headings that a report was indexed with, as far as the vocabularies hold them."""
    merged = groups()
    return frozenset(" / ".join(sorted(merged[h])) for h in headings if h in merged)


def count_groups(found: Iterable[str], due: Iterable[str], counts: dict[str, Counts]) -> None:
    """Count one report's groups of headings."""
    said, wanted = frozenset(found), frozenset(due)
    for group in said | wanted:
        entry = counts.setdefault(group, Counts())
        entry.hit += group in said and group in wanted
        entry.extra += group in said and group not in wanted
        entry.missed += group not in said and group in wanted


def score_reports(reports: Iterable[XrayReport], terminology: Terminology) -> dict[str, Counts]:
    """Return counts for each group of headings."""
    counts: dict[str, Counts] = {}
    for report in reports:
        found = due_groups(headings_of(terminology.link(report.text)))
        count_groups(found, due_groups(report.headings), counts)
    return counts


def coverage(reports: list[XrayReport]) -> tuple[int, int]:
    """Return how many labels have a counterpart in the vocabularies here, and how many there are."""
    labels = Counter(h for r in reports for h in r.headings if h not in ("normal", "No Indexing"))
    return sum(n for h, n in labels.items() if h in HEADINGS), sum(labels.values())
