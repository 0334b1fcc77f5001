"""Claims of a text with the evidence that they name."""

from __future__ import annotations

import pytest

from clinigraph.agents.claims.matching import claims_of
from clinigraph.agents.claims.splitting import LONGEST_SENTENCE
from clinigraph.agents.claims.subjects import EvidenceIndex
from clinigraph.agents.claims.typing import kind_of
from clinigraph.models.base import EvidenceId, ImageId, IndicatorId, PassageId
from clinigraph.models.case import Fact
from clinigraph.models.evidence import EvidenceGraph, FactNode, ImageNode, IndicatorResultNode, PassageNode
from clinigraph.models.findings import Impression, IndicatorResult, IndicatorStatus, Met, Presence
from clinigraph.models.imaging import Image, ImageFormat, ImageGeometry
from clinigraph.models.planning import Comparator, Criterion
from clinigraph.models.reporting import ClaimKind, Section
from clinigraph.testing.doubles import make_passage

NODES = (
    FactNode(id=EvidenceId("fact-age"), value=Fact(name="age", value=61.0, unit="a")),
    PassageNode(id=EvidenceId("card#1"), value=make_passage("card#1", "Things grow larger in most people. So it is.")),
)
INDEX = EvidenceIndex(
    EvidenceGraph(nodes=NODES), Impression(decision=Presence.INDETERMINATE, condition="cataract", rationale="none")
)

PICTURE = ImageNode(
    id=EvidenceId("img-1"),
    value=Image(
        id=ImageId("img-1"), artifact_id="a" * 64, geometry=ImageGeometry(shape=(32, 48)), format=ImageFormat.PNG,
        colour=True,
    ),
)  # fmt: skip


def grounds(text: str) -> list[tuple[str, ...]]:
    return [tuple(c.evidence_ids) for c in claims_of(text, INDEX, {})]


def test_a_claim_rests_on_what_it_names() -> None:
    assert grounds("The age is 61 years.") == [("fact-age",)]
    assert grounds("The sky is blue.") == [()]


def test_a_quoted_sentence_rests_on_its_passage() -> None:
    assert grounds("Things grow  larger in most people.") == [("card#1",)]
    assert grounds("Things grow smaller in most people.") == [()]
    assert grounds("So it is.") == [()]


def test_what_points_back_rests_on_what_came_before() -> None:
    assert grounds("The age is 61 years. This is high. The sky is blue.") == [("fact-age",), ("fact-age",), ()]


def test_a_sentence_too_long_to_read_is_kept_whole_and_names_nothing() -> None:
    (claim,) = claims_of(f"The age is 61 {'very ' * LONGEST_SENTENCE}old.", INDEX, {})
    assert (claim.kind, claim.evidence_ids) == (ClaimKind.QUALITATIVE, ())


@pytest.mark.parametrize(
    ("text", "section", "kind"),
    [
        ("Repeat it.", Section.FINDINGS, ClaimKind.RECOMMENDATION),
        ("The guideline says so.", Section.FINDINGS, ClaimKind.KNOWLEDGE),
        ("It was not assessed.", Section.FINDINGS, ClaimKind.LIMITATION),
        ("It is unchanged.", Section.FINDINGS, ClaimKind.TEMPORAL),
        ("It is cataract.", Section.IMPRESSION, ClaimKind.IMPRESSION),
        ("It is large.", Section.FINDINGS, ClaimKind.COMPARATIVE),
        ("It is red.", Section.FINDINGS, ClaimKind.QUALITATIVE),
        ("It is on the left side.", Section.FINDINGS, ClaimKind.ANATOMICAL),
    ],
)
def test_a_statement_has_its_kind(text: str, section: Section, kind: ClaimKind) -> None:
    assert kind_of(text, (), section) is kind


def test_a_claim_takes_over_the_sentence_that_the_evidence_gives() -> None:
    (given,) = claims_of("The age is 61 years.", INDEX, {})
    known = {given.text: given.replace(kind=ClaimKind.RECOMMENDATION, prose=False)}
    (claim, other) = claims_of("The age is 61 years. The age is 62 years.", INDEX, known)
    assert (claim.id, claim.kind, claim.prose) == ("text-1", ClaimKind.RECOMMENDATION, True)
    assert (other.id, other.kind) == ("text-2", ClaimKind.QUANTITATIVE)


@pytest.mark.parametrize(
    ("text", "rests"),
    [
        ("The age is 61 years. This is high.", True), ("The age is 61 years. It was told.", True),
        ("The age is 61 years. The sky is blue.", False), ("The age is 61 years. Is told so.", False),
        ("The age is 61 years and is told so.", True), ("The age is 61 years and the sky is blue.", False),
        ("The age is 61 years. 5 were told.", False), ("The age is 61 years. The finding is told.", True),
    ],
)  # fmt: skip
def test_only_a_clause_without_a_subject_of_its_own_rests_on_what_came_before(text: str, rests: bool) -> None:
    first, second = grounds(text)
    assert first == ("fact-age",)
    assert second == (("fact-age",) if rests else ())


