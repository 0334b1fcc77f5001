"""Names of what the evidence knows, as sentences write them: spellings, plurals, head nouns, carriers."""

from __future__ import annotations

import re
from collections.abc import Iterable

_BRACKETS = re.compile(r"\s*\([^)]*\)")
_SPLIT = re.compile(r"[\s\-\u2010-\u2015]+")
_PREFIXES = ("finding ",)
"""First words of names of facts that no sentence says."""
_FAMILY = "family history "
_HAEM = re.compile(r"haem|hem(?=[aeo])")
_CARRIER = re.compile(r"\bof (?:the|an?) (?P<noun>[a-z]+(?: [a-z]+)?)$")
HEADS = ("pressure", "nodule", "diameter", "thickness", "clearance")
"""Last words of names that stand for the whole name where only one thing of the case has it."""
_BEFORE_HEAD = (
    r"the|an?|her|his|its|this|that|of|with|at|and|or|nor|neither|both|either|but|only|while|although|though|despite|"
    r"because|since|when|where|so|yet|left|right|measured|recorded|normal|elevated|raised|high|single|one|mm|cm"
)
_HEAD = re.compile(rf"(?:^|[(:;,]\s*|\b(?:{_BEFORE_HEAD})[\s-]+)(?P<noun>{'|'.join(HEADS)})\b(?!-)", re.IGNORECASE)
_CHAMBER = re.compile(r"^(?P<chamber>(?:left|right) (?:ventricular|atrial)) (?P<rest>.+)$")
LEAST_LONG = 5
"""Fewest letters of a word of a name that says nothing more beside the name."""
_COMPARING = frozenset(("above", "below", "higher", "lower", "larger", "smaller", "longer", "shorter", "normal",
                        "abnormal", "present", "absent", "prior", "change"))  # fmt: skip
_CHAMBER_WORDS = {
    "left ventricular": ("left", "ventricle", "lv"), "right ventricular": ("right", "ventricle", "rv"),
}  # fmt: skip
_RATIO = re.compile(r"\b([a-z]+)-to-([a-z]+) ratio\b")
_BEFORE_REST = re.compile(r"(?:^|[,;:(]|\b(?:and|the|its|an?|with|of))[\s]*$", re.IGNORECASE)


def of_chamber(name: str) -> tuple[str, str]:
    """Return the chamber that a name begins with, and the rest that may stand alone once the chamber was named.

    Example:
        >>> of_chamber("Left ventricular end-systolic volume")
        ('left ventricular', 'end-systolic volume')
    """
    match = _CHAMBER.match(bare(name))
    return (match["chamber"], match["rest"]) if match else ("", "")


def stands_alone(before: str) -> bool:
    """Return whether what comes next is a whole name: no word before it says of what it is."""
    return _BEFORE_REST.search(before) is not None


def head_nouns(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return where a head noun stands alone, without a word that would make it another thing ("blood pressure").

    Example:
        >>> head_nouns("The pressure is high, the blood pressure is not")
        ((4, 12, 'pressure'),)
    """
    return tuple((m.start("noun"), m.end("noun"), m["noun"].lower()) for m in _HEAD.finditer(text))


def has_head(name: str, noun: str) -> bool:
    """Return whether a name ends in a head noun."""
    return _BRACKETS.sub("", name).lower().split()[-1:] == [noun]


def carrier(name: str) -> str:
    """Return what an indicator is of: ``the mass`` of "Irregular shape of the mass"; empty where it says none."""
    match = _CARRIER.search(_BRACKETS.sub("", name).lower())
    return match["noun"] if match else ""


def said_with(name: str) -> frozenset[str]:
    """Return words that say nothing more beside a name: what it is of, and what its brackets add."""
    inside = " ".join(_BRACKETS.findall(name)).lower()
    chamber = _CHAMBER_WORDS.get(of_chamber(name)[0], ())
    parts = _RATIO.search(bare(name))
    own = (w for w in re.findall(r"[a-z]+(?:-[a-z]+)*", bare(name)) if len(w) >= LEAST_LONG and w not in _COMPARING)
    return frozenset(
        (*own, *carrier(name).split(), *re.findall(r"[a-z]+", inside), *chamber, *(parts.groups() if parts else ()))
    )


_AFTER = re.compile(r"\s+(?:(?:of|at|in|by|on|to|over|the|an?)\s+)*\(?([a-z]+(?:-[a-z]+)*)\)?", re.IGNORECASE)
_BEFORE = re.compile(r"\b([a-z]+(?:-[a-z]+)*)\s+$", re.IGNORECASE)


def beside(text: str, start: int, end: int, name: str) -> tuple[int, int]:
    """Return a name's place with the words of its full name, and of what it is of, that stand right beside it.

    Example:
        >>> text = "The greatest wall thickness at end-diastole is 9 mm"
        >>> start, end = beside(text, 13, 27, "Greatest wall thickness at end-diastole")
        >>> text[start:end]
        'greatest wall thickness at end-diastole'
    """
    words = said_with(name)
    while (match := _AFTER.match(text, end)) and match[1].lower() in words:
        end = match.end()
    while (match := _BEFORE.search(text[:start])) and match[1].lower() in words:
        start = match.start(1)
    return start, end


def ratio_parts(name: str) -> tuple[str, ...]:
    """Return what a ratio is of and to: ``("cup", "disc")`` of "Vertical cup-to-disc ratio"; empty for other names."""
    match = _RATIO.search(bare(name))
    return match.groups() if match else ()


def spoken(name: str) -> str:
    """Return the name of a fact as a sentence says it.

    Example:
        >>> spoken("finding_chest_pain"), spoken("family_history_glaucoma")
        ('chest pain', 'family history of glaucoma')
    """
    plain = name.replace("_", " ")
    for prefix in _PREFIXES:
        plain = plain.removeprefix(prefix)
    return f"{_FAMILY}of {plain.removeprefix(_FAMILY).removeprefix('of ')}" if plain.startswith(_FAMILY) else plain


def reworded(said: str) -> tuple[str, ...]:
    """Return other orders of the words of a fact's name."""
    what = said.removeprefix(f"{_FAMILY}of ")
    return () if what == said else (f"family history is positive for {what}", f"{what} in the family")


def names_of(name: str, more: Iterable[str] = ()) -> tuple[str, ...]:
    """Return a name, without its brackets, and other words for it."""
    plain = _BRACKETS.sub("", name)
    return tuple(dict.fromkeys(n for n in (name, plain, *more) if n.strip()))


def bare(name: str) -> str:
    """Return a name without its brackets, in small letters."""
    return _BRACKETS.sub("", name).lower()


def key(name: str) -> str:
    """Return what spellings of one name have in common."""
    return re.sub(r"[\s\-\u2010-\u2015]+", "", name.lower()).replace("haem", "hem").replace("disk", "disc").rstrip("s")


def name_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for any of some names, the longest first; hyphens, plural and British spelling do not matter."""
    parts = "|".join(_loose(n) for n in sorted(set(names), key=len, reverse=True)) or r"(?!)"
    return re.compile(rf"(?<![\w-])(?:{parts})(?!\w)", re.IGNORECASE)


def _loose(name: str) -> str:
    """Return a pattern for a name that does not mind hyphens, British spelling or a plural."""
    parts = (_HAEM.sub("ha?em", re.escape(w)).replace("disc", "dis[ck]") for w in _SPLIT.split(name.strip().lower()))
    return r"[\s\-\u2010-\u2015]*".join(p for p in parts if p) + ("s?" if name[-1:].isalpha() else "")
