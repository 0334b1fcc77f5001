"""Findings of free text -> facts with spans and codes, by a terminology; assertion decides whether they are there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clinigraph.intake.facts import fact_catalogue
from clinigraph.knowledge.terminology.contract import Assertion, Mention, Terminology
from clinigraph.models.case import Case, Fact, RecordText
from clinigraph.models.codes import Scheme

PREFIX = "finding_"
"""Facts that name a linked finding begin with this."""
SCORE_NEEDED = 0.7
"""Least score of a candidate that is taken; below it too many words were changed. Our choice."""
_CHRONIC = (Assertion.PRESENT, Assertion.HISTORICAL)


def with_text_findings(case: Case, terminology: Terminology) -> Case:
    """Return the case with the findings of its texts among its facts.

    Present and absent findings are taken over as yes and no; what is possible, past, hypothetical or said of a relative
    is not. A finding said to be both is left out with a note. Yes/no facts of the catalogue are filled in by their
    names, family history included; what the record states already stays as it is.

    Args:
        case: With texts; without, it comes back as it is.
        terminology: Links text.

    Raises:
        InputTooLarge: A text is longer than the terminology takes.
        KnowledgeError: The vocabulary cannot be read.
    """
    told: dict[str, Fact] = {}
    doubtful: set[str] = set()
    for text in case.texts:
        for mention in terminology.link(text.text):
            for fact in _facts(text, mention):
                if fact.name in told and told[fact.name].value != fact.value:
                    doubtful.add(fact.name)
                told.setdefault(fact.name, fact)
    known = {f.name for f in case.facts}
    new = tuple(f for name, f in told.items() if name not in known and name not in doubtful)
    notes = tuple(
        f"The text says both yes and no of {name.removeprefix(PREFIX).replace('_', ' ')}; it was left out."
        for name in sorted(doubtful)
    )
    return case.replace(facts=(*case.facts, *new), notes=(*case.notes, *notes))


def findings(case: Case, *, present: bool) -> tuple[Fact, ...]:
    """Return the linked findings that are there, or those that are not."""
    return tuple(f for f in case.facts if f.concept is not None and f.name.startswith(PREFIX) and f.value is present)


def _facts(text: RecordText, mention: Mention) -> Iterator[Fact]:
    best = mention.best
    family = mention.assertion is Assertion.FAMILY
    for name in _catalogue_names(mention):
        relative = name.startswith("family_history_")
        if relative is family and (family or mention.assertion in (*_CHRONIC, Assertion.ABSENT)):
            there = not mention.negated if family else mention.assertion is not Assertion.ABSENT
            yield Fact(name=name, value=there, source=text.source, span=mention.span)
    if best.concept.scheme is not Scheme.HP or best.score < SCORE_NEEDED:
        return
    if mention.assertion in (Assertion.PRESENT, Assertion.ABSENT):
        yield Fact(
            name=PREFIX + slug(best.concept.meaning),
            value=mention.assertion is Assertion.PRESENT,
            source=text.source,
            span=mention.span,
            concept=best.concept,
        )


def _catalogue_names(mention: Mention) -> list[str]:
    words = {slug(mention.text), slug(mention.best.concept.meaning)}
    words |= {f"family_history_{w}" for w in words}
    return [d.name for d in fact_catalogue().values() if d.boolean and words & {d.name, *d.aliases}]


def slug(text: str) -> str:
    """Return a text as part of a fact's name."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:80] or "x"
