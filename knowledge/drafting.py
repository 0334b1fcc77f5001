"""A draft protocol for a condition that has none, from the criteria that guideline cards state.

The draft is a starting point for a person: equal weights, facts of the record only, and marked as not reviewed wherever
a report could show it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clinigraph.errors import KnowledgeError
from clinigraph.knowledge.cards import CardStatement, GuidelineCard, Strength
from clinigraph.knowledge.contract import RetrievalQuery, Retriever
from clinigraph.knowledge.words import words
from clinigraph.models.base import IndicatorId, PassageId, ProtocolId, StepId
from clinigraph.models.codes import Concept, Modality, Scheme
from clinigraph.models.planning import Criterion, DiagnosticProtocol, Indicator, IndicatorKind, PlanStep

DRAFT = "draft, not reviewed"
_WEIGHT_SOURCE = f"equal weights ({DRAFT})"
_LIMITATIONS = (
    f"This protocol is a {DRAFT}: a person has to choose indicators, weights and the threshold.",
    "Every indicator is taken from the record; none is measured on the image.",
)


@dataclass(frozen=True, slots=True)
class _Stated:
    card: GuidelineCard
    statement: CardStatement
    criterion: Criterion


def draft_protocol(
    condition: str,
    modality: Modality,
    retriever: Retriever,
    cards: Sequence[GuidelineCard],
    *,
    specialty: str | None = None,
    top_k: int = 12,
) -> DiagnosticProtocol:
    """Turn the retrieved statements that carry a criterion into a draft protocol.

    Only statements whose card or words name the condition are taken: the nearest statement to a condition that no card
    speaks of is about something else. Definitions and cut-offs go before recommendations, whose thresholds are often
    targets of treatment; these are taken only where there is no definition.

    Args:
        condition: What the protocol is to decide, in words.
        modality: The kind of image that it is asked for.
        retriever: Where statements are looked for.
        cards: The cards that the retriever knows.
        specialty: Narrows the search.
        top_k: Most statements that are looked at.

    Returns:
        A protocol with ``reviewed`` set to :data:`DRAFT`; the first statement found for an indicator gives its rule.

    Raises:
        KnowledgeError: No statement with a criterion that names the condition was found.
    """
    query = RetrievalQuery(text=f"{condition} diagnostic criterion", specialty=specialty, top_k=top_k)
    known = _stated(cards)
    near = [known[s.passage.id] for s in retriever.retrieve(query) if s.passage.id in known]
    named = [s for s in near if _names(condition, s)]
    defining = [s for s in named if s.statement.strength is Strength.DEFINITION]
    found: dict[IndicatorId, _Stated] = {}
    for stated in defining or named:
        found.setdefault(stated.criterion.indicator, stated)
    if not found:
        raise KnowledgeError(
            "No guideline card states a criterion for this",
            given=condition,
            todo="Name the condition as guidelines do, or add a card.",
        )
    weight = 1.0 / len(found)
    return DiagnosticProtocol(
        id=ProtocolId(f"draft-{_slug(condition)}"),
        version="0.0.0",
        title=f"{condition} ({DRAFT})",
        condition=condition,
        specialty=specialty or next(iter(found.values())).card.specialty,
        question_patterns=(re.escape(condition),),
        modality=modality,
        indicators=tuple(_indicator(s, weight) for s in found.values()),
        steps=tuple(_step(i) for i in found),
        threshold=0.5,
        threshold_source=f"half of the weight ({DRAFT})",
        limitations=_LIMITATIONS,
        reviewed=DRAFT,
    )


def _stated(cards: Sequence[GuidelineCard]) -> dict[PassageId, _Stated]:
    known = {}
    for card in cards:
        statements = {card.passage_id(s): s for s in card.statements}
        for criterion in card.criteria():
            known[criterion.passage_id] = _Stated(card, statements[criterion.passage_id], criterion)
    return known


def _names(condition: str, stated: _Stated) -> bool:
    """Whether every content word of the condition stands in the card's topic and title or in the statement."""
    card, statement = stated.card, stated.statement
    wanted = frozenset(words(condition))
    return bool(wanted) and wanted <= frozenset(
        words(f"{card.topic} {card.title} {statement.section} {statement.text}")
    )


def _indicator(stated: _Stated, weight: float) -> Indicator:
    criterion = stated.criterion
    name = criterion.indicator.replace("_", " ")
    return Indicator(
        id=criterion.indicator,
        name=name,
        concept=Concept(value=criterion.indicator, scheme=Scheme.CLINIGRAPH, meaning=name),
        kind=IndicatorKind.QUANTITATIVE,
        unit=criterion.unit,
        criterion=criterion,
        weight=weight,
        weight_source=_WEIGHT_SOURCE,
        passage_ids=(criterion.passage_id,),
    )


def _step(indicator: IndicatorId) -> PlanStep:
    return PlanStep(
        id=StepId(f"take_{indicator}"),
        tool="record_fact",
        inputs={"fact": f"fact:{indicator}"},
        answers={"measurement": indicator},
    )


def _slug(condition: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", condition.lower())) or "condition"
