"""Words for lexical search: lower case, British and American spelling made one, plural endings off."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
_STOP_TEXT = (
    "a an and are as at be been being but by can could did do does for from had has have how i if in into is it its may"
    " me might must my of on or our shall should so such than that the their them then there these they this those to"
    " was we were what when where which while who whom why will with would you your"
)
_STOP = frozenset(_STOP_TEXT.split())
_SPELLING = (
    ("haem", "hem"),
    ("aem", "em"),
    ("oed", "ed"),
    ("oes", "es"),
    ("paed", "ped"),
    ("aes", "es"),
    ("gynae", "gyne"),
)
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ses", "s"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"))


def words(text: str) -> list[str]:
    """Return the index words of a text, in order, function words left out.

    Example:
        >>> words("Haemorrhages of the optic discs, 0.7 mm")
        ['hemorrhage', 'optic', 'disc', '0.7', 'mm']
    """
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return [normal_word(w) for w in _WORD.findall(plain) if w not in _STOP]


def normal_word(word: str) -> str:
    """Return a lower-case word in its index form: American spelling, singular (S-stemmer of Harman 1991, widened)."""
    for british, american in _SPELLING:
        word = word.replace(british, american)
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    for ending, replacement in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + replacement
    return word[:-1]
