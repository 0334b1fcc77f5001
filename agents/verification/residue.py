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


_LINKING = frozenset(
    ("equals", "equal", "includes", "include", "including", "from", "by", "therefore", "hence", "thus", "so",
     "indicates", "shows", "show", "showed", "shown", "demonstrates", "reveals", "yields", "yielding", "gives", "given",
     "calculated", "estimated", "estimate", "computed", "comes", "amounts", "giving")
)  # fmt: skip
"""Words that make one of two names the other, its ground or its part."""
_SIGNS = re.compile(r"[√≠¬≪≫±∓↑↓→←✓✔✗✘×÷∆Δ+!^*|\\]")
_SLASH = re.compile(r"\d\s*/\s*\d")
_EQUATED = re.compile(
    r"\x00+[^\x00,;]{0,30}\b(?:is|was|are|were|shows?|showed|demonstrates?|has|have|confirms?|reveals?)\s+"
    r"(?:(?:the|an?|signs of|features of)\s+)*\x00+|"
    r"\x00+[^\x00,;]{0,40}\bas (?:the |an? )?\x00+|"
    r"\x00+[^\x00,;]{0,30}\b(?:seen|found|present|evident|visible) (?:in|on|by) (?:the |an? )?\x00+|"
    r"^\s*(?:with|given|at|by|from|in|after) (?:the |an? )?\x00+[^\x00]{0,40},\s*(?:the |signs of )*\x00+[^\x00]{0,20}"
    r"\b(?:excluded|ruled out|confirmed|diagnosed|proven|established|present|absent)\b",
    re.IGNORECASE,
)
"""One name said to be another, to hold it, or to be its ground."""


def equated(text: str, names: Iterable[tuple[int, int]]) -> bool:
    """Return whether a sentence says that one of its names is another, or that one shows another.

    Example:
        >>> equated("The pressure shows glaucoma", [(4, 12), (19, 27)])
        True
    """
    masked = list(text)
    for start, end in names:
        masked[start:end] = "\x00" * (end - start)
    return _EQUATED.search("".join(masked)) is not None


def unread(text: str, spans: Iterable[tuple[int, int]], *, linked: bool = False) -> tuple[str, ...]:
    """Return the words and signs of a sentence that lie outside the checked places and carry meaning.

    Args:
        text: The sentence.
        spans: Places that the checks vouch for, names with them.
        linked: Whether the sentence names several things, so that words that link them carry meaning.

    Example:
        >>> unread("The ratio is 0.52, which proves cancer", [(13, 17)])
        ('ratio', 'proves', 'cancer')
    """
    vouched = list(spans)
    found = [m.group() for m in _INFERRED.finditer(text)]
    found += [m.group() for m in _SIGNS.finditer(text) if not _inside(m, vouched)]
    found += [m.group() for m in _SLASH.finditer(text) if not any(a <= m.start() and m.end() <= b for a, b in vouched)]
    for match in _WORD.finditer(text):
        word = match.group().lower()
        quiet = word in _QUIET and word not in _LOADED and not (linked and word in _LINKING)
        if not quiet and not _inside(match, vouched):
            found.append(match.group())
    return tuple(found)


def _inside(match: re.Match[str], spans: list[tuple[int, int]]) -> bool:
    return any(a < match.end() and match.start() < b for a, b in spans)
