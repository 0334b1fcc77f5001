"""The Markdown says what the page says, and text stays text."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from clinigraph.export import to_markdown
from clinigraph.export.markdown import escape
from clinigraph.models.passages import Successor
from clinigraph.models.report import DISCLAIMER, Report

RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=80)
MARKUP = st.text(st.sampled_from("ab01 <>&\\`*_[]()#+-.!|~=:/'\"\n"), max_size=40)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "**bold** and _slanted_ and `code`",
        "# not a heading",
        "1. not a list",
        "> not a quote",
        "[click](javascript:alert(1))",
        "![picture](https://example.org/x.png)",
        "a | b",
        "--- \n---",
        "&lt;already escaped&gt;",
        "fundus_disc_cup 1.0.0",
    ],
)
def test_markup_in_a_text_shows_as_the_text_itself(text: str) -> None:
    shown = RENDERER.render(escape(text)).strip()
    assert html.unescape(shown.removeprefix("<p>").removesuffix("</p>")) == " ".join(text.split())


@given(st.one_of(TEXT, MARKUP))
def test_any_text_shows_as_itself(text: str) -> None:
    flat = " ".join(text.replace("\0", "").split())
    shown = RENDERER.render(escape(text)).strip()
    assert shown == (f"<p>{html.escape(flat, quote=False).replace(chr(34), '&quot;')}</p>" if flat else "")


@given(MARKUP)
def test_a_text_never_leaves_its_table_cell(text: str) -> None:
    shown = RENDERER.render(f"| a | b |\n| --- | --- |\n| {escape(text)} | end |\n")
    assert shown.count("<td") == 2


def test_plain_numbers_and_tool_names_stay_readable() -> None:
    assert escape("0.71 (90 % interval 0.65 to 0.78)") == "0.71 (90 % interval 0.65 to 0.78)"
    assert escape("fundus_disc_cup 1.0.0") == "fundus_disc_cup 1.0.0"


def test_a_web_address_in_a_text_is_no_link() -> None:
    assert "://" not in escape("see https://example.org")
    assert "www." not in escape("www.example.org")


def test_the_first_line_says_research_use_only(report: Report) -> None:
    assert to_markdown(report).splitlines()[0] == f"> **{DISCLAIMER}**"


def test_every_statement_indicator_passage_and_limitation_is_there(report: Report) -> None:
    text = to_markdown(report)
    for claim in (*report.claims, *(u.claim for u in report.unsupported)):
        assert escape(claim.text) in text
    for row in report.indicators:
        assert escape(row.reason) in text
        assert f"| {escape(row.name)} |" in text
    for passage in report.passages:
        assert escape(passage.text) in text
        assert passage.sha256[:12] in text
    for limitation in report.limitations:
        assert escape(limitation) in text


def test_a_newer_edition_is_named_with_the_passage(report: Report) -> None:
    newer = Successor(title="A card, *again*", publisher="A society", year=2027)
    cited = report.passages[0].replace(source=report.passages[0].source.replace(superseded_by=newer))
    text = to_markdown(report.replace(passages=(cited, *report.passages[1:])))
    assert f"> {escape(cited.text)}\n\n{escape(newer.note)}.\n" in text
    assert "Newer edition" not in to_markdown(report)


def test_the_picture_of_the_evidence_holds_no_text_that_could_end_it(report: Report) -> None:
    hostile = report.claims[0].replace(text='x"] --> n1\n```\n<script>"')
    nodes = tuple(
        n.replace(value=hostile) if n.id == hostile.id else n  # type: ignore[comparison-overlap]
        for n in report.evidence_graph.nodes
    )
    graph = report.evidence_graph.replace(nodes=nodes)
    block = to_markdown(report.replace(evidence_graph=graph)).split("```mermaid\n")[1].split("\n```")[0]
    lines = block.splitlines()[1:]
    assert len([line for line in lines if '["' in line]) == len(report.evidence_graph.nodes)
    assert all(line.count('"') in (0, 2) and "<" not in line for line in lines)


def test_a_report_without_anything_can_still_be_written(report: Report) -> None:
    bare = Report(case_id=report.case_id, question="", impression=report.impression, run=report.run)
    assert "none asked" in to_markdown(bare)


def test_the_markdown_of_the_sample_is_the_golden_one(
    pinned_report: Report, golden: Callable[[str, str], None]
) -> None:
    golden("sample_report.md", to_markdown(pinned_report))
