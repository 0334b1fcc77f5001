"""HTML, by the standard library's tolerant parser; scripts, styles and templates are left out."""

from __future__ import annotations

from html.parser import HTMLParser

from clinigraph.knowledge.documents.blocks import BlockList, Document, clean_text, first_heading
from clinigraph.knowledge.documents.readers.plain import decode

_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_BREAK_TAGS = (
    "address article aside blockquote body br caption dd div dl dt figcaption footer form header hr html li main nav ol"
    " option p pre section table tbody td tfoot th thead title tr ul"
)
_BREAKS = frozenset(_BREAK_TAGS.split())
_SILENT = frozenset({"script", "style", "template", "noscript", "svg", "math", "iframe", "object"})
_CELLS = frozenset({"td", "th"})


class _HtmlBlocks(HTMLParser):
    """Turns tags into blocks as they stream by."""

    def __init__(self, blocks: BlockList, base_level: int = 0) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self._blocks = blocks
        self._base = base_level
        self._text: list[str] = []
        self._level = 0
        self._silent = 0
        self._in_title = False
        self._row = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        if tag in _SILENT:
            self._silent += 1
        elif tag in _HEADINGS:
            self._flush()
            self._level = min(_HEADINGS[tag] + self._base, 6)
        elif tag in _CELLS and self._row:
            self._text.append(" | " if any(t.strip() for t in self._text) else "")
        elif tag in _BREAKS and not (self._row and tag not in ("tr", "table")):
            self._flush()
        self._row = 1 if tag == "tr" else self._row
        self._in_title = self._in_title or tag == "title"

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag in _SILENT:
            self._silent = max(self._silent - 1, 0)
        elif tag == "title":
            self.title = self.title or clean_text(" ".join(self._text))
            self._text.clear()
            self._in_title = False
        elif tag in ("tr", "table"):
            self._row = 0
            self._flush()
        elif tag in _HEADINGS or (tag in _BREAKS and not self._row):
            self._flush()

    def handle_data(self, data: str) -> None:
        """Take text."""
        if not self._silent:
            self._text.append(data)

    def close(self) -> None:
        """Take what is left."""
        super().close()
        self._flush()

    def _flush(self) -> None:
        if not self._in_title:
            self._blocks.add("".join(self._text), self._level)
            self._text.clear()
            self._level = 0


def read_html(raw: bytes) -> Document:
    """Read an HTML page."""
    blocks = BlockList()
    parser = _HtmlBlocks(blocks)
    parser.feed(decode(raw))
    parser.close()
    return Document(parser.title or first_heading(blocks.done()), blocks.done())


def add_html(blocks: BlockList, fragment: str, base_level: int) -> None:
    """Add an HTML fragment whose headings lie below a level."""
    parser = _HtmlBlocks(blocks, base_level)
    parser.feed(fragment)
    parser.close()
