"""Which number of a sentence is the earlier value, which the present one, which the difference."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.courses import Role, before, earlier_words, has_prior, is_course, role
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.base import EvidenceId, ImageId
from clinigraph.models.codes import Concept, Laterality, Scheme
from clinigraph.models.evidence import ImageNode
from clinigraph.models.imaging import ImageRole

THEN, NOW, BY = Role.THEN, Role.NOW, Role.BY


def context(bench: Any, text: str, case: Any = None) -> ProseContext:
    return ProseContext(bench.claim("claim-size-value"), text, (case or bench.case()).index, bench.verifier._library)


@pytest.mark.parametrize(
    ("text", "roles", "words"),
    [
        ("It increased from 0.70 to 0.90.", [THEN, NOW], []),
        ("It lies from 0.70 to 0.90.", [NOW, NOW], []),
        ("It increased, between 0.70 and 0.90.", [NOW, NOW], []),
        ("It grew by 0.20.", [BY], []),
        ("It has shrunk by about 0.20 to 0.70.", [BY, NOW], []),
        ("It is 0.90, previously 0.70.", [NOW, THEN], ["previously "]),
        ("It is 0.90; the prior value: 0.70.", [NOW, THEN], ["the prior value: "]),
        ("The earlier value was 0.70.", [THEN], ["The earlier value was "]),
        ("It was 0.70 at the prior examination.", [THEN], [" at the prior examination"]),
        ("It was 0.70 (earlier) and is 0.90.", [THEN, NOW], [" (earlier"]),
        ("At the prior examination it was 0.70.", [THEN], ["At the prior examination"]),
        ("At the prior examination it was 0.70, it is 0.90.", [NOW, NOW], []),
        ("It is 0.90.", [NOW], []),
    ],
)
def test_each_number_has_its_role(bench: Any, text: str, roles: list[Role], words: list[str]) -> None:
    made = context(bench, text)
    assert [role(made, q) for q in made.quantities] == roles
    assert [text[a:b] for a, b in earlier_words(made)] == words


@pytest.mark.parametrize(
    ("text", "moves"),
    [("It has grown.", True), ("It fell to 5.", True), ("It is 5.", False), ("It is grownup.", False)],
)
def test_a_course_is_told_by_a_word_of_movement(bench: Any, text: str, moves: bool) -> None:
    assert is_course(context(bench, text)) is moves


def followed(bench: Any, **then: Any) -> Any:
    old = bench.node("img-1").value.replace(id=ImageId("img-0"), role=ImageRole.PRIOR)
    earlier = bench.measured(0.7, node_id="measurement-then", **{"image_id": "img-0", **then})
    return bench.case(ImageNode(id=EvidenceId("img-0"), value=old), earlier, bench.measured(0.9, image_id="img-1"))


def test_the_value_before_is_that_of_the_same_thing_on_the_prior_image(bench: Any) -> None:
    case = followed(bench)
    now = next(n.value for n in case.index.graph.nodes if n.id == "measurement-size")
    found = before(context(bench, "", case), now)
    assert found is not None
    assert (found.value, has_prior(context(bench, "", case))) == (0.7, True)
    assert before(context(bench, "", case), found) is None, "what was measured on the prior image has nothing before"


@pytest.mark.parametrize(
    "other",
    [
        {"image_id": "img-1"}, {"unit": "mm"},
        {"concept": Concept(value="GIRTH", scheme=Scheme.CLINIGRAPH, meaning="Girth")},
    ],
)  # fmt: skip
def test_another_thing_unit_or_image_is_nothing_to_compare_with(bench: Any, other: dict[str, Any]) -> None:
    case = followed(bench, **other)
    now = next(n.value for n in case.index.graph.nodes if n.id == "measurement-size")
    assert before(context(bench, "", case), now) is None


@pytest.mark.parametrize("side", [Laterality.LEFT, Laterality.UNKNOWN])
def test_the_value_before_is_of_the_same_side(bench: Any, side: Laterality) -> None:
    site = bench.node("measurement-size").value.site
    case = followed(bench, site=site.replace(laterality=side))
    now = next(n.value for n in case.index.graph.nodes if n.id == "measurement-size")
    assert (before(context(bench, "", case), now) is None) is (side is Laterality.LEFT)


def test_a_case_with_one_image_has_no_prior_one(bench: Any) -> None:
    assert not has_prior(context(bench, ""))


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        ("The size of the thing has grown by 0.20.", "SUPPORTED", "change.same"),
        ("The size of the thing has grown by 0.30.", "CONTRADICTED", "number.mismatch"),
        ("The size of the thing has grown by 0.90.", "CONTRADICTED", "number.mismatch"),
        ("The size of the thing was 0.70 at the prior examination.", "SUPPORTED", "change.then"),
        ("The size of the thing was 0.90 at the prior examination.", "CONTRADICTED", "number.mismatch"),
        ("The size of the thing has increased from 0.70 to 0.90.", "SUPPORTED", "change.same"),
        ("The size of the thing has increased from 0.60 to 0.90.", "CONTRADICTED", "number.mismatch"),
        ("The size of the thing has increased from 0.70 to 0.80.", "CONTRADICTED", "number.mismatch"),
        ("The size of the thing has decreased from 0.90 to 0.70.", "CONTRADICTED", "number.mismatch"),
    ],
)
def test_numbers_of_a_course_are_those_of_both_measurements(bench: Any, text: str, verdict: str, code: str) -> None:
    found = bench.codes(followed(bench), text)
    assert found == {(verdict, code)}
    (claim,) = bench.read(bench.case(), text)
    assert claim.verdict.value != "SUPPORTED", "without an earlier image nothing is known of a course"
