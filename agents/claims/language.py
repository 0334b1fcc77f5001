"""Is a sentence English? What is not is refused, never guessed at."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+")
_SMALL_WORDS = (
    "the a an of in is are was were and or no not with without to at for from by on this that there be been has "
    "have as than which may can could it its both between within shows seen evidence present absent normal left "
    "right"
)
_ENGLISH = frozenset(_SMALL_WORDS.split())
_FOREIGN_WORDS = (
    "der die das und ist sind nicht kein keine mit ohne von im des ein eine auf bei zeigt rechts links oder auch "
    "wird "
    "el los las del es son sin con por para una que muestra izquierdo derecho hay se "
    "le les est sont avec sans pour dans une des du et gauche droite pas aucun aucune il "
    "lo gli della sono senza destra sinistra nel non è "
    "het een niet geen van zonder links rechts zijn "
    "os não sem uma são direita esquerda och är inte med utan"
)
_OTHERS = frozenset(_FOREIGN_WORDS.split()) - {"a", "an", "no", "in", "as", "is", "was", "or", "at", "to", "on"}
_FOREIGN_SHARE = 0.15
"""Share of words with letters outside ASCII above which a sentence is not read as English."""


def is_english(text: str) -> bool:
    """Return whether a sentence may be read with English rules.

    Counts small words of English against those of seven other European languages, and words with letters outside ASCII.
    A sentence without any small word (a list of terms, a name and a number) is read as English.

    Example:
        >>> is_english("The disc is normal."), is_english("Der Sehnerv ist nicht vergrößert.")
        (True, False)
    """
    words = [w.lower() for w in _WORD.findall(text.replace("µ", "u").replace("μ", "u"))]
    if not words:
        return True
    foreign = sum(1 for w in words if w not in _ENGLISH and any(ord(c) > 127 for c in w))
    others = sum(1 for w in words if w in _OTHERS and w not in _ENGLISH)
    ours = sum(1 for w in words if w in _ENGLISH)
    if foreign / len(words) > _FOREIGN_SHARE and foreign + others > ours:
        return False
    return others <= ours
