"""Numbers with units in free text -> facts with spans, by rules; what is ambiguous is left out and said, never guessed.

The text is data: nothing in it is obeyed. Names, aliases, units and plausible ranges are those of the fact catalogue.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from clinigraph.errors import CaseInvalid
from clinigraph.intake.facts import fact_catalogue, parse_fact
from clinigraph.models.base import Value
from clinigraph.models.case import Fact, RecordText
from clinigraph.models.codes import Laterality
from clinigraph.models.passages import Span

_FILLER = (
    r"(?:[\s:=(,]|\b(?:is|was|of|at|level|count|measured|currently|today|about|approximately|around|in|the|her|his|"
    r"eye|serum|value|found|to|be)\b|(?P<side>\b(?:right|left|OD|OS)\b))*"
)
_NUMBER = r"(?P<number>[-+]?\d{1,6}(?:[.,]\d{1,4})?)(?!\d|\s?/\s?\d)"
_UNIT = r"(?:\s*(?P<unit>%|°\s?[CF]|[A-Za-zµ\[{/][^\s,;()]{0,19}))?"
_AGE = re.compile(
    r"\b(?P<number>\d{1,3})[\s-]*(?:years?|yrs?|y)[\s/-]*(?:old|o)\b[\s-]*(?P<who>[A-Za-z]+)?|"
    r"\b(?P<who2>woman|man|female|male|lady|gentleman|patient)\s+aged\s+(?P<number2>\d{1,3})\b",
    re.IGNORECASE,
)
_PRESSURE = re.compile(
    r"\b(?:blood pressure|BP|RR)\b[\s:=]*(?:(?:is|was|of|at)\s+)?(?P<high>\d{2,3})\s?/\s?(?P<low>\d{2,3})",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?:mother|father|brother|sister|son|daughter|wife|husband|aunt|uncle|grand\w+|cousin|parents?)\b[^.;\n]*$",
    re.IGNORECASE,
)
_SEXES = {
    **dict.fromkeys(("man", "male", "boy", "gentleman"), "male"),
    **dict.fromkeys(("woman", "female", "girl", "lady"), "female"),
}
_SIDES = {"right": "right", "od": "right", "left": "left", "os": "left"}
MAX_CHARACTERS = 200_000
"""Longest text that is read, about 60 pages."""


class TextFacts(Value):
    """What a text says in numbers."""

    facts: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()
    """What was left out and why, without the numbers."""


def facts_in_texts(texts: Sequence[RecordText]) -> TextFacts:
    """Return the facts of free texts; a fact that is given with different values is left out with a note.

    Args:
        texts: History, examination, results.

    Example:
        >>> [f.value for f in facts_in_texts([RecordText(text="Creatinine 1.4 mg/dL.", source="text")]).facts]
        [1.4]
    """
    found: dict[tuple[str, Laterality], list[Fact]] = defaultdict(list)
    for text in texts:
        for fact in _facts(text):
            found[fact.name, fact.laterality].append(fact)
    facts, notes = [], []
    for (name, _), many in found.items():
        if len({f.value for f in many}) == 1:
            facts.append(many[0])
        else:
            notes.append(
                f"The text gives several values of {name.replace('_', ' ')}; none was taken. State it with --fact."
            )
    return TextFacts(facts=tuple(facts), notes=tuple(dict.fromkeys(notes)))


def _facts(text: RecordText) -> Iterator[Fact]:
    yield from _age_and_sex(text)
    for match in _PRESSURE.finditer(text.text):
        yield from _parsed(text, match, "blood_pressure", f"{match['high']}/{match['low']} mmHg")
    for match in _measured().finditer(text.text):
        if _of_a_relative(text.text, match.start()) or _grouped(match["number"]):
            continue
        name = re.sub(r"[\s-]+", "_", match["name"].lower())
        item: dict[str, object] = {"value": float(match["number"].replace(",", "."))}
        if match["side"] and _sided(name):
            item["side"] = _SIDES[match["side"].lower()]
        yield from _with_unit(text, match, name, item)


def _age_and_sex(text: RecordText) -> Iterator[Fact]:
    for match in _AGE.finditer(text.text):
        if _of_a_relative(text.text, match.start()):
            continue
        yield from _parsed(text, match, "age", f"{match['number'] or match['number2']} years")
        sex = _SEXES.get((match["who"] or match["who2"] or "").lower())
        if sex is not None:
            yield from _parsed(text, match, "sex", sex)


def _with_unit(text: RecordText, match: re.Match[str], name: str, item: dict[str, object]) -> Iterator[Fact]:
    """Try the word after the number as its unit, then no unit; a fact that needs one is left out without."""
    unit = (match["unit"] or "").rstrip(".")
    for candidate in (unit, ""):
        found = tuple(_parsed(text, match, name, {**item, "unit": candidate} if candidate else item))
        if found:
            yield from found
            return


def _parsed(text: RecordText, match: re.Match[str], name: str, item: object) -> Iterator[Fact]:
    span = Span(start=match.start(), end=match.end())
    try:
        facts = parse_fact(name, item, source=text.source)
    except CaseInvalid:
        return
    yield from (fact.replace(span=span) for fact in facts)


@lru_cache(maxsize=1)
def _measured() -> re.Pattern[str]:
    words = {
        re.sub(r"_", r"[\\s_-]", re.escape(name))
        for d in fact_catalogue().values()
        if d.unit is not None and d.name != "age"
        for name in (d.name, *d.aliases)
    }
    names = "|".join(sorted(words, key=lambda w: (-len(w), w)))
    return re.compile(rf"\b(?P<name>{names})\b{_FILLER}{_NUMBER}{_UNIT}", re.IGNORECASE)


@lru_cache(maxsize=256)
def _sided(name: str) -> bool:
    return any(d.sided for d in fact_catalogue().values() if name in (d.name, *d.aliases))


def _of_a_relative(text: str, position: int) -> bool:
    return _RELATIVE.search(text[max(0, position - 120) : position]) is not None


def _grouped(number: str) -> bool:
    """Whether a comma may group thousands or mark decimals: 10,500."""
    return re.fullmatch(r"[-+]?\d{1,3},\d{3}", number) is not None
