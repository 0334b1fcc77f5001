"""Words that lead from one sentence to the next and say nothing of the case: taken off before a sentence is read."""

from __future__ import annotations

import re

_ALONE = (
    r"(?:notably|importantly|of note|in summary|to summari[sz]e|in short|in conclusion|overall|moreover|furthermore|"
    r"additionally|in addition|however|nevertheless|nonetheless|on the whole|in particular|specifically|finally|"
    r"in other words|put simply|again)"
)
"""Before a comma; "therefore" and "thus" are left: they make one thing the ground of another."""
_WITH_THAT = (
    r"(?:please note|note|it (?:should|must|is to) be (?:noted|kept in mind|remembered|stressed|pointed out|mentioned)|"
    r"it is (?:worth noting|worth mentioning|noteworthy|notable|important to note|of note)|it bears repeating) that"
)
_OPENS = re.compile(rf"^\s*(?:{_ALONE}\s*,|overall(?=\s+(?:there|the|signs)\b)|{_WITH_THAT})\s*(?=\S)", re.IGNORECASE)
_INSIDE = re.compile(rf"\s*,\s*{_ALONE}\s*,\s*", re.IGNORECASE)
_AFTER_JOINT = re.compile(rf"(?<=[;,] )(?:{_ALONE}\s*,\s*)", re.IGNORECASE)


def plainly(sentence: str) -> str:
    """Return a sentence without words that only join it to others.

    Example:
        >>> plainly("Notably, the ratio, however, is 0.84.")
        'The ratio is 0.84.'
        >>> plainly("It should be noted that no fever was found.")
        'No fever was found.'
    """
    text = sentence
    while match := _OPENS.match(text):
        text = text[match.end() :]
    if text != sentence:
        text = text[:1].upper() + text[1:]
    return _AFTER_JOINT.sub("", _INSIDE.sub(" ", text))
