"""Guideline cards: the embedded, curated part of the knowledge, one YAML file per source.

A card names its source in full and holds statements in our own words, at most two sentences each. Its normalised text
is the statements' texts joined by one line feed, in file order; each statement becomes one passage with its exact span
there. Loading parses YAML only: no index, no network weights.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Self

import yaml
from pydantic import Field, ValidationError, model_validator

from clinigraph.errors import KnowledgeError
from clinigraph.models.base import IndicatorId, PassageId, Value
from clinigraph.models.passages import Passage, Source, Span, Successor, Trust, text_sha256
from clinigraph.models.planning import Comparator, Criterion

CARDS_DIR = Path(__file__).resolve().parent / "cards"
"""Where the shipped cards lie, in a checkout and in a wheel."""

_ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_SENTENCE_END = re.compile(r"[.!?](?=\s+[A-Z(]|$)")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CardKind(StrEnum):
    """What the source is."""

    GUIDELINE = "guideline"
    CONSENSUS = "consensus"
    """Classification, definition or position of a named group."""
    STUDY = "study"


class Strength(StrEnum):
    """How firmly the source says it, in one scale for all societies."""

    STRONG = "strong"
    """"We recommend", class I or III, grade A or 1; B of the US Preventive Services Task Force, "recommends"."""
    CONDITIONAL = "conditional"
    """"We suggest", class II, grade B of other societies or 2."""
    DEFINITION = "definition"
    """A definition, stage or cut-off, not a recommendation."""
    NOT_GRADED = "not-graded"


class EvidenceLevel(StrEnum):
    """Certainty of the evidence as the source rates it; the lowest one where a statement joins several."""

    HIGH = "high"
    """Level A or 1, GRADE high."""
    MODERATE = "moderate"
    """Level B, GRADE moderate."""
    LOW = "low"
    """Level C from studies, GRADE low or very low."""
    CONSENSUS = "consensus"
    """Level C of the European cardiologists, expert opinion, or a definition that a group agreed on."""
    NOT_GRADED = "not-graded"
    """The source does not rate it, as no single study does, or the card does not state its rating."""


CURRENCY_YEARS: dict[CardKind, int] = {CardKind.GUIDELINE: 5, CardKind.CONSENSUS: 10, CardKind.STUDY: 15}
"""Years after publication from which a card is flagged.

Five years for guidelines after Shekelle et al., JAMA 2001;286:1461-1467 (half of the guidelines studied were outdated
after 5.8 years); definitions and studies age more slowly and get two and three times as long, by our own choice.
"""


class CardCriterion(Value):
    """The machine-readable half of a statement."""

    indicator: IndicatorId = Field(pattern=r"^[a-z][a-z0-9_]*$")
    comparator: Comparator
    threshold: float
    unit: str = Field(min_length=1)
    """UCUM code."""


class CardStatement(Value):
    """One thing the source says, in our own words."""

    id: str = Field(pattern=_ID)
    section: str = Field(min_length=1)
    """Heading under which the source says it, or our own short heading."""
    text: str = Field(min_length=20, max_length=600)
    strength: Strength
    evidence_level: EvidenceLevel
    criterion: CardCriterion | None = None
    indicators: tuple[IndicatorId, ...] = ()
    """Indicators that the statement speaks of, the criterion's included."""

    @model_validator(mode="after")
    def _shape(self) -> Self:
        if self.text != " ".join(self.text.split()):
            raise ValueError("white space in a statement must be single blanks")
        if len(_SENTENCE_END.findall(self.text)) > 2:
            raise ValueError("a statement has at most two sentences")
        if self.criterion is not None and self.criterion.indicator not in self.indicators:
            raise ValueError("the criterion's indicator must be among the statement's indicators")
        return self


