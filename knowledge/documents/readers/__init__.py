"""One reader per format; each takes bytes and gives blocks, and none follows a link or runs anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from clinigraph.knowledge.documents.blocks import Document, DocumentRefused
from clinigraph.knowledge.documents.readers.docx import read_docx
from clinigraph.knowledge.documents.readers.markup import read_html
from clinigraph.knowledge.documents.readers.pdf import read_pdf
from clinigraph.knowledge.documents.readers.plain import read_markdown, read_text
from clinigraph.knowledge.documents.readers.structured import read_xml

Reader = Callable[[bytes], Document]

READERS: dict[str, Reader] = {
    ".docx": read_docx,
    ".htm": read_html,
    ".html": read_html,
    ".markdown": read_markdown,
    ".md": read_markdown,
    ".pdf": read_pdf,
    ".text": read_text,
    ".txt": read_text,
    ".xhtml": read_html,
    ".xml": read_xml,
}


def read_document(name: PurePath, raw: bytes) -> Document:
    """Read one document.

    Args:
        name: File name; its ending chooses the reader.
        raw: The file's bytes.

    Raises:
        DocumentRefused: The format is not known, or the file is corrupt, encrypted, too large or without text.
    """
    reader = READERS.get(name.suffix.lower())
    if reader is None:
        raise DocumentRefused(
            "This kind of document is not read", given=name.suffix, todo=f"Use one of {', '.join(sorted(READERS))}."
        )
    if not raw:
        raise DocumentRefused("The file is empty", todo="Check the file.")
    document = reader(raw)
    if not any(b.level == 0 for b in document.blocks):
        raise DocumentRefused("The document holds no text", todo="Run text recognition on scanned pages first.")
    return document
