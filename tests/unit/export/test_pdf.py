"""The report as PDF: readable text, the disclaimer on every page, the same bytes twice."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from clinigraph.client.report import Report
from clinigraph.export.pdf import render_pdf
from clinigraph.testing.world import World


@pytest.fixture
async def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return await World(tmp_path_factory.mktemp("world")).report()


async def test_the_text_of_the_report_can_be_read_from_the_pdf(report: Report) -> None:
    pages = [p.extract_text() for p in PdfReader(io.BytesIO(render_pdf(report, report.pictures))).pages]
    text = " ".join(" ".join(pages).split())
    assert all(page.startswith(report.disclaimer) for page in pages)
    assert "Thingness: present." in text
    for claim in report.claims:
        assert " ".join(claim.text.split()) in text
    assert report.report_hash() in text.replace(" ", "")


async def test_the_pdf_shows_the_overlays_and_is_the_same_twice(report: Report) -> None:
    made = render_pdf(report, report.pictures)
    assert made == render_pdf(report, report.pictures)
    assert any(page.images for page in PdfReader(io.BytesIO(made)).pages)
    assert not any(page.images for page in PdfReader(io.BytesIO(render_pdf(report, {}))).pages)


async def test_the_pdf_holds_no_script_and_no_link(report: Report) -> None:
    raw = render_pdf(report, report.pictures)
    assert not any(word in raw for word in (b"/JavaScript", b"/URI", b"/Launch", b"/OpenAction /JS"))
