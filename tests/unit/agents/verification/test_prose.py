"""What a sentence in free wording is read to speak of, place by place."""

from __future__ import annotations

import re
from typing import Any

import pytest

from clinigraph.agents.verification.prose import ProseContext, first
from clinigraph.agents.verification.verifier import RuleVerifier
from clinigraph.knowledge.terminology.contract import Candidate, Mention
from clinigraph.models.base import EvidenceId
from clinigraph.models.codes import Concept, Laterality, Scheme
from clinigraph.models.evidence import PassageNode
from clinigraph.models.passages import Source, Span, Trust
from clinigraph.models.reporting import ClaimKind

TEXT = "Nobody knows: the size of the thing is 5 and the pressure is 6."
SIZE, PRESSURE = "Size of the thing", "Pressure"


def read(
    bench: Any, text: str, *, kind: ClaimKind = ClaimKind.QUALITATIVE, inherited: Any = (), case: Any = None
) -> Any:
    case = case or bench.case()
    claim = bench.claim("claim-size-value").replace(text=text, kind=kind)
    return ProseContext(claim, text, case.index, bench.verifier._library, tuple(inherited))


def names(subjects: Any) -> set[str]:
    return {s.name for s in subjects}


@pytest.mark.parametrize(
    ("word", "name"),
    [("Nobody", SIZE), ("size", SIZE), ("is 5", SIZE), ("and", SIZE), ("pressure", PRESSURE), ("is 6", PRESSURE)],
)
def test_a_word_speaks_of_the_name_before_it_or_else_of_the_first(bench: Any, word: str, name: str) -> None:
    assert name in names(read(bench, TEXT).subjects_at(TEXT.index(word)))


@pytest.mark.parametrize(
    ("text", "word", "name"),
    [
        ("The size of the thing beside raised pressure.", "raised", PRESSURE),
        ("The size of the thing beside raised, pressure.", "raised", SIZE),
        ("The size of the thing is raised.", "raised", SIZE),
        ("Raised size of the thing, then pressure.", "Raised", SIZE),
    ],
)
def test_a_word_just_before_a_name_speaks_of_it(bench: Any, text: str, word: str, name: str) -> None:
    start = text.index(word)
    found = names(read(bench, text).subjects_beside(start, start + len(word)))
    assert (name in found, len(found & {SIZE, PRESSURE})) == (True, 1)


def test_what_names_nothing_speaks_of_what_came_before(bench: Any) -> None:
    inherited = read(bench, "The size of the thing.").subjects
    made = read(bench, "It is 5.", inherited=inherited)
    assert made.subjects == made.subjects_at(0) == inherited
    assert read(bench, "It is 5.").subjects == ()
    assert SIZE not in names(read(bench, "Pressure is 5.", inherited=inherited).subjects)


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("The size of the thing and the pressure meet it.", ["size of the thing", "pressure"]),
        ("The size of the thing, the pressure, and thingness meet it.", ["size of the thing", "pressure", "thingness"]),
        ("The size of the thing & pressure meet it.", ["size of the thing", "pressure"]),
        ("The size of the thing beside the pressure meets it.", ["size of the thing"]),
        ("The size of the thing beside the pressure and thingness meet it.", ["pressure", "thingness"]),
        ("It is said to meet it with pressure.", []),
    ],
)
def test_names_joined_by_and_share_what_is_said(bench: Any, text: str, joined: list[str]) -> None:
    assert [text[h.start : h.end] for h in read(bench, text).joined(text.index("meet"))] == joined


def test_a_number_inside_a_name_is_none(bench: Any) -> None:
    node = bench.node("indicator-looks")
    case = bench.case(node.replace(value=node.value.replace(name="Looks 7 odd")))
    assert [q.readings for q in read(bench, "Looks 7 odd is 5, not 7.", case=case).quantities] == [(5.0,), (7.0,)]
    assert [q.readings for q in read(bench, "7 looks 7 odd", case=case).quantities] == [(7.0,)]


