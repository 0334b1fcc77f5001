"""Which language a document is in, by its commonest function words."""

from __future__ import annotations

import re
from collections import Counter

_WORD = re.compile(r"[^\W\d_]+")
_FUNCTION_WORDS = {
    "en": "the of and to in is for with that are be or as was on by not this from at which",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch werden bei",
    "fr": "de la le et les des en un du une est pour que dans par sur au plus avec ne qui sont",
    "es": "de la que el en y los se del las un por con no una su para es al lo como más",
    "it": "di e il la che in un per è del con non una sono le della si da dei nel al gli",
    "pt": "de a o que e do da em um para com não uma os no se na por mais as dos ao",
    "nl": "de van het een en in is dat op te zijn met voor niet aan er om ook als bij door",
}
_SETS = {language: frozenset(text.split()) for language, text in _FUNCTION_WORDS.items()}
_MIN_SHARE = 0.12
"""Share of function words below which the language is not told."""
UNDETERMINED = "und"
"""ISO 639 code of an undetermined language."""


def guess_language(text: str, sample_chars: int = 20_000) -> str:
    """Return the ISO 639-1 code of the likeliest language, or ``und``.

    Args:
        text: The document's text.
        sample_chars: How much of it is looked at.
    """
    counts = Counter(_WORD.findall(text[:sample_chars].lower()))
    total = sum(counts.values())
    if total == 0:
        return UNDETERMINED
    shares = {lang: sum(counts[w] for w in function) / total for lang, function in _SETS.items()}
    best = max(sorted(shares), key=lambda lang: shares[lang])
    if shares[best] >= _MIN_SHARE:
        return best
    return "en" if total < 30 and text.isascii() else UNDETERMINED
