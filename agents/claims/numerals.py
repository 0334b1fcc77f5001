"""Numbers as people write them: digits, decimal commas, thousands, words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SMALL_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_SMALL = _SMALL_WORDS.split()
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = {w: i for i, w in enumerate(_SMALL)} | {w: 20 + 10 * i for i, w in enumerate(_TENS)}
_ONE = "|".join(sorted((*_VALUES, "hundred"), key=len, reverse=True))
_POINT = rf"point(?:\s+(?:{'|'.join(_SMALL)}))+"
_WORDS = re.compile(
    rf"\b(?:minus\s+)?(?:(?:{_ONE})(?:[\s-]+(?:and\s+)?(?:{_ONE}))*(?:\s+{_POINT})?|{_POINT})\b", re.IGNORECASE
)
_DIGITS = re.compile(r"(?<![\w.])(?<!\d,)(?:(?<![%°)])[-+\u2212])?(?:\d+(?:[.,]\d+)*|\.\d+)")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_UNSURE_ONE = re.compile(r"one", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A written number."""

    start: int
    end: int
    readings: tuple[float, ...]
    """What it may mean: one number, two for ``1,024``, none when it makes no number."""
    decimals: int
    """Decimals written."""
    in_words: bool = False


def numerals(text: str) -> tuple[Numeral, ...]:
    """Return the numbers of a text in order.

    Example:
        >>> [n.readings for n in numerals("0,52 and zero point seven, 1,024 in all")]
        [(0.52,), (0.7,), (1.024, 1024.0)]
    """
    found = [*_digits(text), *_words(text)]
    return tuple(sorted(found, key=lambda n: n.start))


def _digits(text: str) -> Iterator[Numeral]:
    for match in _DIGITS.finditer(text):
        written = match.group().replace("\u2212", "-").rstrip(".,")
        end = match.start() + len(match.group().rstrip(".,"))
        readings, decimals = _read(written)
        yield Numeral(match.start(), end, readings, decimals)


def _read(written: str) -> tuple[tuple[float, ...], int]:
    plain = written.lstrip("+-")
    sign = -1.0 if written.startswith("-") else 1.0
    if "," in plain and "." in plain:
        last = max(plain.rfind(","), plain.rfind("."))
        other = "." if plain[last] == "," else ","
        if plain.count(plain[last]) != 1:
            return (), 0
        digits = plain.replace(other, "").replace(",", ".")
        return (sign * float(digits),), len(plain) - last - 1
    if plain.count(".") > 1:
        return (), 0
    if "," not in plain:
        return (sign * float(plain),), len(plain.partition(".")[2])
    thousands = _THOUSANDS.fullmatch(plain) is not None and not plain.startswith("0")
    if plain.count(",") > 1:
        return ((sign * float(plain.replace(",", "")),), 0) if thousands else ((), 0)
    decimal = sign * float(plain.replace(",", "."))
    decimals = len(plain.partition(",")[2])
    return ((decimal, sign * float(plain.replace(",", ""))) if thousands else (decimal,)), decimals


def _words(text: str) -> Iterator[Numeral]:
    for match in _WORDS.finditer(text):
        if _UNSURE_ONE.fullmatch(match.group()):
            continue
        words = re.split(r"[\s-]+", match.group().lower())
        value, decimals = _spoken(words)
        yield Numeral(match.start(), match.end(), () if value is None else (value,), decimals, in_words=True)


def _spoken(words: list[str]) -> tuple[float | None, int]:
    sign = -1.0 if words[0] == "minus" else 1.0
    words = [w for w in words if w not in ("minus", "and")]
    whole, _, tail = " ".join(words).partition("point")
    value = _whole(whole.split())
    digits = "".join(str(_VALUES[w]) for w in tail.split())
    if value is None:
        return None, 0
    return sign * float(f"{value}.{digits or 0}"), len(digits)


def _whole(words: list[str]) -> int | None:
    """Return a whole number from its words; None for "twenty thirty" or "five six", which name no number."""
    total, last = 0, 1000
    for word in words:
        if word == "hundred":
            if last >= 10 and total:
                return None
            total, last = max(total, 1) * 100, 100
            continue
        value = _VALUES[word]
        fits = last in {1000, 100} or (20 <= last < 100 and 0 < value < 10)
        if not fits:
            return None
        total, last = total + value, value
    return total
