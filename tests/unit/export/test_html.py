"""The page is self-contained, complete and inert: whatever stands in a text is shown, never run."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinigraph.artifacts import ArtifactStore
from clinigraph.export import to_html
from clinigraph.export.overlays import list_overlays, render_overlays
from clinigraph.models.findings import Presence
from clinigraph.models.passages import Successor, text_sha256
from clinigraph.models.report import DISCLAIMER, Report

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg onload=alert(1)>{{7*7}}</style></title>"
VOID = {"meta", "link", "img", "br"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """All elements of a page with the text inside them; complains about elements that are not closed in order."""

    source: str
    elements: list[Element] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)
        self.close()
        assert not self._open, f"not closed: {[e.tag for e in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, kind: str = "") -> list[Element]:
        return [
            e for e in self.elements if e.tag == tag and (not kind or kind in (e.attributes.get("class") or "").split())
        ]


def everywhere(report: Report, text: str) -> Report:
    """Return the report with a text in every place that a text can come from."""
    passage = report.passages[0]
    hurt = passage.replace(
        text=text, sha256=text_sha256(text), section=text,
        source=passage.source.replace(title=text, publisher=text),
    )  # fmt: skip
    claim = report.claims[0].replace(text=text, explanation=text, verifier=text)
    fresh = {str(hurt.id): hurt, str(claim.id): claim}
    run = report.run.replace(arguments_given={text: text}, settings_resolved={text: text}, models={text: text})
    return report.replace(
        question=text,
        passages=(hurt, *report.passages[1:]),
        claims=(claim, *report.claims[1:]),
        limitations=(text,),
        indicators=(report.indicators[0].replace(name=text, reason=text), *report.indicators[1:]),
        impression=report.impression.replace(condition=text, rationale=text),
        unsupported=(report.unsupported[0].replace(reason=text),),
        overlays=tuple(o.replace(caption=text) for o in report.overlays),
        evidence_graph=report.evidence_graph.replace(
            nodes=tuple(
                n.replace(value=fresh[str(n.id)]) if str(n.id) in fresh else n for n in report.evidence_graph.nodes
            )
        ),
        run=run,
    )


def test_hostile_text_makes_no_element_and_no_attribute(pinned_report: Report) -> None:
    calm, hostile = Page(to_html(pinned_report)), Page(to_html(everywhere(pinned_report, ATTACK)))
    assert {e.tag for e in hostile.elements} == {e.tag for e in calm.elements}
    assert not [a for e in hostile.elements for a in e.attributes if a.startswith("on")]
    assert not [e for e in hostile.elements if e.tag == "script"]
    assert "49" not in hostile.all("h1")[0].text


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=60))
def test_any_question_is_shown_as_it_was_asked(pinned_report: Report, text: str) -> None:
    page = Page(to_html(pinned_report.replace(question=text)))
    assert page.all("h1")[0].text == text


def test_the_page_asks_for_nothing_outside_itself(report: Report, artifacts: ArtifactStore) -> None:
    graph = report.evidence_graph
    shown = report.replace(overlays=list_overlays(graph))
    page = Page(to_html(shown, pictures=render_overlays(graph, artifacts)))
    for element in page.elements:
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            target = element.attributes.get(name)
            assert target is None or target.startswith(("#", "data:"))
    assert "url(" not in page.all("style")[0].text
    assert "@import" not in page.all("style")[0].text
    assert not page.all("script")


def test_the_policy_allows_this_style_sheet_and_nothing_else(report: Report) -> None:
    page = Page(to_html(report))
    policy = next(e.attributes["content"] for e in page.all("meta") if "http-equiv" in e.attributes)
    digest = base64.b64encode(hashlib.sha256(page.all("style")[0].text.encode()).digest()).decode()
    assert policy is not None
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert not [e for e in page.elements if "style" in e.attributes]


def test_research_use_only_is_the_first_thing_on_the_page(report: Report) -> None:
    body = to_html(report).split("<body>")[1]
    assert re.sub(r"<[^>]*>", "", body).strip().startswith(DISCLAIMER)


@pytest.mark.parametrize("decision", list(Presence))
def test_a_decision_is_said_in_a_word_a_shape_and_a_tone(report: Report, decision: Presence) -> None:
    page = Page(to_html(report.replace(impression=report.impression.replace(decision=decision))))
    assert page.all("section", "impression")[0].attributes["class"] == f"impression {decision.value}"
    assert decision.value in page.all("p", "decision")[0].text


def test_shapes_of_decisions_differ(report: Report) -> None:
    marks = set()
    for decision in Presence:
        text = to_html(report.replace(impression=report.impression.replace(decision=decision)))
        marks.add(text.split('class="mark"')[1].split("</svg>")[0])
    assert len(marks) == len(Presence)


def test_score_range_and_threshold_are_drawn_and_said(report: Report) -> None:
    page = Page(to_html(report))
    bar = page.all("svg", "bar")[0]
    assert bar.attributes["aria-label"] == "Score 0.73 (from 0.48 to 0.98), threshold 0.4, on a scale from 0 to 1"
    assert "70 % of the planned weight" in page.all("section", "impression")[0].text


def test_no_score_means_no_bar(report: Report) -> None:
    empty = report.impression.replace(
        decision=Presence.INDETERMINATE, score=None, score_low=None, score_high=None, assessed_share=0.0
    )
    page = Page(to_html(report.replace(impression=empty)))
    assert not page.all("svg", "bar")
    assert "nothing was assessed" in page.all("section", "impression")[0].text


def test_the_table_says_value_interval_criterion_outcome_weight_and_reason(report: Report) -> None:
    rows = [" ".join(e.text.split()) for e in Page(to_html(report)).all("tr")[1:]]
    assert len(rows) == len(report.indicators)
    for part in ("0.71", "90 % interval 0.65 to 0.78", "≥ 0.7", "[1]", "Uncertain", "0.35", "both sides"):
        assert part in rows[0]
    assert "24 mmHg" in rows[5]
    assert "no interval" in rows[5]
    assert "Not assessed" in rows[3]
    assert "No image-reading model" in rows[3]


def test_every_statement_opens_to_its_evidence(report: Report) -> None:
    page = Page(to_html(report))
    items = page.all("li", "claim")
    assert len(items) == len(report.claims) + len(report.unsupported)
    criterion = " ".join(next(e.text for e in items if "neither surely" in e.text).split())
    for part in ("cup height over disc height", "split conformal", "a tilted camera", "fundus_disc_cup 1.0.0",
                 "600 × 480 px", "no millimetres", report.passages[0].text, "Supported"):  # fmt: skip
        assert part in criterion


def test_what_was_left_out_says_why_and_what_speaks_against_it(report: Report) -> None:
    section = next(e for e in Page(to_html(report)).all("section") if e.attributes.get("id") == "not-supported")
    text = " ".join(section.text.split())
    assert "The sentence gives 0.82; the measured ratio is 0.71." in text
    assert "Speaks against it" in text
    assert "Contradicted" in text


def test_a_newer_edition_is_named_with_the_passage(pinned_report: Report) -> None:
    newer = Successor(title="A card, again", publisher="A society", year=2027, partial=True)
    cited = pinned_report.passages[0].replace(source=pinned_report.passages[0].source.replace(superseded_by=newer))
    page = Page(to_html(pinned_report.replace(passages=(cited, *pinned_report.passages[1:]))))
    assert newer.note in [e.text for e in page.all("p", "fine")]
    assert "Revised in part by" not in to_html(pinned_report)


def test_ids_are_unique_and_every_inner_link_arrives(pinned_report: Report) -> None:
    page = Page(to_html(pinned_report))
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(set(ids)) == len(ids)
    links = [e.attributes["href"] or "" for e in page.all("a")]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(ids)


def test_a_picture_that_is_not_at_hand_is_named_as_missing(pinned_report: Report) -> None:
    page = Page(to_html(pinned_report))
    assert page.all("p", "missing")
    assert not page.all("img")


def test_the_same_report_gives_the_same_page(pinned_report: Report) -> None:
    assert to_html(pinned_report) == to_html(pinned_report)


def test_a_report_without_anything_can_still_be_shown(report: Report) -> None:
    bare = Report(case_id=report.case_id, question="", impression=report.impression, run=report.run)
    page = Page(to_html(bare))
    assert page.all("h1")[0].text == "Glaucoma"
    assert not page.all("table")
