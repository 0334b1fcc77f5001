"""A report says which of its sources may be outdated, and what came after them."""

from __future__ import annotations

from pathlib import Path

from clinigraph.models.base import PassageId
from clinigraph.models.passages import Passage, Successor
from clinigraph.testing.doubles import FakeLibrary
from clinigraph.testing.world import World

NEWER = Successor(title="A card, again", publisher="A society", year=2026, identifier="10.1000/2")


class AgedWorld(World):
    """The same world, whose sources have grown old: one without, the others with a newer edition."""

    def library(self) -> FakeLibrary:
        held = super().library()
        ids = [PassageId(f"card#{name}") for name in ("size", "pressure", "advice", "other")]
        rules = {i: rule for i in ids if (rule := held.stated_criterion(i)) is not None}
        return FakeLibrary([_aged(held.get(i)) for i in ids], rules)


def _aged(passage: Passage) -> Passage:
    successors = {"card#size": NEWER, "card#advice": NEWER.replace(partial=True)}
    return passage.replace(source=passage.source.replace(year=2001, superseded_by=successors.get(passage.id)))


async def test_guidance_is_flagged_by_age_or_with_the_edition_that_came_after_it(tmp_path: Path) -> None:
    report = await AgedWorld(tmp_path).report()
    assert [text for text in report.limitations if text.startswith("Guidance")] == [
        "Guidance that may be outdated, check for a newer edition: card#other, card#pressure.",
        "Guidance that may be outdated: card#size. Newer edition: A card, again (A society, 2026; 10.1000/2).",
        "Guidance that may be outdated: card#advice. Revised in part by: A card, again (A society, 2026; 10.1000/2).",
    ]


async def test_guidance_of_today_is_not_flagged(tmp_path: Path) -> None:
    report = await World(tmp_path).report()
    assert not [text for text in report.limitations if text.startswith("Guidance")]
