"""The knowledge store as the roles see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cached_property

from clinigraph.agents.contract import StatedCriterion
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.knowledge.library import Library, open_library
from clinigraph.models.base import PassageId
from clinigraph.models.passages import Passage, ScoredPassage
from clinigraph.settings import Settings


class SessionLibrary:
    """Lookups by id without loading a network; searches load it once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def library(self) -> Library:
        """The cards and the user's documents."""
        return open_library(self._settings)

    @cached_property
    def _criteria(self) -> dict[str, StatedCriterion]:
        return {
            f"{card.id}#{statement.id}": StatedCriterion(
                indicator=statement.criterion.indicator,
                comparator=statement.criterion.comparator,
                threshold=statement.criterion.threshold,
                unit=statement.criterion.unit,
            )
            for card in self.library.cards
            for statement in card.statements
            if statement.criterion is not None
        }

    def get(self, passage_id: PassageId) -> Passage:
        """Return a passage.

        Raises:
            PassageMissing: The id is unknown.
        """
        return self.library.get(passage_id)

    def verify(self, passage: Passage) -> bool:
        """Whether the store holds exactly this passage."""
        return self.library.verify(passage)

    def stated_criterion(self, passage_id: PassageId) -> StatedCriterion | None:
        """Return the rule that a card's statement carries, or None."""
        return self._criteria.get(passage_id)

    def retrieve(self, query: RetrievalQuery) -> Sequence[ScoredPassage]:
        """Return the best passages, best first."""
        return self.library.retriever.retrieve(query)

    def may_be_outdated(self, passage: Passage, today: date) -> bool:
        """Whether a passage's source has a newer edition or is older than what is current for its kind."""
        return self.library.may_be_outdated(passage, today)
