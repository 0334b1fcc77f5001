"""A report's text into atoms: one thing said about one thing, in its own words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clinigraph.agents.claims.discourse import plainly
from clinigraph.errors import InputTooLarge
from clinigraph.knowledge.terminology.tokens import sentences
from clinigraph.models.reporting import Section

MAX_CLAIMS = 5_000
"""Most atoms of one text."""
LONGEST_SENTENCE = 600
"""Most characters of a sentence that is read; longer ones are kept whole and are not judged."""
MAX_CHARACTERS = 1_000_000
"""Longest text, about 300 pages."""

_OWN = "## Statements and what they rest on"
_OWN_DETAIL = re.compile(r"^\s{2,}- ")
_OWN_SECTIONS = ("impression", "statements and what they rest on")
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_PICTURE = re.compile(r"!\[[^\]\n]{0,300}\]\([^)\n]{0,500}\)")
_LINK = re.compile(r"\[([^\]\n]{0,300})\]\([^)\n]{0,500}\)")
_TAG = re.compile(
    r"</?(?:b|i|u|em|strong|p|br|hr|div|span|ul|ol|li|h[1-6]|table|thead|tbody|tr|td|th|sup|sub|a|img|code|pre|small|mark|"
    r"details|summary|html|head|body|section|article)(?:\s[^<>\n]{0,200})?/?>",
    re.IGNORECASE,
)
_MARK = re.compile(r"\*\*\[(?:Supported|Contradicted|Unsupported|Could not be judged)\]\*\*", re.IGNORECASE)
_EMPHASIS = re.compile(r"(?<![\\\d.])(?:\*\*|__|`|\*)|(?<!\\)(?:\*\*|__|`|\*)(?![\d*])")
_BULLET = re.compile(r"^\s*(?:[-*+•–]|\d{1,2}[.)]|\(?[a-z][.)])\s+")
_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.*?)\s*#*$")
_PLAIN_HEADING = re.compile(r"^\s*([A-Z][A-Za-z]+(?: (?:[A-Za-z]+|/|&)){0,2}):\s*(.*)$")
_RULE = re.compile(r"^\s*(?:[-=_*]\s*){3,}$|^\s*\|?\s*:?-{2,}.*\|.*$")
_ESCAPED = re.compile(r"\\([\\`*_\[\]|~$#+\-=>/.])")
_FINITE = (
    r"(?:is|are|was|were|has|have|had|shows?|showed|measures?|measured|meets?|satisf(?:y|ies)|reach(?:es)?|exceeds?|"
    r"does|do|did|can|cannot|could|may|might|must|should|there|no|lies|remains?|appears?|looks?|suggests?|indicates?)"
)
_JOINT = re.compile(
    rf";\s+|,\s+(?:and|but|while|whereas|although|yet)\s+(?=(?:\S+\s+){{0,7}}?{_FINITE}\b)|"
    rf"\s+(?:and|but|while|whereas|although|yet)\s+(?=(?:[^\s,;]+\s+){{0,6}}?{_FINITE}\b)|"
    rf",\s+(?=(?:which|this)\s+{_FINITE}\b)|,\s+(?=(?:the|there|no|it)\s+(?:\S+\s+){{0,6}}?{_FINITE}\b)"
)
_HAS_VERB = re.compile(rf"\b{_FINITE}\b", re.IGNORECASE)
_SUBORDINATE = re.compile(r"\b(?:because|since|as|if|when|where|unless|whether)\b", re.IGNORECASE)
"""Words that begin a clause: before the next joint it needs a verb of its own."""
_NO_AND_NO = re.compile(r"^\s*No\s+[\w\s-]+(?:,\s+no\s+[\w\s-]+)+\.?\s*$", re.IGNORECASE)
_HEADS = re.compile(
    r"(?:(?:final|overall|clinical|main|past|medical|and|/|&|impressions?|conclusions?|diagnos[ei]s|assessments?|summary|"
    r"recommendations?|plan|advice|follow-?up|limitations?|literature|guidelines?|background|records?|history|indications?|"
    r"information|evidence base)\s*)+",
    re.IGNORECASE,
)
"""Headings in a line; with another word before the colon it is a sentence."""
_SECTION_WORDS = (
    (Section.IMPRESSION, re.compile(r"impression|conclusion|diagnos|assessment|summary", re.IGNORECASE)),
    (Section.RECOMMENDATIONS, re.compile(r"recommend|plan|advice|follow", re.IGNORECASE)),
    (Section.LIMITATIONS, re.compile(r"limitation|not assessed|could not", re.IGNORECASE)),
    (Section.KNOWLEDGE, re.compile(r"literature|guideline|background|evidence base", re.IGNORECASE)),
    (Section.RECORD, re.compile(r"record|history|indication|clinical information", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Atom:
    """One thing that a text says."""

    text: str
    section: Section
    sentence: int
    """Number of the sentence it was part of: an atom without a subject takes that of the atom before."""


def split(
    text: str, whole: frozenset[str] = frozenset(), keep: Callable[[str], bool] = lambda _: False
) -> tuple[Atom, ...]:
    """Return what a plain or Markdown text says, in order.

    Args:
        text: The report.
        whole: Lines and sentences that are not to be split, because the evidence itself gives them.
        keep: Which other sentences are not to be split.

    Headings name sections; pictures, code and rules say nothing; a row of a table is read as one line. In a report.md
    of Clinigraph the impression and the statements are read, not the lines that explain them.

    Raises:
        InputTooLarge: More than ``MAX_CHARACTERS`` or ``MAX_CLAIMS``.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputTooLarge(
            "The report is too long", given=f"{len(text):,} characters", todo=f"Give at most {MAX_CHARACTERS:,}."
        )
    found: list[Atom] = []
    number = 0
    for line, section in _lines(normalised(text), whole):
        for sentence in _sentences(line, whole):
            number += 1
            found.extend(
                Atom(c, section, number)
                for c in ((sentence,) if sentence in whole or keep(sentence) else clauses(plainly(sentence)))
            )
            if len(found) > MAX_CLAIMS:
                raise InputTooLarge(
                    "The report makes too many statements", given=f"over {MAX_CLAIMS:,}", todo="Check it in parts."
                )
    return tuple(found)


