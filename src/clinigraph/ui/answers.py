"""Questions about a report, answered from its evidence graph: why, show me, what if, or a finding by its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import Field

from clinigraph.agents.decider import weigh
from clinigraph.agents.judgement import criterion_met, reading_met
from clinigraph.models.base import EvidenceId, Value
from clinigraph.models.evidence import EvidenceGraph, IndicatorResultNode, LabelMapNode
from clinigraph.models.findings import IndicatorResult, Met
from clinigraph.models.formatting import format_criterion, format_number, format_value, with_unit
from clinigraph.models.passages import Passage
from clinigraph.models.report import Report
from clinigraph.models.reporting import Claim

_WHAT_IF = re.compile(r"\b(what if|suppose|assume|if)\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])(\d+(?:[.,]\d+)?)(?![\w.]*\d)")
_WHY = re.compile(r"\b(why|reason|because|how come|explain)\b", re.IGNORECASE)
_SHOW = re.compile(r"\b(show|where|point|see|highlight)\b", re.IGNORECASE)
_MISSING = re.compile(r"\b(missing|not assessed|unknown|limit\w*|uncertain\w*)\b", re.IGNORECASE)
_COMMON = frozenset((
    "what", "would", "were", "was", "the", "this", "that", "there", "doe", "have", "with", "from", "and", "for", "are",
    "you", "show", "where", "why",
))  # fmt: skip
"""Words that name nothing, without a closing s."""
_SHARES = {Met.YES: 1.0, Met.UNCERTAIN: 0.5, Met.NO: 0.0}


class ChatAnswer(Value):
    """An answer with what it rests on."""

    text: str
    evidence_ids: tuple[EvidenceId, ...] = ()
    """Nodes of the report's evidence graph."""
    passages: tuple[Passage, ...] = ()
    overlay: str | None = None
    """File name of the picture that shows it."""
    may_be_phrased: bool = Field(default=False, exclude=True)
    """Whether a model may say it in its own words: not what is assumed, pointed at or asked back."""
    phrased_by: str = ""
    """Model whose words these are; every sentence was checked against the evidence graph."""


def answer_question(report: Report, text: str) -> ChatAnswer:
    """Answer from the evidence graph alone; what the report does not hold is said not to be there.

    Args:
        report: A finished report.
        text: The question, as data.
    """
    named = _named(report, text)
    if _WHAT_IF.search(text) and _NUMBER.search(text):
        return _what_if(report, text, named)
    if _SHOW.search(text):
        return _show(report, named)
    return _told(report, text, named).replace(may_be_phrased=True)


def _told(report: Report, text: str, named: Sequence[IndicatorResult]) -> ChatAnswer:
    if named:
        return _about(report, named)
    if _WHY.search(text):
        return _why(report)
    if _MISSING.search(text):
        return _missing(report)
    return _nothing(report)


def _named(report: Report, text: str) -> tuple[IndicatorResult, ...]:
    """Return the indicators that a text names, the best first: those that share most words with it."""
    words = _words(text)
    shared = [(len(words & _words(f"{r.name} {r.indicator_id}")), r) for r in _results(report.evidence_graph)]
    best = max((n for n, _ in shared), default=0)
    return tuple(r for n, r in shared if n == best and n > 0)


def _words(text: str) -> set[str]:
    stems = {w.rstrip("s") for w in re.findall(r"[a-z]{3,}", text.lower().replace("_", " "))}
    return stems - _COMMON


def _results(graph: EvidenceGraph) -> tuple[IndicatorResult, ...]:
    return tuple(n.value for n in graph.nodes if isinstance(n, IndicatorResultNode))


def _what_if(report: Report, text: str, named: Sequence[IndicatorResult]) -> ChatAnswer:
    match = _NUMBER.search(text)
    if len(named) != 1 or match is None:
        names = ", ".join(r.name for r in _results(report.evidence_graph) if r.criterion is not None)
        return ChatAnswer(text=f"Name one indicator and a value. Those with a criterion are: {names}.")
    asked, value = named[0], float(match.group(1).replace(",", "."))
    if asked.criterion is None and asked.kind == "quantitative":
        return ChatAnswer(text=f"{asked.name} has no criterion; no value of it changes the decision.")
    changed = _with_value(asked, value)
    if changed is None:
        return ChatAnswer(text=f"{asked.name} is read on a scale from 1 to 5; {value:g} is not on it.")
    results = [changed if r.id == asked.id else r for r in _results(report.evidence_graph)]
    old = report.impression
    new = weigh(results, old.condition, old.threshold or 0.0, old.min_assessed_share or 0.0)
    rule = f" against {format_criterion(asked.criterion)}" if asked.criterion is not None else ""
    shown = with_unit(f"{value:g}", asked.unit) if asked.unit else f"{value:g}"
    score = "no score" if new.score is None else f"score {format_number(new.score)}"
    verb = "stays" if new.decision is old.decision else "becomes"
    return ChatAnswer(
        text=(
            f"With {asked.name} at {shown}{rule} the criterion would be {_met(changed.met)} and {old.condition} "
            f"{verb} {new.decision.value} ({score}, threshold {old.threshold:g}). "
            "This is a recomputation with an assumed value, without its error; the report is unchanged."
        ),
        evidence_ids=(asked.id,),
        passages=_cited(report, [asked]),
    )


