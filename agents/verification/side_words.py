"""Words for the sides of the body."""

from __future__ import annotations

import re

from clinigraph.models.codes import Laterality

_CHAMBER = r"(?!\s+(?:ventric|atri))"
"""A left or right ventricle or atrium is the name of a part, not a side of the body."""
_PARTICIPLE = r"(?!\s+(?:un[a-z]+ed|unknown|open|out|blank|behind)\b)"
"""Left undecided, left out: a form of "to leave"."""
SIDES = (
    (
        Laterality.LEFT,
        re.compile(rf"\b(?:[Ll]eft{_CHAMBER}{_PARTICIPLE}(?:-sided|-hand)?(?: (?:eye|side))?|LEFT|OS|sinister|LE)\b"),
    ),
    (
        Laterality.RIGHT,
        re.compile(rf"\b(?:[Rr]ight{_CHAMBER}(?:-sided|-hand)?(?: (?:eye|side))?|RIGHT|OD|dexter|RE)\b"),
    ),
    (Laterality.BILATERAL, re.compile(r"\b(?:[Bb]ilateral(?:ly)?|[Bb]oth (?:eyes|sides|lungs)|OU)\b")),
)
"""Side -> how reports write it."""
