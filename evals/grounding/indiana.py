"""The benchmark ``indiana``: which findings a chest-film report asserts, held against the headings it is indexed with.

A report is split into claims; a finding counts as asserted where a claim names it and neither denies it nor leaves it
open. What is only possible is an abstention. The headings (MeSH, by hand) are no full list of what a report says, so a
finding that is asserted and not indexed is no proof of a mistake: precision is a lower bound.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from clinigraph.agents.claims.splitting import split
from clinigraph.agents.verification.judging import JudgeEntailment
from clinigraph.evals.contract import EvalContext, EvalItem, EvalSpec, EvalTable, Outcome
from clinigraph.evals.linking.reports import read_reports
from clinigraph.knowledge.terminology.assertion import Judgement, default_rules
from clinigraph.knowledge.terminology.contract import Assertion
from clinigraph.knowledge.terminology.tokens import Sentence
from clinigraph.llm.contract import ChatModel
from clinigraph.models.reporting import Verdict
from clinigraph.statistics import wilson

PRESENT, DENIED, SILENT, OPEN, FAILED = "present", "denied", "not named", "abstained", "failed"
ANSWERS = (PRESENT, DENIED, SILENT, OPEN, FAILED)
_TUNED, _HELD = "tuned half", "held-out half"


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding with its headings and its names in reports."""

    headings: frozenset[str]
    names: re.Pattern[str]


def _finding(headings: str, names: str) -> Finding:
    return Finding(frozenset(h.strip() for h in headings.split(";")), re.compile(rf"\b(?:{names})\b", re.IGNORECASE))


_BIG = r"(?:enlarged|increased|prominent)"
_HEART = r"(?:heart|cardiac silhouette|cardiomediastinal silhouette|heart size|cardiac size)"
FINDINGS: dict[str, Finding] = {
    "cardiomegaly": _finding(
        "Cardiomegaly",
        rf"cardiomegaly|{_BIG} (?:heart|cardiac silhouette)|cardiac enlargement|"
        rf"{_HEART}(?: size)?(?: is| remains| appears)?(?: \w+){{0,2}} {_BIG}|"
        r"enlargement of the (?:heart|cardiac \w+)|heart is large",
    ),
    "pleural effusion": _finding("Pleural Effusion", r"(?:pleural )?effusions?|pleural fluid|hydropneumothorax"),
    "pneumothorax": _finding("Pneumothorax; Hydropneumothorax", r"pneumothora(?:x|ces)|hydropneumothorax"),
    "atelectasis": _finding("Pulmonary Atelectasis", r"atelecta(?:sis|ses|tic)|lob(?:e|ar) collapse"),
    "consolidation": _finding("Consolidation", r"consolidations?|consolidative"),
    "pulmonary oedema": _finding("Pulmonary Edema", r"(?:(?:pulmonary|interstitial|alveolar) )?o?edema"),
    "pneumonia": _finding("Pneumonia", r"pneumonias?|bronchopneumonia"),
    "emphysema": _finding("Emphysema; Pulmonary Emphysema", r"emphysema(?:tous)?"),
    "hiatal hernia": _finding("Hernia, Hiatal", r"hiatal hernias?|hiatus hernia"),
    "fracture": _finding("Fractures, Bone", r"fractures?"),
    "scoliosis": _finding("Scoliosis", r"scoliosis|scoliotic|(?:dextro|levo)(?:scoliosis|curvature)"),
    "granuloma": _finding(
        "Calcified Granuloma; Granuloma; Granulomatous Disease", r"granulomas?|granulomata|granulomatous"
    ),
    "nodule": _finding("Nodule", r"nodules?|nodular"),
}
"""Finding -> headings and names; the names are the field's common ones, see ``split`` in the YAML file."""


