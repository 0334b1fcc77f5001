"""Other names for the findings and diseases of a text, from the embedded terminology."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from clinigraph.knowledge.terminology.contract import Mention
from clinigraph.knowledge.terminology.embedded import EmbeddedTerminology
from clinigraph.knowledge.terminology.vocabularies import everyday, hpo_names
from clinigraph.knowledge.words import words


class Paraphraser:
    """Puts another name of the same concept in place of each name that has one without a word in common.

    The names are those of the Human Phenotype Ontology and the shipped table of everyday words; abbreviations are not
    used. No rule looks at what an index would find.

    Args:
        cache_dir: Where the terminology keeps its index.
    """

    def __init__(self, cache_dir: Path) -> None:
        self._terminology = EmbeddedTerminology(cache_dir)

    def swap(self, text: str, chance: random.Random) -> tuple[str, int]:
        """Return the text with other names in it, and how many were put in.

        Args:
            text: What to paraphrase.
            chance: Chooses among the names.
        """
        parts, place, swapped = [], 0, 0
        for mention in sorted(self._terminology.link(text), key=lambda m: m.span.start):
            others = self._others(mention)
            if others and mention.span.start >= place:
                parts += [text[place : mention.span.start], chance.choice(others)]
                place, swapped = mention.span.end, swapped + 1
        return "".join([*parts, text[place:]]), swapped

    def _others(self, mention: Mention) -> Sequence[str]:
        own = frozenset(words(mention.text))
        names = next((n for c in mention.candidates if (n := self._names.get(c.concept.value))), ())
        return [n for n in names if own.isdisjoint(words(n))]

    @cached_property
    def _names(self) -> Mapping[str, Sequence[str]]:
        """Names by code, sorted."""
        found: dict[str, set[str]] = {}
        codes: dict[str, str] = {}
        for name in hpo_names():
            if not name.abbreviation:
                found.setdefault(name.concept.code, set()).add(name.text.lower())
                codes[name.text.lower()] = name.concept.code
        for row in everyday():
            code = codes.get(row.name.lower())
            if code is not None and not row.abbreviation:
                found[code].add(row.words.lower())
        return {code: sorted(names) for code, names in found.items()}
