"""How an answer is held against its key. Abstained, unreadable and failed count apart from wrong; nothing is dropped.

Numbers follow MedCalc-Bench (Khandekar et al., NeurIPS 2024 Datasets and Benchmarks): rule-based scores and dates must
be exact, equation-based values may differ by 5 % of the reference.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

from pydantic import JsonValue

from clinigraph.evals.answertext import Extracted, Kind, squeezed
from clinigraph.evals.contract import EvalTable, Outcome
from clinigraph.knowledge.terminology.contract import Terminology
from clinigraph.statistics import wilson

EQUATION_TOLERANCE = 0.05
"""Share of the reference by which a decimal answer may differ (MedCalc-Bench, Khandekar et al. 2024, section 3)."""


class Mark(StrEnum):
    """What an item counts as."""

    RIGHT = "right"
    WRONG = "wrong"
    ABSTAINED = "abstained"
    UNREADABLE = "unreadable"
    FAILED = "failed"
    """The item was not measured: a tool, the server or the code failed."""


def mark(found: Extracted, target: str) -> Mark:
    """Hold a letter, a word or a date against the key; an answer of "none" is right where the key is ``none``."""
    if found.kind is Kind.ABSTAINED:
        return Mark.ABSTAINED
    if found.kind is Kind.UNREADABLE:
        return Mark.UNREADABLE
    said = "none" if found.kind is Kind.NONE else found.text
    return Mark.RIGHT if said.casefold() == target.casefold() else Mark.WRONG


def number_fits(value: float, reference: float, *, exact: bool) -> bool:
    """Whether a number counts as right.

    Args:
        value: What was answered.
        reference: The key.
        exact: For integer scores; others may differ by 5 % of the reference.

    Example:
        >>> number_fits(104.9, 100.0, exact=False), number_fits(4.0, 5.0, exact=True)
        (True, False)
    """
    if exact:
        return abs(value - reference) < 1e-9
    return abs(value - reference) <= EQUATION_TOLERANCE * abs(reference) + 1e-12


def mark_number(found: Extracted, reference: float, *, exact: bool) -> Mark:
    """Hold a number against the key; see ``number_fits``."""
    if found.kind is not Kind.ANSWERED:
        return mark(found, "")
    return Mark.RIGHT if number_fits(float(found.text), reference, exact=exact) else Mark.WRONG


class Match(StrEnum):
    """How two names of a diagnosis were found to be the same."""

    STRINGS = "equal words"
    """Same words in any order, without case, accents, punctuation and articles; a bracketed abbreviation will do."""
    CODES = "same concept"
    """Both names link to the same concept of the embedded vocabularies."""
    NONE = "different"


_BRACKETS = re.compile(r"\s*\([^)]*\)")
_SAID_BEFORE = re.compile(
    r"^.*\b(?:final diagnosis|diagnosis ready|most likely diagnosis|diagnosis)\b\s*(?:is|:|-)+\s*", re.I | re.S
)


def same_diagnosis(said: str, key: str) -> Match:
    """Compare two names of a disease: by normalised words first, then by the concepts that the vocabularies give.

    No model judges, so a synonym that neither vocabulary holds counts as different: figures are a lower bound.

    Args:
        said: The diagnosis as answered, one line.
        key: The diagnosis of the set.
    """
    name = _SAID_BEFORE.sub("", said.strip().split("\n", 1)[0])
    if _words(name) & _words(key):
        return Match.STRINGS
    return Match.CODES if _codes(name) & _codes(key) else Match.NONE


def _words(name: str) -> set[str]:
    """Return a name with and without its bracket, normalised: possessives, articles and word order do not matter."""
    inside = re.findall(r"\(([A-Z][A-Za-z0-9-]*[A-Z0-9])\)", name)
    forms = (name, _BRACKETS.sub("", name), *inside)
    return {" ".join(sorted(_bare(f))) for f in forms if _bare(f)}


def _bare(text: str) -> list[str]:
    plain = squeezed(re.sub(r"['’]s\b", "", text)).replace("-", " ")
    return [w.rstrip(".") for w in plain.split() if w not in ("a", "an", "the", "of")]


@lru_cache(maxsize=4096)
def _codes(name: str) -> frozenset[str]:
    terminology = _terminology()
    forms = (name, _BRACKETS.sub("", name))
    return frozenset(
        f"{c.concept.scheme}:{c.concept.value}"
        for f in forms
        for c in terminology.lookup(f.strip(" ."))
        if c.score >= 0.9
    )


@lru_cache(maxsize=1)
def _terminology() -> Terminology:
    from clinigraph.knowledge.terminology.embedded import EmbeddedTerminology
    from clinigraph.settings import Settings

    return EmbeddedTerminology(Settings().cache_dir)


def mark_of(outcome: Outcome, key: str = "mark") -> Mark:
    """Return what an item counts as; an error counts as failed."""
    value = outcome.values.get(key)
    return Mark.FAILED if outcome.error or value is None else Mark(str(value))


def counts(outcomes: Sequence[Outcome], key: str = "mark") -> Mapping[Mark, int]:
    """Return how many items count as what; the counts add up to the items."""
    found = Counter(mark_of(o, key) for o in outcomes)
    return {m: found[m] for m in Mark}


COLUMNS = ("items", "right", "wrong", "abstained", "unreadable", "failed", "accuracy, all items (95 %)",
           "accuracy, answered (95 %)")  # fmt: skip
"""Columns of every table of marks."""


def cells(outcomes: Sequence[Outcome], key: str = "mark") -> tuple[str, ...]:
    """Return one row of a table of marks, for ``COLUMNS``."""
    found = counts(outcomes, key)
    right, wrong = found[Mark.RIGHT], found[Mark.WRONG]
    whole = str(wilson(right, len(outcomes))) if outcomes else "no items"
    some = str(wilson(right, right + wrong)) if right + wrong else "no answers"
    return (str(len(outcomes)), *(str(found[m]) for m in Mark), whole, some)


def marks_table(
    title: str, outcomes: Sequence[Outcome], *, group: str = "", key: str = "mark", note: str = ""
) -> EvalTable:
    """Return counts over all items and, where asked, by group.

    Args:
        title: Of the table.
        outcomes: All of them.
        group: Name in ``EvalItem.data`` by which rows are made.
        key: Name of the mark among the values.
        note: Below the table.
    """
    rows = [("all", *cells(outcomes, key))]
    if group:
        names = sorted({_text(o.item.data.get(group)) for o in outcomes})
        rows += [(n, *cells([o for o in outcomes if _text(o.item.data.get(group)) == n], key)) for n in names]
    return EvalTable(title=title, columns=(group or "group", *COLUMNS), rows=tuple(rows), note=note)


def cost_table(outcomes: Sequence[Outcome]) -> EvalTable:
    """Return tokens and seconds a sample; failed samples are counted with what they took."""
    tokens = [float(str(o.values.get("tokens", 0) or 0)) for o in outcomes]
    calls = [float(str(o.values.get("calls", 0) or 0)) for o in outcomes]
    seconds = [o.seconds for o in outcomes]
    row = tuple(f"{sum(x) / len(x):.1f}" if x else "0" for x in (tokens, calls, seconds))
    return EvalTable(title="Cost a sample (means)", columns=("tokens", "turns", "seconds"), rows=(row,))


def _text(value: JsonValue) -> str:
    return "not stated" if value in (None, "") else str(value)