class IndianaBenchmark:
    """Findings that reports assert, by finding and half.

    Args:
        spec: What the YAML file states.
    """

    def __init__(self, spec: EvalSpec) -> None:
        self.spec = spec

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the reports that have text and headings, in an order drawn by the seed."""
        made = [
            EvalItem(
                id=f"report/{r.number}",
                input=r.text,
                target="; ".join(n for n, f in FINDINGS.items() if f.headings & r.headings) or "none of them",
                data={"due": [n for n, f in FINDINGS.items() if f.headings & r.headings], "half": _half(r.number)},
            )
            for r in sorted(read_reports(context.data / self.spec.folders[0]), key=lambda r: r.number)
            if r.text.strip() and r.headings and "No Indexing" not in r.headings
        ]
        random.Random(context.seed).shuffle(made)  # noqa: S311 - an order, not a secret
        return tuple(made[:limit])

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Return what is said of each finding: by rules, and by words alone; a judge answers in place of the rules."""
        said = read_findings(item.input) if context.chat is None else await _judged(item.input, context.chat)
        return {"said": dict(said), "words": [n for n, f in FINDINGS.items() if f.names.search(item.input)]}

    def tables(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return each half beside its baselines, the findings of the held-out half, and the confusion."""
        rows = []
        for half in (_HELD, _TUNED):
            group = [o for o in outcomes if o.item.data["half"] == half]
            if group:
                rows.append((half, "verifier", *_cells([p for o in group for p in _pairs(o)])))
                rows.append((half, "words alone", *_cells([p for o in group for p in _by_words(o)])))
        held = [o for o in outcomes if o.item.data["half"] == _HELD]
        by_name = tuple((n, *_cells([p for o in held for p in _pairs(o, (n,))])) for n in FINDINGS) if held else ()
        cells = Counter(p for o in outcomes for p in _pairs(o))
        confusion = tuple((t, *(str(cells[t, a]) for a in ANSWERS)) for t in ("indexed", "not indexed"))
        note = "Precision is a lower bound: what is asserted need not be indexed. Silence and denial count as absent."
        return (
            EvalTable(title="Findings of chest-film reports", columns=("half", "system", *_COLUMNS), rows=tuple(rows)),
            EvalTable(title="By finding, held-out half", columns=("finding", *_COLUMNS), rows=by_name, note=note),
            EvalTable(
                title="Confusion, all reports (rows: headings, columns: the text)",
                columns=("headings", *ANSWERS),
                rows=confusion,
            ),
        )


_COLUMNS = ("pairs", "indexed", "abstained", "failed", "precision (95 %)", "recall (95 %)", "F1", "coverage (95 %)")


def read_findings(text: str) -> Mapping[str, str]:
    """Return what a report says of each finding: present, denied, not named, or abstained where it is left open.

    Example:
        >>> read_findings("No pleural effusion. The heart is enlarged.")["cardiomegaly"]
        'present'
    """
    found: dict[str, set[str]] = {name: set() for name in FINDINGS}
    for atom in split(text):
        cues = tuple(default_rules().cues(atom.text, Sentence(0, len(atom.text))))
        for name, finding in FINDINGS.items():
            for match in finding.names.finditer(atom.text):
                found[name].add(_said(match.group(), default_rules().judge(match.start(), match.end(), cues)))
    return {name: next((a for a in (PRESENT, OPEN, DENIED) if a in said), SILENT) for name, said in found.items()}


def _said(name: str, judgement: Judgement) -> str:
    """Return what one mention says; what is old still shows on a film, and "consistent with" names what is seen."""
    if re.search(r"\b(?:not|nor)\b", name, re.IGNORECASE):
        return DENIED
    if judgement.assertion is Assertion.POSSIBLE:
        return PRESENT if _SEEN.search(judgement.cue) else OPEN
    return PRESENT if judgement.assertion in (Assertion.PRESENT, Assertion.HISTORICAL) else DENIED


_SEEN = re.compile(r"(?:consistent|compatible) with", re.IGNORECASE)


async def _judged(text: str, chat: ChatModel) -> Mapping[str, str]:
    answers = await JudgeEntailment(chat).entail([(text, f"There is {name}.") for name in FINDINGS])
    words = {Verdict.SUPPORTED: PRESENT, Verdict.CONTRADICTED: DENIED, Verdict.UNSUPPORTED: SILENT}
    return {name: words.get(a.verdict, OPEN) for name, a in zip(FINDINGS, answers, strict=True)}


def _half(number: str) -> str:
    """Return the half of a report by its number, which is even: the tuned half is divisible by four."""
    digits = re.sub(r"\D", "", number)
    return _TUNED if digits and int(digits) % 4 == 0 else _HELD


def _pairs(outcome: Outcome, names: Sequence[str] = tuple(FINDINGS)) -> list[tuple[str, str]]:
    """Return label and answer of each finding; a report that failed answers nothing."""
    said = outcome.values.get("said")
    answers = said if isinstance(said, dict) and not outcome.error else {}
    due = _texts(outcome.item.data["due"])
    return [("indexed" if n in due else "not indexed", str(answers.get(n, FAILED))) for n in names]


def _by_words(outcome: Outcome) -> list[tuple[str, str]]:
    if outcome.error:
        return _pairs(outcome)
    due, words = _texts(outcome.item.data["due"]), _texts(outcome.values.get("words"))
    return [("indexed" if n in due else "not indexed", PRESENT if n in words else SILENT) for n in FINDINGS]


def _cells(pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return one row; an abstention and a failure miss what is indexed."""
    tally = Counter(pairs)
    hits, extra = tally["indexed", PRESENT], tally["not indexed", PRESENT]
    due = sum(n for (label, _), n in tally.items() if label == "indexed")
    silent, failed = (sum(n for (_, a), n in tally.items() if a == word) for word in (OPEN, FAILED))
    f1 = 2 * hits / (hits + extra + due) if hits + extra + due else 0.0
    shares = (
        _share(hits, hits + extra),
        _share(hits, due),
        f"{f1:.3f}",
        _share(len(pairs) - silent - failed, len(pairs)),
    )
    return (str(len(pairs)), str(due), str(silent), str(failed), *shares)


def _share(hits: int, count: int) -> str:
    return str(wilson(hits, count)) if count else "–"


def _texts(value: JsonValue) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else []