@pytest.mark.parametrize(
    ("text", "rests"),
    [
        ("This 61-year-old is here.", ("fact-age",)), ("The woman sleeps.", ("fact-age",)),
        ("The image is grey.", ("img-1",)), ("The woman in the image sleeps.", ("fact-age",)),
        ("The imagery sleeps.", ()), ("Nobody sleeps.", ()),
        ("People grow larger in most rooms.", ()), ("Things grow larger in", ("card#1",)), ("larger in most", ()),
        ("Things grow larger in most people. So it is.", ("card#1",)),
    ],
)  # fmt: skip
def test_a_sentence_that_names_no_evidence_rests_on_a_passage_a_person_or_a_picture(
    text: str, rests: tuple[str, ...]
) -> None:
    index = EvidenceIndex(EvidenceGraph(nodes=(*NODES, PICTURE)), INDEX.impression)
    assert claims_of(text, index, {}, frozenset({text}))[0].evidence_ids == rests


def test_the_words_of_a_name_say_nothing_of_the_kind_of_statement() -> None:
    tall = FactNode(id=EvidenceId("fact-x"), value=Fact(name="large_left_study", value=61.0, unit="a"))
    index = EvidenceIndex(EvidenceGraph(nodes=(tall,)), INDEX.impression)
    kinds = [claims_of(t, index, {})[0].kind for t in ("The large left study is red.", "The large left book is red.")]
    assert kinds == [ClaimKind.QUALITATIVE, ClaimKind.COMPARATIVE]


@pytest.mark.parametrize(("length", "read"), [(LONGEST_SENTENCE, True), (LONGEST_SENTENCE + 1, False)])
def test_the_longest_sentence_is_still_read(length: int, read: bool) -> None:
    text = "The age is 61 years, " + "x" * (length - 21)
    (claim,) = claims_of(text, INDEX, {})
    assert (claim.evidence_ids == ("fact-age",)) is read


def test_a_passage_is_a_ground_only_where_a_criterion_is_judged() -> None:
    rule = Criterion(indicator=IndicatorId("tallness"), comparator=Comparator.GE, threshold=3, unit="mm",
                     passage_id=PassageId("card#1"))  # fmt: skip
    value = IndicatorResult(
        id=EvidenceId("indicator-tallness"), indicator_id=IndicatorId("tallness"), name="Tallness", kind="quantitative",
        status=IndicatorStatus.COMPLETE, met=Met.YES, value=4.0, unit="mm", weight=1, criterion=rule,
    )  # fmt: skip
    index = EvidenceIndex(
        EvidenceGraph(nodes=(*NODES, IndicatorResultNode(id=value.id, value=value))), INDEX.impression
    )
    rests = {t: claims_of(t, index, {})[0].evidence_ids for t in ("Tallness is 4 mm.", "Tallness is above 3 mm.")}
    assert list(rests.values()) == [("indicator-tallness",), ("indicator-tallness", "card#1")]
    (known,) = claims_of("The guideline speaks of tallness.", index, {})
    assert known.evidence_ids == ("indicator-tallness", "card#1")


def test_sentences_of_passages_and_of_the_evidence_are_not_split() -> None:
    one, other = "It is 5 and it is red.", "It is 6 and it is blue."
    (given,) = claims_of(one, INDEX, {}, frozenset({one}))
    assert given.text == one
    assert [c.text for c in claims_of(f"{one} {other}", INDEX, {one: given}, frozenset({other}))] == [one, other]
    assert len(claims_of(f"{one} {other}", INDEX, {})) == 4


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The stage 2 size is red.", ClaimKind.QUALITATIVE), ("The stage 2 size is 3.", ClaimKind.QUANTITATIVE),
        ("The 3 of the stage 2 size.", ClaimKind.QUANTITATIVE),
        ("The large left study beside the large left study is red.", ClaimKind.QUALITATIVE),
    ],
)  # fmt: skip
def test_a_number_or_a_word_in_a_name_is_not_said_of_it(text: str, kind: ClaimKind) -> None:
    nodes = [
        FactNode(id=EvidenceId(f"fact-{name}"), value=Fact(name=name, value=61.0, unit="a"))
        for name in ("stage_2_size", "large_left_study")
    ]
    (claim,) = claims_of(text, EvidenceIndex(EvidenceGraph(nodes=tuple(nodes)), INDEX.impression), {})
    assert claim.kind is kind
