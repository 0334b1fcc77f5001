"""Accuracy and speed of concept linking and assertion.

``python -m clinigraph.evals.bench.linking [--reports DIR] [--sentences FILE] [--json]``. Two parts:

- hand-written sentences with marked targets: assertion and side, by class, for the half that was written before the
  rules and the half that was used to find missing ones;
- chest-film reports with MeSH labels (Indiana University, the half with even numbers): concepts that the linker finds
  as present or possible in the findings and impression against the headings that the reports were indexed with, for
  those headings that the embedded vocabularies hold. The headings are not a full list of what a report says, so a
  concept outside them is not proof of a mistake: precision is a lower bound.

Intervals are Wilson's 95 % (Wilson 1927, J Am Stat Assoc 22:209).
"""

from __future__ import annotations

import json
import math
import re
import statistics
import tarfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import typer
import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from clinigraph.knowledge.terminology.assertion import default_rules
from clinigraph.knowledge.terminology.contract import Assertion, Mention, Terminology
from clinigraph.knowledge.terminology.embedded import EmbeddedTerminology
from clinigraph.knowledge.terminology.laterality import side_of
from clinigraph.knowledge.terminology.tokens import sentences
from clinigraph.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = ROOT / "tests" / "unit" / "knowledge" / "terminology" / "sentences.yaml"
REPORTS = ROOT.parent / "shared" / "data" / "reports_iu_xray_even"

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


@dataclass
class Counts:
    """True and false positives and false negatives of one class."""

    hit: int = 0
    extra: int = 0
    missed: int = 0

    def add(self, other: Counts) -> None:
        """Add the counts of another class."""
        self.hit, self.extra, self.missed = self.hit + other.hit, self.extra + other.extra, self.missed + other.missed

    def figures(self) -> dict[str, object]:
        """Return precision, recall, F1 with counts and intervals."""
        found, due = self.hit + self.extra, self.hit + self.missed
        total = 2 * self.hit + self.extra + self.missed
        return {
            "precision": self.hit / found if found else None,
            "precision_interval": wilson(self.hit, found),
            "recall": self.hit / due if due else None,
            "recall_interval": wilson(self.hit, due),
            "f1": 2 * self.hit / total if total else None,
            "hit": self.hit,
            "extra": self.extra,
            "missed": self.missed,
        }


def wilson(hits: int, n: int, z: float = 1.959964) -> tuple[float, float] | None:
    """Return Wilson's interval of a share, or None without trials.

    Example:
        >>> tuple(round(x, 3) for x in wilson(95, 100))
        (0.888, 0.978)
    """
    if n == 0:
        return None
    share = hits / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


@dataclass(frozen=True)
class Target:
    """One marked stretch of a hand-written sentence."""

    start: int
    end: int
    assertion: str
    side: str


_MARK = re.compile(r"\[([^\]|]+)\|(\w+)(?:\|(\w+))?\]")


def parse(marked: str) -> tuple[str, list[Target]]:
    """Return the sentence without marks, and its targets.

    Example:
        >>> parse("No [edema|absent] here.")
        ('No edema here.', [Target(start=3, end=8, assertion='absent', side='unknown')])
    """
    text, targets, place = "", [], 0
    for mark in _MARK.finditer(marked):
        text += marked[place : mark.start()]
        targets.append(Target(len(text), len(text) + len(mark[1]), mark[2], mark[3] or "unknown"))
        text += mark[1]
        place = mark.end()
    return text + marked[place:], targets


@dataclass
class SentenceScore:
    """Scores of one half of the sentences."""

    classes: dict[str, Counts] = field(default_factory=lambda: {a.value: Counts() for a in Assertion})
    sides: Counts = field(default_factory=Counts)
    linked: int = 0
    targets: int = 0
    sentences: int = 0

    @property
    def f1(self) -> float:
        """Mean of the classes' F1."""
        scores = [2 * c.hit / max(1, 2 * c.hit + c.extra + c.missed) for c in self.classes.values()]
        return statistics.fmean(scores)

    @property
    def accuracy(self) -> float:
        """Share of targets judged right; micro-averaged F1, as each target has one class."""
        return sum(c.hit for c in self.classes.values()) / max(1, self.targets)


def score_sentences(marked: list[str], terminology: Terminology | None = None) -> SentenceScore:
    """Judge the marked targets by the rules; count those that the terminology finds, when one is given."""
    score, rules = SentenceScore(), default_rules()
    for line in marked:
        text, targets = parse(line)
        score.sentences += 1
        mentions = terminology.link(text) if terminology else ()
        for target in targets:
            home = next(s for s in sentences(text) if s.start <= target.start < s.end)
            said = rules.judge(target.start, target.end, rules.cues(text, home)).assertion.value
            side = side_of(text, target.start, target.end, home.start, home.end).value
            _count(score.classes, said, target.assertion)
            _count_side(score.sides, side, target.side)
            score.targets += 1
            score.linked += any(m.span.start < target.end and m.span.end > target.start for m in mentions)
    return score


def _count(classes: Mapping[str, Counts], said: str, due: str) -> None:
    if said == due:
        classes[due].hit += 1
    else:
        classes[said].extra += 1
        classes[due].missed += 1


def _count_side(counts: Counts, said: str, due: str) -> None:
    if said == due and due != "unknown":
        counts.hit += 1
    elif said != due:
        counts.extra += said != "unknown"
        counts.missed += due != "unknown"