def _sentences(line: str, whole: frozenset[str]) -> tuple[str, ...]:
    return (line,) if line in whole else tuple(line[s.start : s.end].strip() for s in sentences(line))


def normalised(text: str) -> str:
    """Return a text in one spelling of characters (NFKC), without invisible ones.

    A raised number, a fraction or a number in a ring behind a digit stays apart: 0.5² is not 0.52, 1½ is not 11/2.
    """
    apart = "".join(
        f" {c}" if unicodedata.category(c) == "No" and text[i - 1 : i].isdecimal() else c for i, c in enumerate(text)
    )
    plain = unicodedata.normalize("NFKC", apart.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in plain if c in "\n\t" or unicodedata.category(c) not in ("Cf", "Cc", "Co", "Cs"))


def clauses(sentence: str) -> Iterator[str]:
    """Yield the clauses of a sentence: parts joined by "and", "but" or a semicolon that each have a verb."""
    if len(sentence) > LONGEST_SENTENCE:
        yield sentence.strip()
        return
    listed = _denials(sentence)
    if listed:
        yield from listed
        return
    start = 0
    for joint in _JOINT.finditer(sentence):
        if _closed(sentence, joint.start()) and _complete(sentence[start : joint.start()]):
            yield sentence[start : joint.start()].strip()
            start = joint.end()
    if sentence[start:].strip(" .;,"):
        yield sentence[start:].strip()


def _denials(sentence: str) -> tuple[str, ...]:
    """Return the parts of a list of denials without a verb: "No fever, no chest pain"."""
    return tuple(p.strip() for p in re.split(r",\s+(?=no\b)", sentence)) if _NO_AND_NO.match(sentence) else ()


def _complete(part: str) -> bool:
    """Whether the last clause of a part has a verb: "not assessed because height" has not."""
    return _HAS_VERB.search(_SUBORDINATE.split(part)[-1]) is not None


def _closed(text: str, at: int) -> bool:
    return text.count("(", 0, at) == text.count(")", 0, at) and text.count('"', 0, at) % 2 == 0


def _lines(text: str, whole: frozenset[str]) -> Iterator[tuple[str, Section]]:
    own = _OWN in text
    section, part = Section.FINDINGS, ""
    for raw in _paragraphs(_FENCE.sub("", text)):
        heading = _HEADING.match(raw)
        if heading:
            part = heading.group(2).lower() if len(heading.group(1)) < 3 or not own else part
            section = _section(heading.group(2)) or Section.FINDINGS
            continue
        if own and (
            part not in _OWN_SECTIONS or _OWN_DETAIL.match(raw) or (raw.startswith(("*", "!")) and "**" not in raw)
        ):
            continue
        line = _plain(raw)
        named = _PLAIN_HEADING.match(line)
        if named and _section(named.group(1)) and _HEADS.fullmatch(named.group(1)) and line not in whole:
            section, line = _section(named.group(1)) or section, named.group(2)
        elif named and named.group(1).lower() in ("findings", "report", "technique", "comparison"):
            section, line = Section.FINDINGS, named.group(2)
        if line.strip(" .*_|"):
            yield line, section


def _paragraphs(text: str) -> Iterator[str]:
    """Yield lines, with lines joined that a width limit broke."""
    held = ""
    for line in text.split("\n"):
        begins = (
            not line.strip() or _BULLET.match(line) or _HEADING.match(line) or line.lstrip().startswith(("|", ">", "<"))
        )
        broken = (
            bool(held)
            and not begins
            and len(held.rsplit("\n", maxsplit=1)[-1]) > 50
            and not held.rstrip().endswith((".", ":", "!", "?"))
        )
        if broken:
            held = f"{held} {line.strip()}"
            continue
        if held.strip():
            yield held
        held = line
    if held.strip():
        yield held


def _plain(line: str) -> str:
    if _RULE.match(line):
        return ""
    text = _MARK.sub("", _LINK.sub(r"\1", _PICTURE.sub("", line.lstrip("> "))))
    text = _TAG.sub(" ", text)
    text = _BULLET.sub("", _EMPHASIS.sub("", text))
    if text.count("|") >= 2:
        cells = [c.strip() for c in text.strip().strip("|").split("|")]
        text = f"{cells[0]}: {'; '.join(c for c in cells[1:] if c)}" if len(cells) > 1 else cells[0]
    text = _ESCAPED.sub(r"\1", text)
    for code, sign in (("&lt;", "<"), ("&gt;", ">"), ("&#64;", "@"), ("&amp;", "&")):
        text = text.replace(code, sign)
    return " ".join(text.split())


def _section(heading: str) -> Section | None:
    return next((s for s, pattern in _SECTION_WORDS if pattern.search(heading)), None)
