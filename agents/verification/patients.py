"""Does a sentence speak of this patient? Age, sex and names of cases are compared with the record."""

from __future__ import annotations

import re

from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.evidence import FactNode

_AGE = re.compile(
    r"\b(\d{1,3})[\s-]*(?:years?[\s-]*old|yo\b|y/o|yr[\s-]*old)|\baged (\d{1,3})\b(?: years?)?|"
    r"\b(?:he|she|patient) (?:is|was) (\d{1,3})(?=\s*(?:[,;.](?!\d)|$|and\b))|"
    r"\b(?:male|female|man|woman)[,;:]?\s+(\d{1,3})(?=\s*(?:[,;.](?!\d)|$))|"
    r"\b(\d{1,3})\s?(?:y|yrs?)\b(?=\s+(?:male|female|man|woman)\b)",
    re.IGNORECASE,
)
_SEX = (
    ("female", re.compile(r"\b(?:women|woman|female|girl|lady|Mrs|Ms)\b", re.IGNORECASE)),
    ("male", re.compile(r"\b(?:men|man|male|boy|gentleman|Mr)\b", re.IGNORECASE)),
    ("female", re.compile(r"\b(?:she|her|hers|herself)\b", re.IGNORECASE)),
    ("male", re.compile(r"\b(?:he|his|him|himself)\b", re.IGNORECASE)),
)
_OF_MANY = ("women", "men")
_NAMED = re.compile(
    r"\b(?:[Pp]atient|[Cc]ase)\s+(?:(?:no\b\.?|number|id\b:?|#)\s*[\w-]*\d[\w-]*|[A-Z]+-?\d[\w-]*|\d{4,}\b)"
)


def aged(text: str) -> tuple[tuple[int, int], ...]:
    """Return where a sentence gives the age of a patient in the form "61-year-old"."""
    return tuple(m.span() for m in _AGE.finditer(text))


def patients(context: ProseContext) -> Outcome | None:
    """Compare age and sex in the sentence with the record."""
    facts = {n.value.name: n.value.value for n in context.index.graph.nodes if isinstance(n, FactNode)}
    spans = []
    for match in _AGE.finditer(context.text):
        wrong = _age(facts.get("age"), float(next(g for g in match.groups() if g)))
        if wrong is not None:
            return wrong
        spans.append(match.span())
    for sex, pattern in _SEX:
        for match in pattern.finditer(context.text):
            wrong = _sex(facts.get("sex"), sex, match.group().lower(), facts.get("age"))
            if wrong is not None:
                return wrong
            spans.append(match.span())
    if _NAMED.search(context.text):
        return unsupported("patient.named", "The sentence names a patient or case; the evidence holds no names.")
    return supported("patient.same", "Age and sex are the record's.", *spans) if spans else None


def _age(known: object, said: float) -> Outcome | None:
    if known is None:
        return unsupported("patient.unknown", "The record gives no age.")
    if known != said:
        return contradicted("patient.mismatch", "The record gives another age: the sentence is about somebody else.")
    return None


_YOUNG = ("boy", "girl")
ADULT = 18
"""Years from which nobody is a boy or a girl."""


def _sex(known: object, said: str, word: str, age: object) -> Outcome | None:
    if word in _YOUNG and isinstance(age, float | int) and age >= ADULT:
        return contradicted("patient.mismatch", "The record gives the age of an adult.")
    if known is None:
        return unsupported("patient.unknown", "The record gives no sex.")
    if str(known) == said:
        return None
    if word in _OF_MANY:
        return unverifiable("patient.general", "The sentence speaks of people of the other sex in general.")
    return contradicted("patient.mismatch", "The record gives another sex: the sentence is about somebody else.")
