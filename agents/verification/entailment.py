"""Does a text carry a sentence? Models of entailment answer what rules cannot, several behind one contract."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clinigraph.agents.claims.numerals import numerals
from clinigraph.errors import WeightsInvalid
from clinigraph.models.base import Value
from clinigraph.models.reporting import Verdict

Encoder = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to unit vectors ``(n, d)``."""

_NEGATIVE = re.compile(
    r"\b(?:no|not|never|none|without|neither|nor|cannot|lack(?:s|ed|ing)?|absence|absent|fail(?:s|ed)?|unlikely|"
    r"den(?:y|ies|ied)|rules? out|ruled out|exclud(?:e|es|ed)|insufficient|ineffective|unproven|unclear|n't)\b",
    re.IGNORECASE,
)
_UP = re.compile(
    r"\b(?:increas\w*|higher|more|elevat\w*|rais\w*|worsen\w*|greater|rise\w*|rising|exacerbat\w*)\b", re.I
)
_DOWN = re.compile(
    r"\b(?:decreas\w*|lower\w*|less|reduc\w*|diminish\w*|improv\w*|smaller|fewer|prevent\w*|protect\w*)\b", re.I
)
_HEDGED = re.compile(
    r"\b(?:may|might|could|possibl\w+|suggest\w*|potential\w*|hypothes\w+|unclear|unknown|whether)\b", re.I
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z(])")


class Entailment(Value):
    """What a model says of one pair of text and sentence."""

    verdict: Verdict
    """SUPPORTED, CONTRADICTED, UNSUPPORTED (the text says neither) or UNVERIFIABLE (the model will not say)."""
    confidence: float = Field(ge=0, le=1)
    reason: str = ""


@runtime_checkable
class EntailmentModel(Protocol):
    """Judges whether texts carry sentences.

    Invariants: one answer a pair, in order; the same pair gives the same answer; a text is data, whatever it says.
    """

    @property
    def name(self) -> str:
        """Name as reports tell it."""
        ...

    @property
    def decides(self) -> bool:
        """Whether its SUPPORTED may carry a claim; similarity alone may not."""
        ...

    async def entail(self, pairs: Sequence[tuple[str, str]]) -> Sequence[Entailment]:
        """Return an answer for each pair of text and sentence."""
        ...


class SimilarityEntailment:
    """Similarity of sentence vectors with rules for denial, direction and numbers; works offline and seldom dares.

    Args:
        encoder: Texts to unit vectors.
        near: Similarity from which a text speaks of the sentence.
        far: Similarity below which it does not.
    """

    name = "similarity+rules/1"
    decides = False

    def __init__(self, encoder: Encoder, near: float = 0.6, far: float = 0.45) -> None:
        self._encoder = encoder
        self._near = near
        self._far = far

    async def entail(self, pairs: Sequence[tuple[str, str]]) -> Sequence[Entailment]:
        """Return an answer for each pair; the nearest sentence of the text counts."""
        return tuple(self.judge(text, sentence) for text, sentence in pairs)

    def judge(self, text: str, sentence: str) -> Entailment:
        """Return the answer for one pair."""
        nearest, score = self.nearest(text, sentence)
        if score < self._far:
            return Entailment(verdict=Verdict.UNSUPPORTED, confidence=_share(1 - score), reason="far from the text")
        if score < self._near:
            return Entailment(verdict=Verdict.UNVERIFIABLE, confidence=0.5, reason="near, not near enough")
        against = conflict(nearest, sentence)
        verdict = Verdict.CONTRADICTED if against else Verdict.SUPPORTED
        return Entailment(
            verdict=verdict, confidence=_share(score), reason=against or "near, nothing speaks against it"
        )

    def nearest(self, text: str, sentence: str) -> tuple[str, float]:
        """Return the sentence of a text that is nearest to a sentence, and its cosine similarity."""
        parts = [p for p in _SENTENCE.split(text) if p.strip()] or [text]
        vectors = self._encoder([sentence, *parts])
        scores = vectors[1:] @ vectors[0]
        best = int(np.argmax(scores))
        return parts[best], float(scores[best])


def conflict(text: str, sentence: str) -> str:
    """Return what in two sentences on one thing speaks against each other; empty when nothing does."""
    if len(_NEGATIVE.findall(text)) % 2 != len(_NEGATIVE.findall(sentence)) % 2:
        return "one denies, the other does not"
    for one, other in ((_UP, _DOWN), (_DOWN, _UP)):
        if one.search(text) and other.search(sentence) and not one.search(sentence) and not other.search(text):
            return "they go in opposite directions"
    ours = {r for n in numerals(sentence) for r in n.readings}
    theirs = {r for n in numerals(text) for r in n.readings}
    return "a number of the sentence is not in the text" if ours and theirs and not ours & theirs else ""


