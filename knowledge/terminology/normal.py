"""One form for the many ways of writing a word: case, accents, British spelling, plurals, near synonyms of organs.

The rules are ours; they are the usual ones of medical English (Dorland's plural rules, British "ae", "oe", "our").
Both vocabulary and text pass through them, so a rule only has to be the same on both sides, not to give good English.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

MAX_NAME_WORDS = 10
"""Longest name that is matched in text, in content words; longer ones are only found by exact lookup."""

STOP_WORDS = frozenset({
    "a", "an", "the", "of", "in", "on", "at", "to", "for", "by", "with", "and", "or", "its", "their", "his", "her",
    "as", "due", "from", "into", "nos", "nec",
})  # fmt: skip
"""Words that do not tell two names apart."""

_SAME = {
    "lung": "pulmonary", "kidney": "renal", "heart": "cardiac", "liver": "hepatic", "stomach": "gastric",
    "ocular": "eye", "retina": "retinal", "cornea": "corneal", "spleen": "splenic", "brain": "cerebral",
    "pleura": "pleural", "myocardium": "myocardial", "aorta": "aortic", "mouth": "oral", "muscular": "muscle",
    "vertebra": "vertebral", "skull": "cranial", "tumor": "neoplasm",
    "enlargement": "enlarged", "enlarge": "enlarged", "dilatation": "dilated",
    "dilation": "dilated", "collapse": "collapsed", "calcification": "calcified", "opacification": "opacity",
    "swollen": "swelling", "thickened": "thickening", "elevated": "increased", "raised": "increased",
    "high": "increased", "low": "decreased", "reduced": "decreased", "deficient": "deficiency", "ache": "pain",
    "calculus": "stone", "breathlessness": "dyspnea", "costal": "rib",
}  # fmt: skip
"""Word (already in normal form) -> the word that stands for both."""

_IRREGULAR = {
    "thrombi": "thrombus", "emboli": "embolus", "bronchi": "bronchus", "calculi": "calculus", "nevi": "nevus",
    "bacilli": "bacillus", "foci": "focus", "ganglia": "ganglion", "diverticula": "diverticulum", "septa": "septum",
    "atria": "atrium", "varices": "varix", "phalanges": "phalanx", "feet": "foot", "teeth": "tooth",
    "vertebrae": "vertebra", "bullae": "bulla", "pleurae": "pleura", "fistulae": "fistula", "petechiae": "petechia",
    "tumour": "tumor", "odour": "odor", "colour": "color", "grey": "gray", "centre": "center", "litre": "liter",
    "fibre": "fiber", "oedema": "edema", "women": "woman", "men": "man", "children": "child", "hila": "hilum",
    "mitochondria": "mitochondrion", "sequelae": "sequela", "striae": "stria", "bases": "base", "lice": "louse",
    "drusen": "drusen", "biopsies": "biopsy", "viscera": "viscus", "corpora": "corpus", "genera": "genus",
    "crises": "crisis", "fracture": "fracture", "diabetes": "diabetes", "herpes": "herpes", "rabies": "rabies",
    "scabies": "scabies", "caries": "caries", "ascites": "ascites", "series": "series", "species": "species",
    "feces": "feces", "always": "always", "pancreas": "pancreas", "gas": "gas", "atlas": "atlas", "was": "was",
    "has": "has", "calcific": "calcified",
}  # fmt: skip

_ENDINGS: tuple[tuple[str, str], ...] = (
    ("thoraces", "thorax"), ("omata", "oma"), ("tases", "tasis"), ("noses", "nosis"), ("roses", "rosis"),
    ("moses", "mosis"), ("lyses", "lysis"), ("theses", "thesis"), ("reses", "resis"), ("opsies", "opsy"),
    ("oses", "osis"), ("ceses", "cesis"), ("ices", "ix"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"),
    ("shes", "sh"), ("ies", "y"),
)  # fmt: skip

_KEEP_S = ("ss", "us", "is", "os")
_LETTERS = {0x3B1: "alpha", 0x3B2: "beta", 0x3B3: "gamma", 0xDF: "ss"}
"""Greek letters and the German sharp s, by code point."""
_WORD = re.compile(r"[a-z0-9]+")


class NormalName(NamedTuple):
    """A name ready to be compared."""

    key: str
    """Content words in normal form, sorted and joined: equal keys mean the same name in another order or spelling."""
    words: int
    """Number of content words."""


def fold(text: str) -> str:
    """Return lower-case text without accents; the length may differ."""
    if text.isascii():
        return text.lower()
    # Decomposed before it is lowered: a letter of mathematics such as U+1D56D becomes a capital only then.
    lower = unicodedata.normalize("NFKD", text).lower()
    return "".join(c for c in lower if not unicodedata.combining(c)).translate(_LETTERS)


def normal_word(word: str) -> str:
    """Return the normal form of one lower-case word.

    Example:
        >>> [normal_word(w) for w in ("haemorrhages", "effusions", "metastases", "tumours", "lungs")]
        ['hemorrhage', 'effusion', 'metastasis', 'neoplasm', 'pulmonary']
    """
    stem = _spelling(_singular(word))
    return _SAME.get(stem, stem)


def _singular(word: str) -> str:
    known = _IRREGULAR.get(word)
    if known is not None:
        return known
    if len(word) < 4 or not word.endswith(("s", "ata")):
        return word
    for ending, singular in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + singular
    return word if word.endswith(_KEEP_S) or not word.endswith("s") else word[:-1]


def _spelling(word: str) -> str:
    if len(word) < 4:
        return word
    word = _IRREGULAR.get(word, word)
    word = word.replace("ae", "e").replace("oe", "e").replace("leuco", "leuko").replace("sulph", "sulf")
    if word.endswith("our") and len(word) > 5:
        word = word[:-3] + "or"
    return word.replace("isation", "ization").replace("ised", "ized") if "is" in word else word


class WordCache(dict[str, str]):
    """Normal forms already worked out; ``cache[word]`` fills itself."""

    def __missing__(self, word: str) -> str:
        """Work out the normal form once."""
        normal = "" if word in STOP_WORDS else normal_word(word)
        if len(self) < 2_000_000:
            self[word] = normal
        return normal


def key_of(normal_words: Iterable[str]) -> str:
    """Return the key of words in normal form."""
    return " ".join(sorted(w for w in normal_words if w))


def normal_name(name: str, cache: WordCache) -> NormalName:
    """Return a name ready to be compared.

    Example:
        >>> normal_name("Effusions, pleural", WordCache()) == normal_name("pleural effusion", WordCache())
        True
    """
    found = [w for w in map(cache.__getitem__, _WORD.findall(fold(name).replace("'s", ""))) if w]
    found.sort()
    return NormalName(" ".join(found), len(found))