def _with_value(result: IndicatorResult, value: float) -> IndicatorResult | None:
    if result.criterion is not None:
        met = criterion_met(value, None, result.criterion)
        return result.replace(value=value, met=met, score=_SHARES[met], interval=None)
    if not (value.is_integer() and 1 <= value <= 5):
        return None
    return result.replace(value=value, met=reading_met(int(value)), score=(value - 1) / 4)


def _show(report: Report, named: Sequence[IndicatorResult]) -> ChatAnswer:
    graph = report.evidence_graph
    grounds = [graph.support(r.id) for r in named]
    maps = [n for g in grounds for n in g.nodes if isinstance(n, LabelMapNode)]
    maps = maps or [n for n in graph.nodes if isinstance(n, LabelMapNode)]
    if not maps or not report.overlays:
        return ChatAnswer(text="Nothing was outlined in this case, so there is nothing to point at.")
    all_maps = [n.id for n in graph.nodes if isinstance(n, LabelMapNode)]
    index = min(all_maps.index(maps[0].id), len(report.overlays) - 1)
    overlay = report.overlays[index]
    return ChatAnswer(text=overlay.caption, evidence_ids=(maps[0].id, *(r.id for r in named)), overlay=overlay.name)


def _about(report: Report, named: Sequence[IndicatorResult]) -> ChatAnswer:
    claims = [c for c in report.claims if any(r.id in c.evidence_ids for r in named) or _measures(named, c)]
    text = " ".join(dict.fromkeys(c.text for c in claims)) or " ".join(_line(r) for r in named)
    return ChatAnswer(
        text=text,
        evidence_ids=tuple(dict.fromkeys(e for r in named for e in (r.id, *r.evidence_ids))),
        passages=_cited(report, named),
    )


def _measures(named: Sequence[IndicatorResult], claim: Claim) -> bool:
    return any(set(r.evidence_ids) & set(claim.evidence_ids) for r in named)


def _why(report: Report) -> ChatAnswer:
    results = [r for r in _results(report.evidence_graph) if r.weight > 0 and r.met is not Met.NOT_ASSESSED]
    ordered = sorted(results, key=lambda r: -r.weight * (r.score or 0.0))
    lines = " ".join(_line(r) for r in ordered)
    return ChatAnswer(
        text=f"{report.impression.rationale} {lines}".strip(),
        evidence_ids=tuple(r.id for r in ordered),
        passages=_cited(report, ordered),
    )


def _missing(report: Report) -> ChatAnswer:
    gaps = [r for r in _results(report.evidence_graph) if r.met is Met.NOT_ASSESSED and r.weight > 0]
    text = " ".join(f"{r.name} was not assessed: {r.reason.rstrip('.')}." for r in gaps)
    return ChatAnswer(text=text or "Every indicator that weighs was assessed.", evidence_ids=tuple(r.id for r in gaps))


def _line(result: IndicatorResult) -> str:
    if result.met is Met.NOT_ASSESSED or result.value is None:
        return f"{result.name}: {result.reason or 'not assessed'}."
    beside = (result.criterion.threshold,) if result.criterion is not None else ()
    value = format_value(result.value, result.unit, beside=beside)
    rule = f" against {format_criterion(result.criterion)}" if result.criterion is not None else " of 5"
    return f"{result.name}: {value}{rule}, {_met(result.met)} (weight {result.weight:g})."


def _met(met: Met) -> str:
    return {Met.YES: "met", Met.NO: "not met", Met.UNCERTAIN: "uncertain", Met.NOT_ASSESSED: "not assessed"}[met]


def _cited(report: Report, results: Sequence[IndicatorResult]) -> tuple[Passage, ...]:
    ids = {r.criterion.passage_id for r in results if r.criterion is not None}
    return tuple(p for p in report.passages if p.id in ids)


def _nothing(report: Report) -> ChatAnswer:
    names = ", ".join(r.name for r in _results(report.evidence_graph))
    return ChatAnswer(
        text=(
            "The report holds nothing on this. Ask why, what is missing, “show me …”, “what if … were …”, "
            f"or about one of: {names or 'no indicator was judged'}."
        )
    )