def hedged(text: str) -> bool:
    """Return whether a text leaves open what it speaks of."""
    return _HEDGED.search(text) is not None


Scorer = Callable[[Sequence[tuple[str, str]]], NDArray[np.float32]]
"""Pairs to probabilities ``(n, labels)``."""


class ClassifierEntailment:
    """A sequence-classification model from a local directory (three labels: entailment, contradiction, neutral).

    Args:
        folder: Directory with the model in the format of transformers; nothing is downloaded.
        least: Probability below which it will not say.
    """

    decides = True

    def __init__(self, folder: Path, least: float = 0.6) -> None:
        self._folder = folder
        self._least = least
        self._loaded: tuple[Scorer, tuple[Verdict, ...]] | None = None

    @property
    def name(self) -> str:
        """Name of the directory."""
        return f"entailment {self._folder.name}"

    def warm_up(self) -> None:
        """Load the model.

        Raises:
            WeightsInvalid: The directory holds no such model, or its labels are not those of entailment.
        """
        self._ready()

    def _ready(self) -> tuple[Scorer, tuple[Verdict, ...]]:
        if self._loaded is None:
            self._loaded = _load(self._folder)
        return self._loaded

    async def entail(self, pairs: Sequence[tuple[str, str]]) -> Sequence[Entailment]:
        """Return an answer for each pair."""
        return await asyncio.to_thread(self._entail, tuple(pairs))

    def _entail(self, pairs: tuple[tuple[str, str], ...]) -> tuple[Entailment, ...]:
        scorer, labels = self._ready()
        if not pairs:
            return ()
        return tuple(_answer(row, labels, self._least) for row in scorer(pairs).reshape(len(pairs), -1))


def label_verdicts(id2label: dict[int, str]) -> tuple[Verdict, ...]:
    """Return the verdict of each output of a model, by the names of its labels.

    Raises:
        WeightsInvalid: They are not those of entailment.
    """
    words = {
        "entail": Verdict.SUPPORTED, "support": Verdict.SUPPORTED, "contradict": Verdict.CONTRADICTED,
        "refute": Verdict.CONTRADICTED, "neutral": Verdict.UNSUPPORTED, "not_enough": Verdict.UNSUPPORTED,
        "not enough": Verdict.UNSUPPORTED,
    }  # fmt: skip
    found: list[Verdict] = []
    for index in sorted(id2label):
        name = id2label[index].lower()
        verdict = next((v for word, v in words.items() if word in name and not name.startswith("not_entail")), None)
        if verdict is None:
            raise WeightsInvalid(
                "The model is no entailment model",
                given=f"label {id2label[index]}",
                todo="Give one whose labels are entailment, contradiction and neutral.",
            )
        found.append(verdict)
    return tuple(found)


def _load(folder: Path) -> tuple[Scorer, tuple[Verdict, ...]]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        labels = label_verdicts({int(k): str(v) for k, v in config.get("id2label", {}).items()})
    except (OSError, ValueError, AttributeError) as error:
        raise WeightsInvalid(
            "There is no entailment model", given=str(folder), todo="Give a local model directory."
        ) from error
    if not labels:
        raise WeightsInvalid("The model names no labels", given=str(folder), todo="Give an entailment model.")
    from sentence_transformers import CrossEncoder

    try:
        model = CrossEncoder(str(folder), local_files_only=True, trust_remote_code=False, device="cpu")
    except (OSError, ValueError, RuntimeError) as error:
        raise WeightsInvalid(
            "The entailment model cannot be loaded", given=str(folder), todo="Give a sequence-classification model."
        ) from error

    def scores(pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        return np.asarray(model.predict(list(pairs), apply_softmax=True, show_progress_bar=False), dtype=np.float32)

    return scores, labels


def _answer(scores: NDArray[np.float32], labels: Sequence[Verdict], least: float) -> Entailment:
    best = int(np.argmax(scores))
    confidence = _share(float(scores[best]))
    if confidence < least:
        return Entailment(verdict=Verdict.UNVERIFIABLE, confidence=confidence, reason="no label is probable enough")
    return Entailment(verdict=labels[best], confidence=confidence, reason="by the entailment model")


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
