"""Word documents (Office Open XML): a ZIP archive with the text in ``word/document.xml``."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

from clinigraph.knowledge.documents.blocks import BlockList, Document, DocumentRefused, clean_text, first_heading
from clinigraph.knowledge.documents.readers.structured import parse_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_PART_BYTES = 64 * 1024**2
"""Largest inflated part that is read."""
MAX_INFLATION = 200
"""Largest ratio of inflated to packed bytes, judged above 1 MiB; ordinary documents stay below 30."""
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DC_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_HEADING_STYLE = re.compile(r"^(?:heading|berschrift|titre|titolo)\s*([1-6])$", re.IGNORECASE)


def read_docx(raw: bytes) -> Document:
    """Read a Word document: paragraphs, headings by style, table rows."""
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise DocumentRefused(
            "The Word document is encrypted or in the old format", todo="Save it again without password."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            body = parse_xml(_part(archive, "word/document.xml"))
            title = _core_title(archive)
    except (zipfile.BadZipFile, KeyError, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise DocumentRefused("The Word document is damaged or encrypted", todo="Save it again.") from error
    blocks = BlockList()
    for element in body.iterfind(f"./{_W}body/*"):
        if element.tag == f"{_W}tbl":
            for row in element.iter(f"{_W}tr"):
                blocks.add(" | ".join(_text(cell) for cell in row.iter(f"{_W}tc")))
        else:
            for paragraph in element.iter(f"{_W}p"):
                blocks.add(_text(paragraph), _level(paragraph))
    return Document(title or first_heading(blocks.done()), blocks.done())


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return an inflated part, refusing bombs before and while inflating."""
    info = archive.getinfo(name)
    claimed = info.file_size > 1024**2 and info.file_size > MAX_INFLATION * max(info.compress_size, 1)
    if info.file_size > MAX_PART_BYTES or claimed:
        raise _bomb()
    with archive.open(info) as part:
        raw = part.read(MAX_PART_BYTES + 1)
    if len(raw) > MAX_PART_BYTES:
        raise _bomb()
    return raw


def _bomb() -> DocumentRefused:
    return DocumentRefused(
        "The Word document inflates too much",
        given=f"over {MAX_PART_BYTES} bytes or {MAX_INFLATION} times",
        todo="Split it.",
    )


def _core_title(archive: zipfile.ZipFile) -> str:
    if "docProps/core.xml" not in archive.namelist():
        return ""
    return clean_text(parse_xml(_part(archive, "docProps/core.xml")).findtext(_DC_TITLE) or "")


def _text(element: Element) -> str:
    parts = []
    for node in element.iter():
        if node.tag == f"{_W}t":
            parts.append(node.text or "")
        elif node.tag in (f"{_W}tab", f"{_W}br", f"{_W}p"):
            parts.append(" ")
    return clean_text("".join(parts))


def _level(paragraph: Element) -> int:
    style = paragraph.find(f"./{_W}pPr/{_W}pStyle")
    name = "" if style is None else style.get(f"{_W}val", "")
    if name.lower() == "title":
        return 1
    match = _HEADING_STYLE.match(name)
    return int(match[1]) if match else 0
