"""A differential as evidence: one finding a hypothesis, with what speaks for it and against it."""

from __future__ import annotations

from collections.abc import Iterable

from clinigraph.agents.text_findings import findings
from clinigraph.models.base import EvidenceId
from clinigraph.models.case import Case
from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.differential import Differential, Hypothesis
from clinigraph.models.findings import Finding, FindingSite, Presence

TOLD = 5
"""Hypotheses that a report tells; the value holds all."""
_HYPOTHESIS = Concept(value="HYPOTHESIS", scheme=Scheme.CLINIGRAPH, meaning="Hypothesis of a differential")
_NAMED = 4


def hypothesis_findings(differential: Differential, case: Case) -> tuple[Finding, ...]:
    """Return the best hypotheses as findings, undecided by nature, resting on the findings of the record.

    Args:
        differential: Ranked.
        case: Whose findings it was ranked by.
    """
    grounds = tuple(
        EvidenceId(f"fact-{f.name}")
        for there in (True, False)
        for f in findings(case, present=there)
        if f.concept is not None and f.concept.value in _codes(differential)
    )
    return tuple(
        Finding(
            id=EvidenceId(f"{differential.id}-{rank}"),
            concept=_HYPOTHESIS,
            presence=Presence.INDETERMINATE,
            site=FindingSite(concept=_HYPOTHESIS),
            derived_from=grounds,
            text=hypothesis_sentence(rank, hypothesis),
        )
        for rank, hypothesis in enumerate(differential.hypotheses[:TOLD], start=1)
    )


def hypothesis_sentence(rank: int, hypothesis: Hypothesis) -> str:
    """Return one hypothesis with its grounds as a sentence."""
    parts = [
        ("for it", _names(m.given.meaning for m in hypothesis.matched)),
        ("not explained", _names(c.meaning for c in hypothesis.unexplained)),
        ("against it", _names(e.concept.meaning for e in hypothesis.contradicted)),
    ]
    said = "; ".join(f"{head}: {names}" for head, names in parts if names)
    return (
        f"Hypothesis {rank} by agreement of findings is {hypothesis.name} ({hypothesis.disease_id}), "
        f"score {hypothesis.score:.2f}{f'; {said}' if said else ''}."
    )


def _names(names: Iterable[str]) -> str:
    told = list(names)
    more = f" and {len(told) - _NAMED} more" if len(told) > _NAMED else ""
    return f"{', '.join(told[:_NAMED])}{more}" if told else ""


def _codes(differential: Differential) -> set[str]:
    return {c.value for c in (*differential.present, *differential.absent)}
