"""What extractors share: cleaned text, the places where an answer is declared, the signs of abstention."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum

from clinigraph.models.base import Value


class Kind(StrEnum):
    """What was found in an answer; each counts apart."""

    ANSWERED = "answered"
    NONE = "none"
    """None of the options, where the options do not say so themselves."""
    ABSTAINED = "abstained"
    """The model said that it does not know, or refused."""
    UNREADABLE = "unreadable"
    """No answer of the wanted form, several of them, or a range."""


class Extracted(Value):
    """An answer as a scorer takes it."""

    kind: Kind
    text: str = ""
    """A letter, yes, no, maybe, a number in digits, or an ISO date; empty unless answered."""
    unit: str = ""
    """Unit as written after a number."""
    reason: str = ""
    """Why nothing was taken."""


def answered(text: str, unit: str = "") -> Extracted:
    """Return an answer."""
    return Extracted(kind=Kind.ANSWERED, text=text, unit=unit)


def unreadable(reason: str) -> Extracted:
    """Return that no answer could be taken, and why."""
    return Extracted(kind=Kind.UNREADABLE, reason=reason)


ABSTAINED = Extracted(kind=Kind.ABSTAINED)
NONE = Extracted(kind=Kind.NONE)

_THINKING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_LATEX_WORDS = re.compile(r"\\(?:text|textbf|mathrm|mathbf|mathit|textit|operatorname|bm|rm)\s*\{([^{}]*)\}")
_FRACTION = re.compile(r"\\d?frac\s*\{\s*(-?[\d.]+)\s*\}\s*\{\s*([\d.]+)\s*\}")
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_TAG = re.compile(r"<(?:final_)?answer>(.*?)</", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[a-zA-Z]*\n?(.*?)```", re.DOTALL)
_ANSWER_KEYS = ("final_answer", "answer", "choice", "letter", "option", "selected", "prediction", "result", "value")

_ABSTAINS = re.compile(
    r"\b(?:i (?:do not|don't|can not|cannot|can't|am unable to|am not able to|could not|couldn't|won't|will not)"
    r"(?: really| reliably| safely)? (?:know|answer|say|tell|determine|decide|provide|give|help|assist|choose|identify|"
    r"calculate|compute|see|view|interpret|comment|make))\b"
    r"|\bi(?:'m| am) (?:not (?:sure|certain|able|qualified)|unsure|uncertain|unable|sorry)\b"
    r"|\b(?:can ?not|can't|could not|unable to) be "
    r"(?:determined|answered|calculated|computed|assessed|established|known)\b"
    r"|\b(?:insufficient|not enough|inadequate) (?:information|data|evidence|detail|context)\b"
    r"|\b(?:do not|don't|does not|doesn't) (?:have|give|provide|contain|hold) (?:enough|sufficient|the needed) "
    r"(?:information|data|evidence|detail|context)\b"
    r"|\bnot possible to (?:say|tell|determine|answer|know|decide|calculate|assess)\b"
    r"|\b(?:unable|impossible) to (?:determine|answer|say|tell|calculate|assess|decide)\b"
    r"|\b(?:i abstain|abstain(?:ing)?|no answer|decline to answer|as an ai|no idea|not determinable|indeterminate)\b"
    r"|\bwithout (?:more|further|additional) (?:information|data)\b",
    re.IGNORECASE,
)
_SHORT_ABSTENTION = re.compile(
    r"^\W*(?:unknown|unsure|uncertain|n/?a|not (?:given|known|stated|sure|available)|don'?t know|idk|abstain|no answer|"
    r"cannot (?:say|tell|answer|determine)|\?+|refused?|can'?t say)\W*$",
    re.IGNORECASE,
)
_HEDGE = (
    r"(?:,?\s*(?:therefore|thus|then|hence|clearly|definitely|probably|most likely|likely|simply|surely|actually)\b,?)?"
)
_FINAL = re.compile(
    r"\bfinal\s+(?:answer|choice|result|decision|diagnosis|value|score|verdict|option|letter|response)\b[\s:=\-–>]*"
    r"(?:(?:is|would be)\b)?[\s:=\-–>]*|\b(?:final(?:ly)?|in (?:summary|short|conclusion))\s*[:=]\s*",
    re.IGNORECASE,
)
_DECLARED = re.compile(
    r"(?<!not the )\b(?:(?:answer|choice|option|response|result|value|score|total|verdict|conclusion|diagnosis|letter|"
    r"pick|guess|selection|solution|(?:correct|right|best) one|correct|respuesta|antwort|"
    r"r[ée]ponse|risposta|resposta|svar|antwoord|答案|答え|正解|ответ)"
    r"(?:\s+(?:correcta|richtige|correcte|corretta|here|to this(?: question)?))?"
    + _HEDGE
    + r"\s*(?:(?:is|(?:would|should|must|has to|can only|will|might well)"
    + _HEDGE
    + r"\s+be|comes to|equals|therefore|est|ist|es|è|é)\b|:|=|->|→|≈|[-–]\s)|\bans\s*[.:=]\s*)"
    r"[\s:=>≈]*"
    r"(?:\b(?:therefore|thus|clearly|definitely|probably|most likely|likely|hence|approximately|about)\b[\s,:]*)*",
    re.IGNORECASE,
)


def cleaned(text: str) -> str:
    """Return a text without thinking, marks of Markdown and LaTeX's words; boxes stay for ``slots``."""
    found = unicodedata.normalize("NFC", _THINKING.sub(" ", text)).translate(_WIDE)
    for _ in range(3):
        found = _LATEX_WORDS.sub(r"\1", found)
    found = _FRACTION.sub(lambda m: f"{float(m[1]) / float(m[2]):g}" if float(m[2]) else m[0], found)
    found = re.sub(r"\\[,;:! ]", " ", found).replace("\\%", "%").replace("\\(", " ").replace("\\)", " ")
    found = re.sub(r"\*\*|__|`(?!`)|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)", "", found)
    return re.sub(r"^\s*(?:#+|>)\s*(?!\s*\d)", "", found, flags=re.MULTILINE).replace("’", "'").strip()


