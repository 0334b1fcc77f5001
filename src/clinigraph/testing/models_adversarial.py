"""A model that is wrong on purpose, in named ways, the same for the same seed."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from random import Random

from clinigraph.llm.answers import AnswerUnusable, answer_schema, parse_answer
from clinigraph.llm.chat import DialogueChat
from clinigraph.llm.dialogue import CHARACTERS_PER_TOKEN, Reply, Request
from clinigraph.llm.failures import timed_out
from clinigraph.models.base import Value
from clinigraph.testing.models import all_text, length
from clinigraph.testing.models_instances import Material, instance
from clinigraph.testing.models_mutations import (
    echo,
    flip_negations,
    flip_sides,
    invent,
    wrong_numbers,
)
from clinigraph.testing.models_recorded import request_digest

Json = dict[str, object]
Honest = Callable[[Request], Value | Json | str | None]

_TRIES = 25
_REFUSALS = (
    "I'm sorry, but I can't help with medical decisions.",
    "As an AI language model, I cannot interpret medical images. Please consult a doctor.",
)


class Attack(StrEnum):
    """Ways to be wrong."""

    WRONG_INDICATOR = "wrong indicator"
    INVENTED_TOOL = "invented tool"
    INVENTED_PASSAGE = "invented passage id"
    WRONG_NUMBER = "wrong number"
    FLIPPED_SIDE = "flipped side"
    FLIPPED_NEGATION = "flipped negation"
    PROMPT_ECHO = "prompt echo"
    BLANK_PADDING = "blank padding"
    ENDLESS_JSON = "endless JSON"
    REFUSAL = "refusal"
    STALL = "stall"


class AdversarialModel(DialogueChat):
    """Answers whatever it is asked, and attacks.

    Without an attack it gives the honest answer, or else an instance of the type that is asked for, filled with words
    of the prompt. The attack of a call is drawn from the seed and the call itself, so runs are repeatable whatever the
    order of parallel calls.

    Args:
        seed: Draws attacks and fillings.
        attacks: From which to draw; all by default.
        rate: Share of calls that are attacked.
        honest: Gives good answers that attacks start from; None from it means "fill one in".
        stall_s: How long a stalled call takes before it times out.
        sees_images: Whether pictures may be sent.
    """

    def __init__(
        self,
        seed: int,
        *,
        attacks: Sequence[Attack] = tuple(Attack),
        rate: float = 1.0,
        honest: Honest | None = None,
        stall_s: float = 0.02,
        sees_images: bool = True,
    ) -> None:
        super().__init__()
        self._seed = seed
        self._attacks = tuple(attacks)
        self._rate = rate
        self._honest = honest
        self._stall_s = stall_s
        self._sees_images = sees_images
        self._lock = threading.Lock()
        self._counts: Counter[Attack] = Counter()
        self._asked: Counter[str] = Counter()

    @property
    def name(self) -> str:
        """Its name."""
        return "adversarial"

    @property
    def sees_images(self) -> bool:
        """As it was told."""
        return self._sees_images

    def check(self) -> None:
        """It is there."""

    def counts(self) -> dict[Attack, int]:
        """Return how often each attack was made, over all views."""
        with self._lock:
            return dict(self._counts)

    def _reply(self, request: Request) -> Reply:
        attack, rng = self._drawn(request)
        if attack is Attack.STALL:
            time.sleep(self._stall_s)
        return self._attacked(attack, request, rng)

    async def _areply(self, request: Request) -> Reply:
        attack, rng = self._drawn(request)
        if attack is Attack.STALL:
            await asyncio.sleep(self._stall_s)
        return self._attacked(attack, request, rng)

    def _drawn(self, request: Request) -> tuple[Attack | None, Random]:
        digest = request_digest(request)
        with self._lock:
            turn = self._asked[digest]
            self._asked[digest] += 1
        rng = Random(f"{self._seed}:{digest}:{turn}")  # noqa: S311 - repeatable on purpose
        attack = rng.choice(self._attacks) if self._attacks and rng.random() < self._rate else None
        if attack is not None:
            with self._lock:
                self._counts[attack] += 1
        return attack, rng

    def _attacked(self, attack: Attack | None, request: Request, rng: Random) -> Reply:
        if attack is Attack.STALL:
            raise timed_out(f"{self.name} ({self._stall_s} s)")
        if attack is Attack.REFUSAL:
            return _replied(rng.choice(_REFUSALS), request, refused=rng.random() < 0.5)
        if attack is Attack.BLANK_PADDING:
            return _cut(" \n\t" * request.max_tokens, request)
        if attack is Attack.ENDLESS_JSON:
            return _cut('{"score": [' + '{"a": ' * request.max_tokens, request)
        if attack is Attack.PROMPT_ECHO and rng.random() < 0.5:
            return _replied(all_text(request), request)
        answer = self._answer(request, rng)
        if isinstance(answer, str):
            return _replied(str(_mutated(attack, {"text": answer}, request, rng)["text"]), request)
        return _replied(json.dumps(_mutated(attack, answer, request, rng)), request)

    def _answer(self, request: Request, rng: Random) -> Json | str:
        honest = self._honest(request) if self._honest else None
        if isinstance(honest, Value):
            return honest.model_dump(mode="json")
        if honest is not None:
            return honest
        material = Material(request)
        if request.kind is None:
            return " ".join(f"{rng.choice(material.sentences)}." for _ in range(3))
        return _fitting(request.kind, material, rng)


def _fitting(kind: type[Value], material: Material, rng: Random) -> Json:
    """Return an instance that fits its type if one is found, validators included, else one that does not."""
    schema = answer_schema(kind)
    made: Json = {}
    for _ in range(_TRIES):
        made = instance(schema, material, rng)
        try:
            parse_answer(json.dumps(made), kind)
        except AnswerUnusable:
            continue
        return made
    return made


def _mutated(attack: Attack | None, answer: Json, request: Request, rng: Random) -> Json:
    if attack is Attack.WRONG_NUMBER:
        return wrong_numbers(answer, rng)
    if attack is Attack.FLIPPED_SIDE:
        return flip_sides(answer)
    if attack is Attack.FLIPPED_NEGATION:
        return flip_negations(answer)
    if attack is Attack.PROMPT_ECHO:
        return echo(answer, all_text(request), rng)
    inventions = {
        Attack.WRONG_INDICATOR: ("indicator", "left_ventricular_ejection_fraction"),
        Attack.INVENTED_TOOL: ("tool", "quantum_tissue_scanner"),
        Attack.INVENTED_PASSAGE: ("passage", f"invented-guideline-2031#{rng.randint(1, 999)}"),
    }
    return invent(answer, *inventions[attack]) if attack in inventions else answer


def _replied(text: str, request: Request, *, refused: bool = False) -> Reply:
    return Reply(text, _prompt_tokens(request), min(length(text), request.max_tokens), refused=refused)


def _cut(text: str, request: Request) -> Reply:
    kept = text[: request.max_tokens * CHARACTERS_PER_TOKEN]
    return Reply(kept, _prompt_tokens(request), request.max_tokens, cut_off=True)


def _prompt_tokens(request: Request) -> int:
    return request.estimate() - request.max_tokens
