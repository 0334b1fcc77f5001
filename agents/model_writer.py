"""The model writer: it may only phrase what the template says; every sentence is checked, and the template stands in.

A sentence is taken over when it holds the same numbers in the same order, the same words of judgement, every word of
substance of the template and no other, and when the verifier supports it. Whatever else a model writes is dropped.
"""

from __future__ import annotations

import re
from collections import Counter

from pydantic import Field

from clinigraph.agents.asking import Ask, ask
from clinigraph.agents.contract import ClaimVerifier, Writer, WriterInput
from clinigraph.agents.writer import DECISION_WORDS, MET_WORDS, READING_WORDS
from clinigraph.errors import ModelServerError
from clinigraph.llm.contract import ChatModel
from clinigraph.models.base import Value
from clinigraph.models.reporting import Claim, ClaimKind, Verdict

FIXED = (*MET_WORDS.values(), *DECISION_WORDS.values(), *(f"was read as {w}" for w in READING_WORDS.values()))
"""Words of judgement; they stay as they are."""
CONNECTING = frozenset(
    re.findall(
        r"\w+",
        "a an the is are was were be of in on at with for to by and as this that it its here which measures measured "
        "measuring value amounts stands lies given shown found image picture record report therefore thus",
    )
)
"""Words that say nothing of the patient."""
_PHRASED = (ClaimKind.QUANTITATIVE, ClaimKind.COMPARATIVE, ClaimKind.QUALITATIVE)
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+(?:[-'’][^\W\d_]+)*|[<>≤≥=%±/()]", re.UNICODE)
MAX_SENTENCES = 12


class Phrase(Value):
    """One sentence."""

    id: str = Field(max_length=160)
    sentence: str = Field(min_length=1, max_length=400)


class Phrases(Value):
    """What the model is asked for."""

    sentences: tuple[Phrase, ...] = Field(max_length=MAX_SENTENCES)


class ModelWriter:
    """Lets a model phrase the template's sentences.

    Args:
        model: Whom to ask.
        template: Writes the claims; its sentence stands wherever the model's does not hold.
        verifier: Checks every sentence of the model before it is taken over.
    """

    def __init__(self, model: ChatModel, template: Writer, verifier: ClaimVerifier) -> None:
        self._model = model
        self._template = template
        self._verifier = verifier

    async def write(self, material: WriterInput) -> tuple[Claim, ...]:
        """Return the template's claims, phrased where the model's sentence holds."""
        claims = await self._template.write(material)
        asked = [c for c in claims if c.kind in _PHRASED][:MAX_SENTENCES]
        if not asked:
            return claims
        data = "\n".join(f"[{c.id}] {c.text}" for c in asked)
        try:
            answer = await ask(self._model, Ask("writer", data, max_tokens=1200), Phrases)
        except ModelServerError:
            return claims
        said = {p.id: p.sentence for p in answer.sentences}
        new = {c.id: c.replace(text=said[c.id].strip()) for c in asked if only_rephrases(c.text, said.get(c.id, ""))}
        checked = await self._verifier.verify(tuple(new.values()), material.graph, material.impression)
        held = {c.id: new[c.id] for c in checked if c.verdict is Verdict.SUPPORTED}
        return tuple(held.get(c.id, c) for c in claims)

    async def revise(self, material: WriterInput, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
        """Return the claims with the template's sentence for those that are not supported."""
        return await self._template.revise(material, claims)


def only_rephrases(template: str, sentence: str) -> bool:
    """Whether a sentence says what the template says, in the same words of substance.

    Example:
        >>> only_rephrases("The ratio is 0.72.", "The ratio measures 0.72.")
        True
        >>> only_rephrases("The ratio is 0.72.", "The ratio is 0.72, which is glaucoma.")
        False
    """
    if not sentence.strip() or "\n" in sentence.strip():
        return False
    if any((words in template) is not (words in sentence) for words in FIXED):
        return False
    old, new = _tokens(template), _tokens(sentence)
    if [t for t in old if t[0].isdigit()] != [t for t in new if t[0].isdigit()]:
        return False
    return Counter(t for t in old if t not in CONNECTING) == Counter(t for t in new if t not in CONNECTING)


def _tokens(text: str) -> list[str]:
    return [t.lower() for t in _TOKEN.findall(text)]