_WIDE = {
    start + i: chr(letter + i)
    for start, letter in ((0xFF21, 65), (0xFF41, 97), (0x24B6, 65), (0x24D0, 97), (0x249C, 97))
    for i in range(26)
} | {0xFF08: "(", 0xFF09: ")", 0xFF1A: ":", 0xFF0E: ".", 0x2212: "-"}


def slots(text: str) -> Iterator[str]:
    """Yield the places where an answer is declared, strongest first and last first: JSON, box, final answer, answer.

    Args:
        text: As ``cleaned`` gives it.
    """
    value = _json_answer(text)
    if value is not None:
        yield value
    boxes = [*_TAG.findall(text), *_BOX.findall(text)]
    yield from (box.replace("$", "").strip() for box in reversed(boxes))
    for pattern in (_FINAL, _DECLARED):
        for match in reversed(list(pattern.finditer(text))):
            yield _positive(text[match.end() :].replace("$", " "))


def _positive(slot: str) -> str:
    """Return what stands after "not this but", or nothing where only a "not" stands."""
    if not re.match(r"\s*(?:not|neither|never)\b", slot, re.IGNORECASE):
        return slot
    turn = re.match(
        r"\s*(?:not|neither)\b[^.\n]*?\b(?:but|rather|instead)\b[\s:,]*(?:it(?:'s| is)\s+)?", slot, re.IGNORECASE
    )
    known = re.match(r"\s*(not (?:given|known|stated|determinable|available))", slot, re.IGNORECASE)
    return slot[turn.end() :] if turn else known[1] if known else ""


def _json_answer(text: str) -> str | None:
    for raw in (*_FENCE.findall(text), text, *re.findall(r"\{[^{}]*\}", text)):
        try:
            found = json.loads(raw)
        except (json.JSONDecodeError, RecursionError):
            continue
        if isinstance(found, dict):
            plain = {str(k).lower().replace(" ", "_"): v for k, v in found.items()}
            keys = [k for k in _ANSWER_KEYS if k in plain]
            if keys:
                return _scalar(plain[keys[0]])
    return None


def _scalar(value: object) -> str:
    if isinstance(value, list):
        return " and ".join(_scalar(v) for v in value) or "no answer"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "no answer" if value is None or value == "" else str(value)


def abstains(text: str) -> bool:
    """Whether a text says that its author does not know or will not answer."""
    return _ABSTAINS.search(text) is not None or _SHORT_ABSTENTION.match(text) is not None


def squeezed(text: str) -> str:
    """Return a text in lower case, without accents and punctuation, for comparing option texts."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w%<>=+/.-]|(?<!\d)\.|\.(?!\d)", " ", bare.casefold()).split())
