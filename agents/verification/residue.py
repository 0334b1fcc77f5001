"""What is left of a sentence when every check has spoken: words that nobody read make it unjudged, not true."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+")
_QUIET_WORDS = """
    a an the this that these those it its itself there here
    is are was were being has have had do does did
    of in on at to for from by with as into than and or but also however so thus hence therefore
    which who whose where when what although though despite while whereas
    you your yours yourself
    summary notably importantly additionally moreover furthermore addition
    giving yields yielding include includes including taken
    presents presenting lists listed mentions lasts lasting
    patient patients patient's case image images photograph picture film study examination exam report
    value values ratio measured measurement measures measuring measure calculated computed estimated estimate shows
    showed shown show demonstrates reveals indicates found seen noted observed given gives give recorded record records
    reads read reading equals amounts about approximately around roughly
    examined comes appears
    finding findings impression conclusion overall result results signs sign features feature
    guideline according
    lies lie lay
    eye side current
    e.g i.e eg ie
"""
_QUIET = frozenset(_QUIET_WORDS.split())
"""Words that change no meaning where every number, name, side and denial has been checked."""
_LOADED = frozenset(
    ("not", "no", "never", "without", "nor", "neither", "none", "hardly", "only", "except", "unless", "if")
)


_INFERRED = re.compile(
    r"\b(?<!there )(?:is|are|was|were|as) (?:an? |the )?(?:signs?|features?|findings?|results?|conclusions?) of\b",
    re.IGNORECASE,
)
"""One thing made the ground of another: true parts do not make the whole true."""


def unread(text: str, spans: Iterable[tuple[int, int]], carriers: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return the words of a sentence that lie outside the checked places and carry meaning.

    Args:
        text: The sentence.
        spans: Places that the checks vouch for.
        carriers: What the things named are of ("mass", for the shape of the mass): such a word says nothing more.

    Example:
        >>> unread("The ratio is 0.52, which proves cancer", [(13, 17)])
        ('proves', 'cancer')
    """
    vouched = list(spans)
    found = [m.group() for m in _INFERRED.finditer(text)]
    for match in _WORD.finditer(text):
        inside = any(a < match.end() and match.start() < b for a, b in vouched)
        word = match.group().lower()
        if not inside and ((word not in _QUIET and word not in carriers) or word in _LOADED):
            found.append(match.group())
    return tuple(found)
