"""XML: guideline summaries of the former National Guideline Clearinghouse, MedQuAD pages, and any other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.parsers.expat import ExpatError

from clinigraph.knowledge.documents.blocks import BlockList, Document, DocumentRefused, clean_text, first_heading
from clinigraph.knowledge.documents.readers.markup import add_html

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MAX_DEPTH = 200
_TAG = re.compile(r"<[^>]+>")
_HEADING_TAG = re.compile(r"title|head|heading|h[1-6]")
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
_NGC_LEFT_OUT = frozenset({"Disclaimer", "Methodology", "NEATS Assessment", "Identifying Information and Availability"})
"""Sections of a summary that say nothing about patients: how it was made, who paid, what the web site disclaims."""
_SPECIALTIES = {
    "Cardiology": "cardiology",
    "Dermatology": "dermatology",
    "Emergency Medicine": "emergency-medicine",
    "Endocrinology": "endocrinology",
    "Gastroenterology": "gastroenterology",
    "Infectious Diseases": "infectious-disease",
    "Nephrology": "nephrology",
    "Neurology": "neurology",
    "Obstetrics and Gynecology": "obstetrics",
    "Oncology": "oncology",
    "Ophthalmology": "ophthalmology",
    "Pediatrics": "paediatrics",
    "Pulmonary Medicine": "pulmonology",
}


def parse_xml(raw: bytes) -> Element:
    """Parse XML without entities and external references.

    Raises:
        DocumentRefused: It is not well-formed, declares entities, or is nested too deeply.
    """
    from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
    from defusedxml.ElementTree import ParseError, fromstring  # type: ignore[import-untyped]

    try:
        root: Element = fromstring(raw)
    except DefusedXmlException as error:
        raise DocumentRefused("The XML declares entities", todo="Remove the declaration.") from error
    except (ParseError, ExpatError, ValueError, LookupError, RecursionError) as error:
        raise DocumentRefused("The XML is not well-formed", todo="Check the file.") from error
    return root


def read_xml(raw: bytes) -> Document:
    """Read XML in the shape that its root shows."""
    root = parse_xml(raw)
    if root.tag == "Version" and root.find("./Section/Field") is not None:
        return _read_ngc(root)
    if root.tag == "Document" and root.find("QAPairs") is not None:
        return _read_medquad(root)
    return _read_other(root)


def _read_ngc(root: Element) -> Document:
    fields = {f.get("Name", ""): " ".join(_values(f)) for f in root.iterfind("./Section/Field")}
    blocks = BlockList()
    for section in root.iterfind("Section"):
        name = section.get("Name", "")
        if name in _NGC_LEFT_OUT:
            continue
        blocks.add(name, 1)
        for field in section.iterfind("Field"):
            blocks.add(field.get("Name", ""), 2)
            for value in _values(field):
                add_html(blocks, value, base_level=2)
    years = _YEAR.findall(fields.get("Date Released", ""))
    named = [s for word, s in _SPECIALTIES.items() if word in fields.get("Clinical Specialty", "")]
    return Document(
        title=_plain(fields.get("Guideline Title", "")),
        blocks=blocks.done(),
        publisher=_plain(fields.get("Guideline Developer(s)", "")).split(" - ")[0],
        year=int(years[-1]) if years else None,
        kind="guideline",
        specialty=named[0] if len(named) == 1 else None,
    )


def _values(field: Element) -> Iterator[str]:
    for value in field.iter("FieldValue"):
        yield value.get("Value") or "".join(value.itertext())


def _plain(fragment: str) -> str:
    import html

    return clean_text(html.unescape(_TAG.sub(" ", fragment)))


def _read_medquad(root: Element) -> Document:
    focus = clean_text(root.findtext("Focus") or "")
    synonyms = [clean_text(s.text or "") for s in root.iterfind("./FocusAnnotations/Synonyms/Synonym")]
    blocks = BlockList()
    blocks.add(focus, 1)
    if any(synonyms):
        blocks.add(f"Also called: {'; '.join(s for s in synonyms if s)}.")
    unanswered = []
    for pair in root.iterfind("./QAPairs/QAPair"):
        question, answer = clean_text(pair.findtext("Question") or ""), pair.findtext("Answer") or ""
        if answer.strip():
            blocks.add(question, 2)
            for paragraph in re.split(r"\n\s*\n", answer):
                blocks.add(paragraph)
        else:
            unanswered.append(question)
    if unanswered:
        blocks.add("Questions", 2)
        blocks.add(" ".join(unanswered))
    publisher = root.get("source") or ""
    return Document(title=focus, blocks=blocks.done(), publisher=publisher, kind="textbook")


def _read_other(root: Element) -> Document:
    blocks = BlockList()
    stack: list[tuple[Element | str, int]] = [(root, 1)]
    while stack:
        element, depth = stack.pop()
        if isinstance(element, str):
            blocks.add(element)
            continue
        if depth > _MAX_DEPTH:
            raise DocumentRefused("The XML is nested too deeply", given=f"over {_MAX_DEPTH}", todo="Check the file.")
        heading = _HEADING_TAG.fullmatch(element.tag.rsplit("}", 1)[-1].lower()) is not None
        blocks.add(element.text or "", min(depth, 6) if heading else 0)
        for child in reversed(element):
            stack.append((child.tail or "", depth))
            stack.append((child, depth + 1))
    return Document(first_heading(blocks.done()), blocks.done())
