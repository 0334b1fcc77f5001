"""Guideline cards: what the schema refuses, what passages they give, and what the shipped ones hold."""

from __future__ import annotations

import html
import json
import re
import tarfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from clinigraph.errors import KnowledgeError
from clinigraph.knowledge.card_checks import check_cards, copied_runs, is_ucum
from clinigraph.knowledge.cards import CardKind, EvidenceLevel, GuidelineCard, card_passages, load_cards, read_card
from clinigraph.knowledge.protocols import load_protocols
from clinigraph.models.passages import Trust

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def card(**changes: Any) -> GuidelineCard:
    fields: dict[str, Any] = {
        "id": "society-2020",
        "topic": "A topic",
        "title": "A guideline",
        "publisher": "A society",
        "year": 2020,
        "identifier": "10.1000/1",
        "kind": "guideline",
        "specialty": "cardiology",
        "population": "Adults",
        "reviewed": date(2026, 1, 1),
        "statements": (statement(),),
    }
    return GuidelineCard.model_validate(fields | changes)


def statement(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": "first",
        "section": "Definition",
        "text": "The ratio is raised when it exceeds 0.5 in adults.",
        "strength": "definition",
        "evidence_level": "consensus",
        "criterion": {"indicator": "ratio", "comparator": ">", "threshold": 0.5, "unit": "1"},
        "indicators": ("ratio",),
    }
    return fields | changes


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"text": "One is here. Two is here. Three is here."}, "two sentences"),
        ({"text": "Two  blanks in a row are refused here."}, "single blanks"),
        ({"indicators": ()}, "criterion's indicator"),
        ({"strength": "certain"}, "strength"),
    ],
)
def test_a_statement_out_of_shape_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        card(statements=(statement(**changes),))


def test_two_statements_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="unique"):
        card(statements=(statement(), statement()))


def test_decimal_points_are_not_sentence_ends() -> None:
    text = "A value of 0.5 or 1.5 mm is one thing. A value of 2.5 mm (at 3.0 T) is another."
    assert card(statements=(statement(text=text),)).statements[0].text == text


@given(st.lists(st.text("abc äµ≥", min_size=20, max_size=40).filter(lambda t: t == " ".join(t.split())), max_size=4))
def test_spans_cut_the_normalised_text_exactly(texts: list[str]) -> None:
    made = card(statements=(statement(), *(statement(id=f"s{i}", text=t) for i, t in enumerate(texts))))
    for passage in card_passages(made):
        assert made.normalised_text[passage.span.start : passage.span.end] == passage.text


def test_passages_carry_the_source_in_full() -> None:
    passage = card_passages(card())[0]
    assert passage.id == "society-2020#first"
    assert passage.section == "A topic › Definition"
    assert passage.source.trust is Trust.EMBEDDED
    assert (passage.source.year, passage.source.identifier, passage.source.kind) == (2020, "10.1000/1", "guideline")


def test_criteria_point_to_the_passage_that_states_them() -> None:
    assert [c.passage_id for c in card().criteria()] == ["society-2020#first"]


@pytest.mark.parametrize(
    ("kind", "year", "flagged"),
    [("guideline", 2021, False), ("guideline", 2020, True), ("consensus", 2016, False), ("study", 2010, True)],
)
def test_cards_older_than_the_span_of_their_kind_are_flagged(kind: str, year: int, flagged: bool) -> None:
    assert card(kind=CardKind(kind), year=year).may_be_outdated(date(2026, 6, 1)) is flagged


def test_a_card_may_state_its_own_span() -> None:
    assert not card(year=2000, currency_years=50).may_be_outdated(date(2026, 6, 1))


NEWER = {"title": "A guideline, again", "publisher": "A society", "year": 2026, "identifier": "10.1000/2"}


@pytest.mark.parametrize("partial", [False, True])
def test_a_card_with_a_newer_edition_is_flagged_whatever_its_age(partial: bool) -> None:
    made = card(year=2025, currency_years=50, superseded_by=NEWER | {"partial": partial})
    assert made.may_be_outdated(date(2026, 6, 1))


@pytest.mark.parametrize("year", [2019, 2020])
def test_a_newer_edition_must_be_of_a_later_year(year: int) -> None:
    with pytest.raises(ValidationError, match="later year"):
        card(superseded_by=NEWER | {"year": year})


def test_passages_name_the_newer_edition() -> None:
    newer = card_passages(card(superseded_by=NEWER))[0].source.superseded_by
    assert newer is not None
    assert newer.note == "Newer edition: A guideline, again (A society, 2026; 10.1000/2)"
    assert newer.replace(partial=True, identifier=None).note.startswith("Revised in part by: A guideline, again (A soc")


