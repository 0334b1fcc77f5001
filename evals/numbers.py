"""Numbers and dates, taken from what a model wrote. A range is no number, and of several numbers none is guessed."""

from __future__ import annotations

import re
from datetime import date, datetime

from clinigraph.evals.answertext import ABSTAINED, Extracted, abstains, answered, cleaned, slots, unreadable

_NUM = (
    r"(?<![\w.,])(?P<sign>[-+]?)\s?(?P<digits>"
    r"\d{1,3}(?:[,\u00a0\u2009\u202f' ]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:[.,]\d+)?|\.\d+)"
    r"(?P<power>[eE][-+]?\d+|\s*(?:[x×*·]|\\times|\\cdot)\s*10\s*(?:\^\s*\{?\s*)?(?P<exp>[-+]?\d+|[⁻⁰¹²³⁴-⁹]+)\}?)?"
)
_NUMBER = re.compile(_NUM)
_UNIT = re.compile(r"^\s*\$?\s*(?P<unit>%|°[CF]|[µμa-zA-Z]+[²³]?(?:[/·*][\w.µμ²³^]+)*)")
_RANGE = re.compile(
    r"^\s*(?:[a-zA-Z%/µμ]+\s*)?(?:-|–|—|to\b|bis\b|\.\.)\s*(?:about\s+)?\d|^\s*(?:[a-zA-Z%/]+\s+)?(?:or|and)\s+\d", re.I
)
_OPEN = re.compile(r"(?:between|from|over|under|above|below|more than|less than|at least|at most|[<>≤≥])\s*$", re.I)
_SUPER = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_SUM = re.compile(r"^[\d\s.,+×*/()-]*[+×*/-][\d\s.,+×*/()-]*=")
_OUT_OF = re.compile(r"(\b(?:scores?|points|scale|gcs|apgar|total)\b[^\d\n]{0,12}\d+)\s*/\s*\d+\b", re.IGNORECASE)
_EQUALS = re.compile(r"(?:=|≈|\bequals\b|\bgives\b|\bis (?:about|approximately|roughly)\b|\bis\b|:)\s*(?=[-+$\d.])")
_AGE = re.compile(r"\s*\d+(?:\.\d+)?[\s-]*(?:years?|yrs?|months?)?[\s-]*(?:old|of age)\b", re.IGNORECASE)
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_AMERICAN = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
_MONTHS = re.compile(
    r"\b(?:(?P<d1>\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<m1>[A-Za-z]{3,9})\.?,?|(?P<m2>[A-Za-z]{3,9})\.?\s+(?P<d2>\d{1,2})"
    r"(?:st|nd|rd|th)?,?)\s+(?P<y>\d{4})\b"
)


def number(text: str, unit: str = "") -> Extracted:
    """Return the number that an answer gives, with the unit that follows it.

    A comma before exactly three digits separates thousands, any other comma is a decimal one. "7 out of 15" is 7;
    "5.2 ± 0.3" is 5.2; "5 to 7" and "> 5" are no numbers.

    Args:
        text: What the model wrote.
        unit: The wanted unit; tells numbers apart where nothing is declared.

    Example:
        >>> number("The total is 1,234.5 mL").text
        '1234.5'
    """
    body = _OUT_OF.sub(r"\1", cleaned(text))
    for slot in slots(body):
        found = _at(slot)
        if found is not None:
            return found
    lines = [line for line in body.splitlines() if line.strip()]
    single = _sole(body, unit)
    if single is not None:
        return single
    if abstains(body):
        return ABSTAINED
    equal = [m.end() for m in _EQUALS.finditer(body)]
    for start in reversed(equal):
        found = None if _AGE.match(body[start:]) else _at(body[start:])
        if found is not None:
            return found
    last = _sole(lines[-1], unit) if lines else None
    return last or _in_words(body) or unreadable("no number, or several and none declared")


def _at(slot: str) -> Extracted | None:
    """Return the number in the first line of a slot; None where there is none."""
    line = slot.strip().split("\n", 1)[0]
    line = re.split(r"(?<=[a-zA-Z)])\.\s", line, maxsplit=1)[0]
    if _SUM.match(line):
        line = line.rsplit("=", 1)[1]
    if abstains(line) and not _NUMBER.search(line[:12]):
        return ABSTAINED
    match = _NUMBER.search(line)
    if match is None:
        return _in_words(line[:24]) if re.match(r"\W*[a-z]+", line, re.IGNORECASE) else None
    return _read(match, line)


