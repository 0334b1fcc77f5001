"""What model roles said, what to ask next and what a record may mean, as short blocks that Markdown and HTML share.

Opinions stand beside the evidence and are none; nothing here is a statement of the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clinigraph.export import words
from clinigraph.export.chain import node_title
from clinigraph.models.base import EvidenceId
from clinigraph.models.consultation import Consultation, NextQuestion, Statement, Urgency
from clinigraph.models.differential import Hypothesis
from clinigraph.models.findings import Presence
from clinigraph.models.formatting import format_percent
from clinigraph.models.report import Report

MOST_HYPOTHESES = 10
"""Hypotheses of a differential that are shown; report.json holds all."""
_MOST_FINDINGS = 5

NOTE = (
    "Opinions of a language model, beside the evidence: none of them is evidence, and none was checked. By default "
    "they can make a decision less certain, never turn it round."
)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one role said."""

    who: str
    decision: Presence | None
    """None where the role gives none."""
    lines: tuple[tuple[str, str], ...]
    """Label and text."""


def opinions(report: Report) -> tuple[Opinion, ...]:
    """Return the opinions of a report in the order in which they were heard; empty on the rule path."""
    said = report.consultation
    if said is None:
        return ()
    found = [_votes(said, report), *(_statement(s, report) for s in said.statements)]
    if said.attending is not None:
        lines = (("Sides with", _titles((said.attending.sides_with,), report)), ("Because", said.attending.reason))
        found.append(Opinion("Attending", said.attending.decision, _told(lines)))
    if said.judgement is not None:
        found.append(_judgement(said, report))
    if said.direct is not None:
        lines = (("Probability", format_percent(said.direct.probability)), ("Because", said.direct.reason))
        found.append(Opinion("The model alone", said.direct.decision, _told(lines)))
    return tuple(o for o in found if o is not None)


def _votes(said: Consultation, report: Report) -> Opinion | None:
    if not said.votes and not said.votes_refused:
        return None
    counts = Counter(v.decision for v in said.votes)
    tally = ", ".join(f"{n} {words.DECISIONS[d].lower()}" for d, n in counts.most_common()) or "none usable"
    lines = [("Votes", f"{tally}{f', {said.votes_refused} not usable' if said.votes_refused and said.votes else ''}")]
    lines += [(words.DECISIONS[v.decision], f"{v.reason} ({_titles((v.evidence_id,), report)})") for v in said.votes]
    runs = len(said.votes) + said.votes_refused
    return Opinion(f"{runs} run{'s' if runs != 1 else ''} over the same evidence", None, _told(lines))


def _statement(said: Statement, report: Report) -> Opinion:
    lines = (
        ("For", said.speaks_for), ("Against", said.speaks_against), ("Rests on", _titles(said.evidence_ids, report)),
    )  # fmt: skip
    return Opinion(words.sentence_case(said.specialist), said.decision, _told(lines))


def _judgement(said: Consultation, report: Report) -> Opinion | None:
    if said.judgement is None:
        return None
    names = {r.id: r.name for r in report.indicators}
    lines = [("Risk stated", f"{said.judgement.risk:.2f}")]
    lines += [
        ("Keeps" if o.keep else "Discards", f"{names.get(o.indicator_id, o.indicator_id)}: {o.reason}")
        for o in said.judgement.opinions
    ]
    return Opinion("Model as decider", None, _told(lines))


def _titles(ids: Iterable[EvidenceId], report: Report) -> str:
    nodes = {n.id: n for n in report.evidence_graph.nodes}
    return "; ".join(node_title(nodes[i]) if i in nodes else str(i) for i in ids)


def _told(lines: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((label, text) for label, text in lines if text.strip())


def ask_next(question: NextQuestion) -> str:
    """Return the missing fact in words, with what each answer would make of the decision."""
    outcomes = "; ".join(f"{answer} → {decision}" for answer, decision in question.outcomes.items())
    effect = "An answer could change the decision" if question.would_change else "No answer would change the decision"
    return f"{question.text} {effect}{f' ({outcomes})' if outcomes else ''}."


def urgency_text(urgency: Urgency) -> str:
    """Return how soon somebody must look; empty for routine."""
    if urgency is Urgency.ROUTINE:
        return ""
    return f"{words.sentence_case(urgency.value)}, by the words of question and record alone"


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of a differential."""

    name: str
    disease_id: str
    score: str
    speaks_for: str
    speaks_against: str
    not_said: str


def ranked(hypotheses: Sequence[Hypothesis]) -> tuple[Ranked, ...]:
    """Return the first lines of a differential: each hypothesis with what speaks for and against it."""
    return tuple(_ranked(h) for h in hypotheses[:MOST_HYPOTHESES])


def _ranked(hypothesis: Hypothesis) -> Ranked:
    against = [f"no {_small(f.concept.meaning)}" for f in hypothesis.contradicted]
    against += [f"{_small(c.meaning)} not explained" for c in hypothesis.unexplained]
    return Ranked(
        name=hypothesis.name,
        disease_id=hypothesis.disease_id,
        score=f"{hypothesis.score:.2f}",
        speaks_for=_few([_small(m.given.meaning) for m in hypothesis.matched]),
        speaks_against=_few(against),
        not_said=_few([_small(f.concept.meaning) for f in hypothesis.missing]),
    )


def _few(texts: Sequence[str]) -> str:
    shown = ", ".join(texts[:_MOST_FINDINGS])
    more = len(texts) - _MOST_FINDINGS
    return f"{shown} and {more} more" if more > 0 else shown or "–"


def _small(text: str) -> str:
    """Return a term with a small first letter, unless it is an abbreviation."""
    return text if text[1:2].isupper() else f"{text[:1].lower()}{text[1:]}"
