"""Words for the sides of the body."""

from __future__ import annotations

import re

from clinigraph.models.codes import Laterality

SIDES = (
    (Laterality.LEFT, re.compile(r"\b(?:[Ll]eft(?:-sided|-hand)?(?: (?:eye|side))?|LEFT|OS|sinister|LE)\b")),
    (Laterality.RIGHT, re.compile(r"\b(?:[Rr]ight(?:-sided|-hand)?(?: (?:eye|side))?|RIGHT|OD|dexter|RE)\b")),
    (Laterality.BILATERAL, re.compile(r"\b(?:[Bb]ilateral(?:ly)?|[Bb]oth (?:eyes|sides|lungs)|OU)\b")),
)
"""Side -> how reports write it."""