class GuidelineCard(Value):
    """One source and what it says about one topic."""

    id: str = Field(pattern=_ID)
    topic: str = Field(min_length=3)
    title: str = Field(min_length=3)
    publisher: str = Field(min_length=2)
    year: int = Field(ge=1850, le=2100)
    edition: str | None = None
    identifier: str = Field(min_length=3)
    """DOI, the society's number, an ISBN, a PubMed number, or the place in the journal."""
    kind: CardKind
    specialty: str = Field(pattern=_ID)
    population: str = Field(min_length=3)
    reviewed: date
    """Day of the last editorial check of the card."""
    currency_years: int | None = Field(default=None, ge=1)
    """Overrides :data:`CURRENCY_YEARS` for this card."""
    superseded_by: Successor | None = None
    """The newest edition known on the day of the review, where the card holds an older one."""
    statements: tuple[CardStatement, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _unique(self) -> Self:
        ids = [s.id for s in self.statements]
        if len(set(ids)) != len(ids):
            raise ValueError("statement ids must be unique in a card")
        return self

    @model_validator(mode="after")
    def _succession(self) -> Self:
        if self.superseded_by is not None and self.superseded_by.year <= self.year:
            raise ValueError("a newer edition must be of a later year")
        return self

    def may_be_outdated(self, today: date) -> bool:
        """Whether there is a newer edition, or the source is older than the span stated for its kind."""
        if self.superseded_by is not None:
            return True
        span = self.currency_years or CURRENCY_YEARS[self.kind]
        return today.year - self.year > span

    @property
    def normalised_text(self) -> str:
        """The text that spans point into: all statements, one per line."""
        return "\n".join(s.text for s in self.statements)

    @property
    def source(self) -> Source:
        """The card as the source of its passages."""
        return Source(
            id=self.id,
            title=self.title,
            publisher=self.publisher,
            year=self.year,
            edition=self.edition,
            identifier=self.identifier,
            kind=self.kind.value,
            specialty=self.specialty,
            language="en",
            trust=Trust.EMBEDDED,
            superseded_by=self.superseded_by,
        )

    def passage_id(self, statement: CardStatement) -> PassageId:
        """Return the stable, readable id ``<card_id>#<statement_id>``."""
        return PassageId(f"{self.id}#{statement.id}")

    def criteria(self) -> tuple[Criterion, ...]:
        """Return the card's criteria, each tied to the passage that states it."""
        return tuple(
            Criterion(**dict(s.criterion), passage_id=self.passage_id(s)) for s in self.statements if s.criterion
        )


def load_cards(folder: Path | None = None) -> tuple[GuidelineCard, ...]:
    """Return the guideline cards, sorted by id; parsed once per process and folder.

    Args:
        folder: Another folder of card files; the shipped one by default.

    Raises:
        KnowledgeError: A file is not a card, or two cards share an id.
    """
    return _load(folder or CARDS_DIR)


@lru_cache(maxsize=8)
def _load(folder: Path) -> tuple[GuidelineCard, ...]:
    cards = tuple(read_card(path) for path in sorted(folder.glob("*.yaml")))
    if not cards:
        raise KnowledgeError("There are no guideline cards", given=folder.name, todo="Reinstall clinigraph.")
    return cards


def read_card(path: Path) -> GuidelineCard:
    """Read one card file.

    Raises:
        KnowledgeError: The file is not YAML, breaks the schema, or is not named after its card.
    """
    try:
        card = GuidelineCard.model_validate(yaml.load(path.read_bytes(), Loader=_Loader))  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as error:
        detail = _first_problem(error)
        raise KnowledgeError(
            f"A guideline card cannot be read ({detail})", given=path.name, todo="Correct the file."
        ) from error
    if card.id != path.stem:
        raise KnowledgeError(
            "A guideline card is not named after its id", given=path.name, todo=f"Rename it to {card.id}.yaml."
        )
    return card


def _first_problem(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'card'}: {first['msg']}"
    return str(error).splitlines()[0]


@lru_cache(maxsize=1024)
def card_passages(card: GuidelineCard) -> tuple[Passage, ...]:
    """Return a card's statements as passages, with spans into :attr:`GuidelineCard.normalised_text`."""
    source, passages, start = card.source, [], 0
    for statement in card.statements:
        end = start + len(statement.text)
        passages.append(
            Passage(
                id=card.passage_id(statement),
                source=source,
                section=f"{card.topic} › {statement.section}",
                span=Span(start=start, end=end),
                text=statement.text,
                sha256=text_sha256(statement.text),
            )
        )
        start = end + 1
    return tuple(passages)
