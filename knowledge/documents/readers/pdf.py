"""PDF, page by page; text only, no rendering and no scripts."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clinigraph.knowledge.documents.blocks import BlockList, Document, DocumentRefused, clean_text, first_heading
from clinigraph.knowledge.documents.readers.plain import add_plain

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_PAGES = 5000


def read_pdf(raw: bytes) -> Document:
    """Read the text of a PDF; page numbers start at 1.

    Raises:
        DocumentRefused: It is damaged, needs a password, or has too many pages.
    """
    with _quiet():
        reader = _open(raw)
        blocks = BlockList()
        try:
            for number, page in enumerate(reader.pages, start=1):
                add_plain(blocks, page.extract_text(), number)
            title = clean_text(str((reader.metadata and reader.metadata.title) or ""))
        except DocumentRefused:
            raise
        except Exception as error:  # a damaged file fails in pypdf in a hundred ways
            raise DocumentRefused("The PDF is damaged", todo="Save it again.") from error
    return Document(title or first_heading(blocks.done()), blocks.done())


def _open(raw: bytes) -> PdfReader:
    from pypdf import PdfReader

    if b"%PDF-" not in raw[:1024]:
        raise DocumentRefused("The file is not a PDF", todo="Check the file.")
    try:
        reader = PdfReader(io.BytesIO(raw))
        locked = reader.is_encrypted and not reader.decrypt("")
        pages = 0 if locked else len(reader.pages)
    except Exception as error:  # a damaged file fails in pypdf in a hundred ways
        raise DocumentRefused("The PDF is damaged or cannot be decrypted", todo="Save it again.") from error
    if locked:
        raise DocumentRefused("The PDF is encrypted", todo="Save it without password.")
    if pages > MAX_PAGES:
        raise DocumentRefused("The PDF has too many pages", given=str(pages), todo=f"Split it at {MAX_PAGES} pages.")
    return reader


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's remarks about sloppy files to itself."""
    logger, silence = logging.getLogger("pypdf"), logging.NullHandler()
    was = logger.propagate
    logger.addHandler(silence)
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.propagate = was
        logger.removeHandler(silence)