def test_a_file_that_is_no_card_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("id: [", encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"broken\.yaml"):
        read_card(path)
    path.write_text("id: broken\nyear: soon\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"topic.*broken\.yaml"):
        read_card(path)


def test_a_card_must_be_named_after_its_id(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(yaml.safe_dump(json.loads(card().model_dump_json())), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"society-2020\.yaml"):
        read_card(path)


@pytest.mark.parametrize("unit", ["mm[Hg]", "1", "%", "mL/min/{1.73_m2}", "[hnsf'U]", "[diop]", "ug/L", "{CFU}/mL"])
def test_ucum_units_are_known(unit: str) -> None:
    assert is_ucum(unit)


@pytest.mark.parametrize("unit", ["mmHg", "percent", "HU", ""])
def test_other_units_are_not(unit: str) -> None:
    assert not is_ucum(unit)


def test_the_checker_finds_a_threshold_that_the_text_does_not_state() -> None:
    wrong = statement(criterion={"indicator": "ratio", "comparator": ">", "threshold": 0.6, "unit": "mmHg"})
    messages = " ".join(p.message for p in check_cards((card(statements=(wrong,)),)))
    assert "threshold 0.6" in messages
    assert "UCUM" in messages


@pytest.mark.parametrize(
    "identifier",
    ["10.1016/j.some.2014.10.003", "10.1148/radiol.2023192094", "10.1164/rccm.201202-039", "10.1136/thx-2010-13"],
)
def test_the_checker_finds_a_doi_of_another_year(identifier: str) -> None:
    named = [p.passage_id for p in check_cards((card(), card(id="another-2020", identifier=identifier)))]
    assert named == ["another-2020"]
    successor = NEWER | {"identifier": identifier}
    assert [p.passage_id for p in check_cards((card(superseded_by=successor),))] == ["society-2020"]


@pytest.mark.parametrize(
    "identifier",
    ["10.1016/j.some.2019.10.003", "10.1148/radiol.2019192094", "10.1164/rccm.202002-0399ST", "10.1161/AHA.109.192704"],
)
def test_a_doi_of_the_year_before_print_or_of_no_year_is_let_pass(identifier: str) -> None:
    assert check_cards((card(identifier=identifier),)) == ()


def test_the_checker_finds_a_card_that_is_its_own_newer_edition() -> None:
    messages = [p.message for p in check_cards((card(superseded_by=NEWER | {"identifier": card().identifier}),))]
    assert messages == ["is named as its own newer edition"]


def test_the_checker_finds_eight_words_in_a_row() -> None:
    text = "The Ratio is, raised when it exceeds 0.5 in children."
    assert [p.passage_id for p in copied_runs((card(),), ["nothing", text])] == ["society-2020#first"]
    assert copied_runs((card(),), ["the ratio is raised when it surpasses 0.5 in adults"]) == ()


def test_the_shipped_cards_pass_every_check() -> None:
    assert check_cards(load_cards()) == ()


def test_newer_editions_are_none_of_the_cards_and_were_out_when_the_card_was_checked() -> None:
    cards = load_cards()
    own = {c.identifier for c in cards}
    newer = [(c, c.superseded_by) for c in cards if c.superseded_by is not None]
    assert len(newer) >= 20
    assert [c.id for c, n in newer if n.identifier in own or n.year > c.reviewed.year] == []


def test_no_single_study_rates_its_own_evidence() -> None:
    studies = [s for c in load_cards() if c.kind is CardKind.STUDY for s in c.statements]
    assert {s.evidence_level for s in studies} == {EvidenceLevel.NOT_GRADED}


def test_the_shipped_cards_cover_sixty_topics_and_twelve_fields() -> None:
    cards = load_cards()
    assert len({c.topic for c in cards}) >= 60
    assert len({c.specialty for c in cards}) >= 12


def test_every_passage_that_a_protocol_cites_is_a_card_statement() -> None:
    known = {p.id for c in load_cards() for p in card_passages(c)}
    criteria = {c.passage_id: c for card_ in load_cards() for c in card_.criteria()}
    for protocol in load_protocols():
        for indicator in protocol.indicators:
            assert set(indicator.passage_ids) <= known
            if indicator.criterion is not None:
                assert criteria[indicator.criterion.passage_id] == indicator.criterion
        assert set(protocol.recommendation_passage_ids) <= known


def test_loading_parses_each_folder_once() -> None:
    assert load_cards() is load_cards()


@pytest.mark.data
@pytest.mark.slow
def test_no_statement_repeats_eight_words_of_the_shared_corpora() -> None:
    archives = sorted(DATA.glob("corpus_*/*.tar.gz"))
    if not archives:
        pytest.skip("the shared corpora are not here")
    assert copied_runs(load_cards(), _texts(archives)) == ()


def _texts(archives: list[Path]) -> Iterator[str]:
    for path in archives:
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member)
                if file is not None:
                    raw = html.unescape(html.unescape(file.read().decode("utf-8", "replace")))
                    yield re.sub(r"<[^>]+>", " ", raw)
