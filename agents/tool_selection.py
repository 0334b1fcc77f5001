"""Chooses the few tools that a question is about, so that a model is not shown dozens."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

from clinigraph.models.tooling import ToolSpec

Similarity = Callable[[str, Sequence[str]], Sequence[float]]
"""Question and texts -> one similarity each, higher is nearer; for example cosine of embeddings."""

_WORD = re.compile(r"[a-z0-9]+")
_STOP = frozenset(
    "a an and are as at be by for from how in is it of on or that the this to was what which with does do has have "  # noqa: SIM905
    "patient case picture image show shows find measure calculate compute estimate please".split()
)
_ENDINGS = ("ations", "ation", "ities", "ity", "ings", "ing", "ies", "es", "ed", "al", "s")
_NAME_WEIGHT = 2.0
_SHORTEST_STEM = 4


def select(
    question: str,
    specs: Sequence[ToolSpec],
    most: int = 8,
    *,
    always: Sequence[str] = (),
    similarity: Similarity | None = None,
) -> list[ToolSpec]:
    """Return the tools nearest to a question, best first.

    Words are weighed by how few tools have them (inverse document frequency, Sparck Jones 1972), those of a tool's name
    twice. An injected similarity is added with the same weight as the words.

    Args:
        question: What is asked; it is compared, never followed.
        specs: All tools.
        most: How many; all of them, in their own order, when there are no more.
        always: Names that are kept whatever is asked; they count among ``most``.
        similarity: A second opinion, such as an embedder.
    """
    if len(specs) <= most:
        return list(specs)
    scores = _shares(_lexical(question, specs))
    if similarity is not None:
        near = _shares(similarity(question, [_text(s) for s in specs]))
        scores = [a + b for a, b in zip(scores, near, strict=True)]
    kept = [s for s in specs if s.name in always]
    order = sorted(range(len(specs)), key=lambda i: (-scores[i], specs[i].name))
    rest = [specs[i] for i in order if specs[i].name not in always]
    return [*kept, *rest][: max(most, len(kept))]


def _lexical(question: str, specs: Sequence[ToolSpec]) -> list[float]:
    names = [set(_stems(s.name.replace("_", " "))) for s in specs]
    texts = [set(_stems(_text(s))) | n for s, n in zip(specs, names, strict=True)]
    tools_with = Counter(w for words in texts for w in words)
    asked = set(_stems(question))
    rarity = {w: math.log(1 + len(specs) / tools_with[w]) for w in asked if w in tools_with}
    return [
        sum(r * (_NAME_WEIGHT if w in name else 1.0) for w, r in rarity.items() if w in text)
        for name, text in zip(names, texts, strict=True)
    ]


def _text(spec: ToolSpec) -> str:
    ports = [n.replace("_", " ") for n in (*spec.inputs, *spec.outputs)]
    labels = [label.replace("_", " ") for p in (*spec.inputs.values(), *spec.outputs.values()) for label in p.labels]
    return " ".join([spec.name.replace("_", " "), spec.description, *spec.body_parts, *ports, *labels])


def _stems(text: str) -> list[str]:
    return [_stem(w) for w in _WORD.findall(text.lower()) if w not in _STOP]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def _shares(scores: Sequence[float]) -> list[float]:
    best = max(scores, default=0.0)
    return [s / best if best > 0 else 0.0 for s in scores]
