"""Plain text and Markdown."""

from __future__ import annotations

import re

from clinigraph.knowledge.documents.blocks import BlockList, Document, DocumentRefused, first_heading

_NUMBERED = re.compile(r"^\d+(?:\.\d+)*\.?\s+[A-Z][^.!?]{2,80}$")
_ATX = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_LIST_ITEM = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")


def decode(raw: bytes) -> str:
    """Return bytes as text: by byte order mark, else UTF-8, else Latin-1.

    Raises:
        DocumentRefused: The bytes are not text.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return raw.decode(encoding, "replace")
    if b"\x00" in raw[:4096]:
        raise DocumentRefused("The file is not text", todo="Give the document in its own format.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def read_text(raw: bytes) -> Document:
    """Read plain text; short lines in capitals, or numbered like headings, are taken as headings."""
    blocks = BlockList()
    add_plain(blocks, decode(raw))
    return Document(first_heading(blocks.done()), blocks.done())


def add_plain(blocks: BlockList, text: str, page: int | None = None) -> None:
    """Add the paragraphs and headings of plain text, optionally of one page."""
    paragraph: list[str] = []

    def flush() -> None:
        blocks.add(" ".join(paragraph), page=page)
        paragraph.clear()

    for line in text.splitlines():
        bare = line.strip()
        level = heading_level(bare)
        if level or not bare or _LIST_ITEM.match(line):
            flush()
        if level:
            blocks.add(bare, level, page)
        elif bare:
            paragraph.append(bare)
    flush()


def heading_level(line: str) -> int:
    """Return the level of a line that looks like a heading, else 0.

    Example:
        >>> heading_level("2.1 Diagnosis"), heading_level("RECOMMENDATIONS"), heading_level("It is seen.")
        (2, 1, 0)
    """
    if not 3 < len(line) <= 100:
        return 0
    if _NUMBERED.match(line):
        return min(line.split(maxsplit=1)[0].strip(".").count(".") + 1, 6)
    letters = [c for c in line if c.isalpha()]
    return 1 if len(letters) > 3 and line.isupper() and not line.endswith((".", ",", ";")) else 0


def read_markdown(raw: bytes) -> Document:
    """Read Markdown: ATX and underlined headings, paragraphs, list items; fenced blocks are kept as text."""
    lines, title = _front_matter(decode(raw).splitlines())
    blocks = BlockList()
    paragraph: list[str] = []
    fenced = False

    def flush() -> None:
        blocks.add(_LINK.sub(r"\1", " ".join(paragraph)))
        paragraph.clear()

    for line in lines:
        if _FENCE.match(line):
            flush()
            fenced = not fenced
            continue
        heading = None if fenced else _ATX.match(line.strip())
        underline = "" if fenced or len(paragraph) != 1 else line.strip()
        if heading:
            flush()
            blocks.add(_LINK.sub(r"\1", heading[2]), len(heading[1]))
        elif len(underline) >= 3 and set(underline) in ({"="}, {"-"}):
            blocks.add(paragraph.pop(), 1 if underline[0] == "=" else 2)
        else:
            if not line.strip() or _LIST_ITEM.match(line):
                flush()
            paragraph.extend(filter(None, [line.strip()]))
    flush()
    return Document(title or first_heading(blocks.done()), blocks.done())


def _front_matter(lines: list[str]) -> tuple[list[str], str]:
    """Return the lines after a ``---`` header and the title that it names."""
    if not lines or lines[0].strip() != "---" or "---" not in (x.strip() for x in lines[1:50]):
        return lines, ""
    end = next(i for i, x in enumerate(lines[1:], start=1) if x.strip() == "---")
    title = next((x.split(":", 1)[1] for x in lines[1:end] if x.lower().startswith("title:")), "")
    return lines[end + 1 :], title.strip().strip("\"'")