def _read(match: re.Match[str], line: str) -> Extracted:
    rest = line[match.end() :]
    if _RANGE.match(rest) or _OPEN.search(line[: match.start()]):
        return unreadable("a range")
    if re.match(r"\s*/\s*\d", rest):
        return unreadable("a fraction")
    if re.match(r"[.,]\d", rest):
        return unreadable("a number with two kinds of marks")
    found = _UNIT.match(rest)
    word = found["unit"].rstrip(".") if found else ""
    return answered(f"{value_of(match):.12g}", "" if word.lower() in _NO_UNITS else word)


_NO_UNITS = frozenset(
    {"out", "of", "and", "or", "because", "points", "point", "which", "is", "the", "for", "in", "so", "as", "x"}
)


def value_of(match: re.Match[str]) -> float:
    """Return the value of a matched number."""
    digits = match["digits"]
    if re.fullmatch(r"\d{1,3}(?:[,\u00a0\u2009\u202f' ]\d{3})+(?:\.\d+)?", digits):
        digits = re.sub(r"[,\u00a0\u2009\u202f' ]", "", digits)
    value = float(digits.replace(",", "."))
    if match["exp"]:
        value *= 10.0 ** int(match["exp"].translate(_SUPER))
    elif match["power"]:
        value = float(f"{value!r}{match['power']}")
    return -value if match["sign"] == "-" else value


def _sole(text: str, unit: str) -> Extracted | None:
    """Return the number of a text that holds one, or one with the wanted unit; a number said twice is one."""
    found = [_read(m, text) for m in _NUMBER.finditer(text) if not re.search(r"[±]\s*$", text[: m.start()])]
    found = [f for m, f in zip(_bare(text), found, strict=False) if m]
    if len({(f.kind, f.text) for f in found}) == 1:
        return found[0]
    fitting = [f for f in found if unit and f.unit.casefold() == unit.casefold()]
    if fitting and len({f.text for f in fitting}) == 1 and len(found) > 1:
        return fitting[0]
    if len(found) == 2 and found[0].reason == "a range":
        return found[0]
    out_of = re.search(r"\bout of\s+\d+", text)
    return found[0] if out_of and len(found) == 2 else None


def _bare(text: str) -> list[bool]:
    """Return for each number whether it stands for itself: not after ±, not the number of a list."""
    numbers = [m for m in _NUMBER.finditer(text) if not re.search(r"[±]\s*$", text[: m.start()])]
    return [not re.match(r"[.)]\s+[A-Z]", text[m.end() :]) or bool(text[: m.start()].strip()) for m in numbers]


def _in_words(text: str) -> Extracted | None:
    found = {w for w in re.findall(r"[a-z]+", text.casefold()) if w in _SMALL}
    return answered(str(_SMALL.index(found.pop()))) if len(found) == 1 else None


def day(text: str) -> Extracted:
    """Return a date as ISO; dates with slashes are read month first, as MedCalc-Bench writes them.

    Example:
        >>> day("Due date: 03/09/2021").text
        '2021-03-09'
    """
    body = cleaned(text)
    for slot in (*slots(body), body):
        found = _days(slot.strip().split("\n", 1)[0] if slot is not body else slot)
        if len(found) == 1:
            return answered(found[0].isoformat())
        if len(found) > 1 and slot is body:
            return unreadable("several dates")
    return ABSTAINED if abstains(body) else unreadable("no date")


def _days(text: str) -> list[date]:
    found: set[date] = set()
    parts = [(y, m, d) for y, m, d in _ISO.findall(text)] + [(y, m, d) for m, d, y in _AMERICAN.findall(text)]
    for match in _MONTHS.finditer(text):
        name = (match["m1"] or match["m2"])[:3].title()
        try:
            month = datetime.strptime(name, "%b").month  # noqa: DTZ007 - a month's name, no time
        except ValueError:
            continue
        parts.append((match["y"], str(month), match["d1"] or match["d2"]))
    for year, month_number, day_number in parts:
        try:
            found.add(date(int(year), int(month_number), int(day_number)))
        except ValueError:
            continue
    return sorted(found)