@dataclass(frozen=True)
class XrayReport:
    """Text and labels of one report."""

    number: str
    text: str
    headings: frozenset[str]


def read_reports(folder: Path) -> Iterator[XrayReport]:
    """Yield the reports of the archive: findings and impression, and the major headings."""
    with tarfile.open(folder / "iu_even.tar.gz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".xml") else None
            if file is None:
                continue
            root = ElementTree.fromstring(file.read())  # noqa: S314 - our own archive of measurement data
            parts = {e.get("Label"): (e.text or "") for e in root.iter("AbstractText")}
            text = "\n".join(parts.get(label, "") for label in ("FINDINGS", "IMPRESSION"))
            majors = [(e.text or "").strip() for e in root.iter("major")]
            yield XrayReport(member.name, text, frozenset(m.split("/")[0].strip() for m in majors))


def headings_of(mentions: tuple[Mention, ...] | list[Mention]) -> frozenset[str]:
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


def score_reports(reports: list[XrayReport], terminology: Terminology) -> tuple[dict[str, Counts], list[float]]:
    """Return counts for each group of headings, and milliseconds for each report."""
    counts: dict[str, Counts] = {}
    times: list[float] = []
    merged = groups()
    for report in track(reports, description="reports", console=Console(stderr=True), transient=True):
        begin = time.perf_counter()
        mentions = list(terminology.link(report.text))
        times.append((time.perf_counter() - begin) * 1000)
        found = {merged[h] for h in headings_of(mentions)}
        due = {merged[h] for h in report.headings if h in merged}
        for group in found | due:
            entry = counts.setdefault(" / ".join(sorted(group)), Counts())
            entry.hit += group in found and group in due
            entry.extra += group in found and group not in due
            entry.missed += group not in found and group in due
    return counts, times


def coverage(reports: list[XrayReport]) -> tuple[int, int]:
    """Return how many labels have a counterpart in the vocabularies here, and how many there are."""
    labels = Counter(h for r in reports for h in r.headings if h not in ("normal", "No Indexing"))
    return sum(n for h, n in labels.items() if h in HEADINGS), sum(labels.values())


def run(
    reports: Path = typer.Option(REPORTS, "--reports", help="Folder with iu_even.tar.gz."),  # noqa: B008
    marked: Path = typer.Option(SENTENCES, "--sentences", help="Marked sentences."),  # noqa: B008
    as_json: bool = typer.Option(False, "--json", help="Print only JSON."),
) -> None:
    """Measure and print."""
    terminology = EmbeddedTerminology(Settings().cache_dir)
    begin = time.perf_counter()
    terminology.warm_up()
    figures: dict[str, object] = {"load_s": time.perf_counter() - begin}
    halves = yaml.safe_load(marked.read_text(encoding="utf-8"))
    for name, lines in [*halves.items(), ("all", [line for part in halves.values() for line in part])]:
        score = score_sentences(lines, terminology)
        figures[f"sentences, {name}"] = {
            "sentences": score.sentences,
            "targets": score.targets,
            "macro_f1": score.f1,
            "accuracy": score.accuracy,
            "accuracy_interval": wilson(round(score.accuracy * score.targets), score.targets),
            "linked": score.linked / score.targets,
            "classes": {k: c.figures() for k, c in score.classes.items()},
            "side": score.sides.figures(),
        }
    if (reports / "iu_even.tar.gz").is_file():
        figures["reports"] = _report_figures(list(read_reports(reports)), terminology)
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
    else:
        _show(figures)


def _report_figures(reports: list[XrayReport], terminology: Terminology) -> dict[str, object]:
    counts, times = score_reports(reports, terminology)
    total = Counts()
    for entry in counts.values():
        total.add(entry)
    covered, labels = coverage(reports)
    return {
        "reports": len(reports),
        "labels_in_vocabulary": covered,
        "labels": labels,
        "all": total.figures(),
        "by_heading": {k: c.figures() for k, c in sorted(counts.items(), key=lambda kv: -kv[1].hit - kv[1].missed)},
        "ms_median": statistics.median(times),
        "ms_p95": sorted(times)[int(0.95 * (len(times) - 1))],
    }


def _show(figures: Mapping[str, object]) -> None:
    out = Console()
    for name, part in figures.items():
        if not isinstance(part, dict):
            out.print(f"{name}: {part:.2f}")
            continue
        nested = part.get("classes") or part.get("by_heading")
        out.print(f"[bold]{name}[/bold]", {k: v for k, v in part.items() if not isinstance(v, dict)})
        rows = {**(nested if isinstance(nested, dict) else {}), **{k: part[k] for k in ("side", "all") if k in part}}
        out.print(_table(rows))


def _table(rows: Mapping[str, Mapping[str, object]]) -> Table:
    table = Table("Class", "Precision", "Recall", "F1", "Hit", "Extra", "Missed")
    for name, row in rows.items():
        shares = [_share(row[k], row.get(f"{k}_interval")) for k in ("precision", "recall", "f1")]
        table.add_row(name, *shares, *(str(row[k]) for k in ("hit", "extra", "missed")))
    return table


def _share(value: object, interval: object) -> str:
    if not isinstance(value, float):
        return "–"
    if isinstance(interval, tuple):
        return f"{value:.3f} ({interval[0]:.3f}–{interval[1]:.3f})"
    return f"{value:.3f}"


if __name__ == "__main__":
    typer.run(run)