@pytest.mark.parametrize(
    ("text", "start"),
    [("thingness of the thing", 17), ("thing and thingness", 0), ("size of the thing", None), ("the thing thing", 4)],
)
def test_words_are_found_outside_the_names(bench: Any, text: str, start: int | None) -> None:
    match = read(bench, text).find(re.compile("thing"))
    assert (match.start() if match else None) == start


@pytest.mark.parametrize(
    ("text", "doubted"),
    [("It is undecided whether it is so.", True), ("It cannot be decided.", True), ("It may be so.", False)],
)
def test_words_that_leave_it_open_are_heard(bench: Any, text: str, doubted: bool) -> None:
    assert read(bench, text).doubted is doubted


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("It is 5 on the left side.", {Laterality.LEFT}), ("It is 5 on the right side.", {Laterality.RIGHT}),
        ("It is 5.", {Laterality.LEFT, Laterality.RIGHT}),
        ("It is 5 on the left and on the right side.", {Laterality.LEFT, Laterality.RIGHT}),
        ("It is 5 on both sides.", {Laterality.LEFT, Laterality.RIGHT}),
    ],
)  # fmt: skip
def test_of_two_sides_the_one_named_is_meant(bench: Any, text: str, sides: set[Laterality]) -> None:
    site = bench.node("measurement-size").value.site
    nodes = [
        bench.measured(0.9, node_id=f"measurement-{side.value}", site=site.replace(laterality=side))
        for side in (Laterality.LEFT, Laterality.RIGHT)
    ]
    case = bench.case(*nodes)
    both = tuple(s for s in case.index.subjects if s.measurement is not None and s.ids[0] in {n.id for n in nodes})
    made = read(bench, text, case=case)
    assert {s.laterality for s in made.sided(both)} == sides
    assert made.sided(both[:1]) == both[:1], "one alone is kept, whatever its side: another check speaks of it"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("By ISGEO 2002 it is large.", "ISGEO"), ("By ISGEO (2002) it is large.", "ISGEO"),
        ("By ISGEO and WHO, 1998, it is large.", "ISGEO"), ("By ISGEO it is large.", ""),
        ("By WGA 2002 it is large.", ""), ("By WGA 2001, then ISGEO 2002 it is large.", "ISGEO"),
        ("By ISGEO 2202 it is large.", ""),
    ],
)  # fmt: skip
def test_a_cited_source_with_a_year_makes_a_sentence_general(bench: Any, text: str, named: str) -> None:
    source = Source(id="isgeo-2002", title="Foster", publisher="BJO", year=2002, trust=Trust.EMBEDDED)
    passage = bench.node("card#other").value.replace(source=source)
    case = bench.case(PassageNode(id=EvidenceId("card#other"), value=passage))
    made = read(bench, text, case=case)
    assert (made.source_with_year, made.general) == (named, bool(named))
    assert read(bench, text, case=case, kind=ClaimKind.KNOWLEDGE).general


def test_the_first_of_nothing_is_none(bench: Any) -> None:
    subjects = read(bench, TEXT).subjects
    assert first(subjects) is subjects[0]
    assert first(()) is None


class Knows:
    """A terminology that knows one word."""

    def link(self, text: str) -> list[Mention]:
        concept = Concept(value="O", scheme=Scheme.CLINIGRAPH, meaning="thing")
        known = Candidate(concept=concept, cui="C0000001", score=1.0, matched="thing")
        return [
            Mention(span=Span(start=m.start(), end=m.end()), text=m.group(), candidates=(known,))
            for m in re.finditer(r"\bthing\b", text)
        ]


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("The thing is here.", [4]), ("The size of the thing is here.", []), ("Thing and size of the thing.", []),
        ("The thing, the size of the thing, the thing.", [4, 38]),
    ],
)  # fmt: skip
def test_what_a_terminology_finds_inside_a_name_is_no_stranger(bench: Any, text: str, starts: list[int]) -> None:
    report = bench.report
    case = RuleVerifier(bench.verifier._library, Knows()).case(report.evidence_graph, report.impression)
    assert [m.span.start for m in read(bench, text, case=case).mentions] == starts
