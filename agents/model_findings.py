"""Findings that a model points to in a text: words that stand there, linked by the terminology, never denied ones."""

from __future__ import annotations

import re

from pydantic import Field

from clinigraph.agents.asking import Ask, ask, failed
from clinigraph.agents.text_findings import PREFIX, SCORE_NEEDED, slug
from clinigraph.errors import ModelServerError
from clinigraph.knowledge.terminology.contract import Terminology
from clinigraph.llm.contract import ChatModel
from clinigraph.models.base import Value
from clinigraph.models.case import Case, Fact, RecordText
from clinigraph.models.codes import Scheme
from clinigraph.models.passages import Span

MAX_CHARACTERS = 12_000
"""Longest text that a model is shown, about four pages; longer ones are left to the rules."""
_DENIAL = re.compile(
    r"\b(?:no|not|non|nor|never|without|den(?:y|ies|ied)|negative|absent|free of|n't)\b", re.IGNORECASE
)


class Pointed(Value):
    """One finding."""

    words: str = Field(min_length=2, max_length=120)
    """As they stand in the record."""
    name: str = Field(min_length=2, max_length=120)
    """Its usual medical name."""
    present: bool


class PointedFindings(Value):
    """What the model is asked for."""

    findings: tuple[Pointed, ...] = Field(max_length=40)


async def with_model_findings(case: Case, model: ChatModel, terminology: Terminology) -> Case:
    """Return the case with findings that only the model saw; those that rules found stay as they are.

    A finding is taken when its words stand in the text outside what rules have read, the vocabulary knows its name, and
    the words before it in its sentence deny exactly when the model says that it is absent.

    Args:
        case: With the findings of the rules, and its whole texts.
        model: Whom to ask.
        terminology: Knows the names.
    """
    for text in case.texts:
        if len(text.text) > MAX_CHARACTERS:
            continue
        try:
            answer = await ask(model, Ask("extractor", text.text, max_tokens=1200), PointedFindings)
        except ModelServerError as error:
            note = failed("extractor", error, "the rules alone read the record")
            return case.replace(notes=(*case.notes, note))
        for pointed in answer.findings:
            fact = _fact(case, text, pointed, terminology)
            if fact is not None:
                case = case.replace(facts=(*case.facts, fact))
    return case


def _fact(case: Case, text: RecordText, pointed: Pointed, terminology: Terminology) -> Fact | None:
    start = text.text.lower().find(pointed.words.lower())
    span = Span(start=start, end=start + len(pointed.words)) if start >= 0 else None
    if span is None or span.end > len(text.text) or _taken(case, text, span):
        return None
    if denied(text.text, start) is pointed.present:
        return None
    known = next((c for c in terminology.lookup(pointed.name) if c.concept.scheme is Scheme.HP), None)
    if known is None or known.score < SCORE_NEEDED:
        return None
    name = PREFIX + slug(known.concept.meaning)
    if any(f.name == name for f in case.facts):
        return None
    source = f"{text.source}, pointed to by a model"
    return Fact(name=name, value=pointed.present, source=source, span=span, concept=known.concept)


def denied(text: str, start: int) -> bool:
    """Whether the sentence denies what begins at ``start``: a word of denial stands before it."""
    before = re.split(r"[.;!?\n]", text[:start])[-1]
    return _DENIAL.search(before) is not None


def _taken(case: Case, text: RecordText, span: Span) -> bool:
    return any(
        f.span is not None and f.source.startswith(text.source) and f.span.start < span.end and span.start < f.span.end
        for f in case.facts
    )
