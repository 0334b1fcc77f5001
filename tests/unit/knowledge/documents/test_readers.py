"""Readers: what each format gives, and what is refused with which words."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigraph.knowledge.documents.blocks import Document, DocumentRefused
from clinigraph.knowledge.documents.readers import READERS, read_document
from clinigraph.knowledge.documents.readers.plain import heading_level

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def read(name: str, raw: bytes | str) -> Document:
    return read_document(PurePath(name), raw.encode() if isinstance(raw, str) else raw)


def outline(document: Document) -> list[tuple[int, str]]:
    return [(b.level, b.text) for b in document.blocks]


def pdf(*pages: str, title: str = "A title") -> bytes:
    """Return a small PDF with one line of text per line of each page."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for page in pages:
        lines = " T* ".join(f"({line}) Tj" for line in page.splitlines())
        stream = f"BT /F1 12 Tf 14 TL 72 700 Td {lines} ET".encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        content = len(objects)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % content
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(pages)} >>".encode()
    objects.append(f"<< /Title ({title}) >>".encode("latin-1"))
    out, offsets = io.BytesIO(b"%PDF-1.4\n"), []
    out.seek(0, io.SEEK_END)
    for number, body in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(b"trailer << /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (len(objects) + 1, len(objects)))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def docx(body: str, parts: dict[str, bytes] | None = None) -> bytes:
    """Return a Word document with a body of WordprocessingML."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:document {_W}><w:body>{body}</w:body></w:document>")
        for name, raw in (parts or {}).items():
            archive.writestr(name, raw)
    return buffer.getvalue()


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def test_markdown_gives_headings_paragraphs_and_list_items() -> None:
    raw = (
        "---\ntitle: Our guideline\n---\n# Eye #\n\nOne line\nand its end with [a link](http://x.y).\n\n"
        "Pressure\n--------\n- first\n- second\n\n```\n# not a heading\n```\n"
    )
    document = read("a.md", raw)
    assert document.title == "Our guideline"
    assert outline(document) == [
        (1, "Eye"),
        (0, "One line and its end with a link."),
        (2, "Pressure"),
        (0, "- first"),
        (0, "- second"),
        (0, "# not a heading"),
    ]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("1 Scope", 1),
        ("2.1 Diagnosis", 2),
        ("RECOMMENDATIONS", 1),
        ("It is seen.", 0),
        ("120 mg daily.", 0),
        ("IT IS SO.", 0),
    ],
)
def test_headings_of_plain_text_are_told_by_their_look(line: str, level: int) -> None:
    assert heading_level(line) == level


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_plain_text_is_read_in_common_encodings(encoding: str) -> None:
    document = read("a.txt", "BEFUND\n\nDie Netzhaut liegt an. Größe normal.".encode(encoding))
    assert outline(document) == [(1, "BEFUND"), (0, "Die Netzhaut liegt an. Größe normal.")]


def test_html_keeps_headings_tables_and_text_and_drops_scripts() -> None:
    raw = (
        "<html><head><title>T &amp; T</title><script>alert('x')</script><style>p{}</style></head><body><h1>Eye</h1>"
        "<p>First <b>bold</b> words</p><table><tr><td>IOP</td><td><p>21</p></td></tr></table><h2>Fields</h2>"
        "<ul><li>one<li>two</ul><p>open"
    )
    document = read("a.html", raw)
    assert document.title == "T & T"
    assert outline(document) == [
        (1, "Eye"),
        (0, "First bold words"),
        (0, "IOP | 21"),
        (2, "Fields"),
        (0, "one"),
        (0, "two"),
        (0, "open"),
    ]


def test_pdf_gives_text_with_page_numbers() -> None:
    document = read("a.pdf", pdf("1 Scope\nWords of the first page.", "Words of the second."))
    assert document.title == "A title"
    assert [(b.level, b.text, b.page) for b in document.blocks] == [
        (1, "1 Scope", 1),
        (0, "Words of the first page.", 1),
        (0, "Words of the second.", 2),
    ]


def test_docx_gives_styled_headings_and_tables() -> None:
    row = f"<w:tr><w:tc>{paragraph('IOP')}</w:tc><w:tc>{paragraph('21')}</w:tc></w:tr>"
    core = (
        b'<cp:coreProperties xmlns:cp="urn:c" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Ours</dc:title>'
        b"</cp:coreProperties>"
    )
    body = f"{paragraph('Eye', 'Heading1')}{paragraph('Words.')}<w:tbl>{row}</w:tbl>{paragraph('Fields', 'Heading2')}"
    document = read("a.docx", docx(body, {"docProps/core.xml": core}))
    assert document.title == "Ours"
    assert outline(document) == [(1, "Eye"), (0, "Words."), (0, "IOP | 21"), (2, "Fields")]


def test_a_guideline_summary_gives_fields_source_and_specialty() -> None:
    def field(name: str, value: str) -> str:
        return f'<Field Name="{name}"><FieldValue Value="{value}"/></Field>'

    raw = (
        '<Version><Section Name="General">'
        + field("Guideline Title", "&lt;div&gt;Care of eyes&lt;/div&gt;")
        + '</Section><Section Name="Recommendations">'
        + field("Major Recommendations", "&lt;p&gt;Look at the disc.&lt;/p&gt;")
        + '</Section><Section Name="Identifying Information and Availability">'
        + field("Guideline Developer(s)", "Society of Eyes - Professional Association")
        + field("Date Released", "2014 May")
        + field("Clinical Specialty", "Ophthalmology")
        + "</Section></Version>"
    )
    document = read("a.xml", raw)
    assert (document.title, document.publisher, document.year) == ("Care of eyes", "Society of Eyes", 2014)
    assert (document.kind, document.specialty) == ("guideline", "ophthalmology")
    assert outline(document)[2:] == [
        (0, "Care of eyes"),
        (1, "Recommendations"),
        (2, "Major Recommendations"),
        (0, "Look at the disc."),
    ]


def test_a_medquad_page_gives_questions_as_headings() -> None:
    raw = (
        '<Document source="NEI"><Focus>Glaucoma</Focus><FocusAnnotations><Synonyms><Synonym>POAG</Synonym></Synonyms>'
        "</FocusAnnotations><QAPairs><QAPair><Question>What is it?</Question><Answer>A disease.</Answer></QAPair>"
        "<QAPair><Question>Who has it?</Question><Answer/></QAPair></QAPairs></Document>"
    )
    assert outline(read("a.xml", raw)) == [
        (1, "Glaucoma"),
        (0, "Also called: POAG."),
        (2, "What is it?"),
        (0, "A disease."),
        (2, "Questions"),
        (0, "Who has it?"),
    ]


def test_other_xml_gives_its_text_in_order() -> None:
    raw = "<a><title>Head</title><!-- unsaid --><b>one <i>two <u>three</u></i> four</b> five</a>"
    assert outline(read("a.xml", raw)) == [(2, "Head"), *((0, w) for w in ("one", "two", "three", "four", "five"))]


_BOMB = b'<!DOCTYPE a [<!ENTITY x "xxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>'


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("a.pdf", b"%PDF-1.4 nothing more", "damaged"),
        ("a.pdf", b"PK not a pdf", "not a PDF"),
        ("a.pdf", pdf(""), "no text"),
        ("a.docx", b"PK\x03\x04 cut off", "damaged"),
        ("a.docx", b"\xd0\xcf\x11\xe0 old or encrypted", "encrypted"),
        ("a.docx", docx(f"<w:p>{' ' * 40_000_000}</w:p>"), "inflates"),
        ("a.xml", b"<a><b></a>", "not well-formed"),
        ("a.xml", _BOMB, "entities"),
        ("a.xml", b"<a>" * 500 + b"x" + b"</a>" * 500, "deeply"),
        ("a.txt", b"\x00\x01\x02" * 50, "not text"),
        ("a.md", b"# Only a heading\n", "no text"),
        ("a.txt", b"", "empty"),
        ("a.exe", b"MZ", r"\.exe"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(name: str, raw: bytes, reason: str) -> None:
    with pytest.raises(DocumentRefused, match=reason):
        read(name, raw)


def test_an_encrypted_pdf_is_refused() -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("Secret words."))))
    writer.encrypt("password", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    with pytest.raises(DocumentRefused, match="encrypted"):
        read("a.pdf", buffer.getvalue())


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(READERS)), st.binary(max_size=300))
def test_no_bytes_break_a_reader(suffix: str, raw: bytes) -> None:
    try:
        document = read(f"a{suffix}", raw)
    except DocumentRefused:
        return
    assert any(b.level == 0 and b.text for b in document.blocks)


def test_remarks_of_the_pdf_library_reach_neither_terminal_nor_log(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(DocumentRefused):
        read_document(PurePath("cut.pdf"), b"%PDF-1.7\n" + bytes(2000))
    assert not caplog.records
