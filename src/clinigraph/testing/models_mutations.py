"""Ways to make an answer wrong that keep its form; each takes a JSON object and returns another."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Json = dict[str, object]
Leaf = Callable[[str, object], object]

_SIDES = {"left": "right", "right": "left", "od": "os", "os": "od", "dexter": "sinister", "sinister": "dexter"}
_SIDE = re.compile(r"\b(?:left|right|OD|OS|dexter|sinister)\b", re.IGNORECASE)
_OPPOSITES = {"present": "absent", "absent": "present", "yes": "no", "no": "yes", "for": "against", "against": "for",
              "positive": "negative", "negative": "positive", "normal": "abnormal", "abnormal": "normal"}  # fmt: skip
_NEGATION = re.compile(r"\b(?:no|not|without|never)\s+", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_PASSAGE_FIELDS = ("passage", "evidence", "citation", "source")


def walk(node: object, change: Leaf, name: str = "") -> object:
    """Return a copy with each leaf changed; the name is that of the nearest field."""
    if isinstance(node, dict):
        return {k: walk(v, change, str(k)) for k, v in node.items()}
    if isinstance(node, list):
        return [walk(v, change, name) for v in node]
    return change(name, node)


def wrong_numbers(answer: Json, rng: Random) -> Json:
    """Change every number, those in sentences too; whole numbers from 1 to 5 stay in that range, as scores do."""

    def change(_: str, value: object) -> object:
        if isinstance(value, bool):
            return value
        if isinstance(value, int):
            return 6 - value if 1 <= value <= 5 and value != 3 else value + rng.choice((-1, 1))
        if isinstance(value, float):
            return value * rng.uniform(0.1, 0.8) if value else 0.5
        if isinstance(value, str):
            return _NUMBER.sub(lambda m: f"{float(m[0]) * 1.7 + 0.3:.3g}", value)
        return value

    return _object(walk(answer, change))


def flip_sides(answer: Json) -> Json:
    """Exchange left and right; a first sentence without a side gets one."""
    flipped = _object(walk(answer, lambda _, v: _SIDE.sub(_other_side, v) if isinstance(v, str) else v))
    return flipped if flipped != answer else _first_sentence(answer, lambda text: f"{text} on the left side")


def flip_negations(answer: Json) -> Json:
    """Turn present into absent, true into false, "no X" into "X", and the first other sentence into its denial."""

    def change(_: str, value: object) -> object:
        if isinstance(value, bool):
            return not value
        if not isinstance(value, str):
            return value
        return _OPPOSITES.get(value.lower(), _NEGATION.sub("", value))

    flipped = _object(walk(answer, change))
    return flipped if flipped != answer else _first_sentence(answer, lambda text: f"There is no {text}")


def invent(answer: Json, what: str, invention: str) -> Json:
    """Put an invention into every field of a name; where there is none, into the first sentence.

    Args:
        answer: The object.
        what: ``indicator``, ``tool`` or ``passage``.
        invention: The name that does not exist.
    """
    names = _PASSAGE_FIELDS if what == "passage" else (what,)

    def change(name: str, value: object) -> object:
        return invention if isinstance(value, str) and any(n in name.lower() for n in names) else value

    changed = _object(walk(answer, change))
    if changed != answer:
        return changed
    return _first_sentence(answer, lambda text: f"{text} [{invention}]")


def echo(answer: Json, prompt: str, rng: Random) -> Json:
    """Fill every sentence with a piece of the prompt of the same length."""

    def change(_: str, value: object) -> object:
        if not isinstance(value, str) or " " not in value:
            return value
        start = rng.randrange(max(1, len(prompt) - len(value)))
        return prompt[start : start + len(value)] or value

    return _object(walk(answer, change))


def _first_sentence(answer: Json, change: Callable[[str], str]) -> Json:
    done = False

    def once(_: str, value: object) -> object:
        nonlocal done
        if done or not isinstance(value, str) or " " not in value:
            return value
        done = True
        return change(value)

    return _object(walk(answer, once))


def _other_side(match: re.Match[str]) -> str:
    word = match[0]
    other = _SIDES[word.lower()]
    return other.upper() if word.isupper() else other.capitalize() if word[0].isupper() else other


def _object(node: object) -> Json:
    if not isinstance(node, dict):
        raise TypeError("an answer is an object")
    return node
