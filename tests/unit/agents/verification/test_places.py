"""Side, anatomy and kind of image are the evidence's."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.places import image_kind, organs
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.base import EvidenceId
from clinigraph.models.codes import Laterality, Modality
from clinigraph.models.evidence import ImageNode
from clinigraph.models.reporting import ClaimKind

S, C = "SUPPORTED", "CONTRADICTED"


def film(bench: Any, side: Laterality = Laterality.LEFT) -> Any:
    image = bench.node("img-1").value.replace(modality=Modality.CHEST_FILM, laterality=side)
    return bench.case(ImageNode(id=EvidenceId("img-1"), value=image))


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        ("The image is a chest film.", S, "modality.same"),
        ("The image is a fundus photograph.", C, "modality.mismatch"),
        ("The image is a CT scan.", C, "modality.mismatch"),
        ("The retina is clear.", C, "modality.mismatch"),
        ("The size of the thing in the liver is 0.90.", C, "modality.mismatch"),
        ("The size of the thing on the left side is 0.90.", S, "number.traced"),
        ("The size of the thing on the right side is 0.90.", C, "side.mismatch"),
        ("The size of the thing on both sides is 0.90.", C, "side.mismatch"),
        ("The size of the thing in the apical quadrant is 0.90.", "UNSUPPORTED", "anatomy.unknown"),
    ],
)
def test_the_header_says_what_the_image_is_and_of_which_side(bench: Any, text: str, verdict: str, code: str) -> None:
    assert bench.codes(film(bench), text) == {(verdict, code)}


def test_what_the_images_do_show_is_not_refused_as_another_part(bench: Any) -> None:
    for text in ("The lungs are clear.", "The heart is clear.", "The size of the thing beside the heart is 0.90."):
        assert (C, "modality.mismatch") not in bench.codes(film(bench), text)


def test_without_a_header_the_pixels_say_what_the_image_is(bench: Any) -> None:
    image = bench.node("img-1")
    case = bench.case(image.replace(value=image.value.replace(modality=Modality.UNKNOWN)))
    assert bench.codes(case, "The image is a fundus photograph.") == {(S, "modality.same")}
    assert bench.codes(case, "The lungs are clear.") == {(C, "modality.mismatch")}


def test_a_measurement_of_both_sides_is_of_both(bench: Any) -> None:
    site = bench.node("measurement-size").value.site.replace(laterality=Laterality.BILATERAL)
    case = bench.case(bench.measured(0.9, site=site))
    assert bench.codes(case, "The size of the thing on both sides is 0.90.") == {(S, "number.traced")}
    assert bench.codes(case, "The size of the thing on the left side is 0.90.") == {(C, "side.mismatch")}


def test_where_nothing_says_what_the_image_is_no_kind_passes(bench: Any) -> None:
    unknown = bench.node("finding-kind-img-1")
    unknown = unknown.replace(value=unknown.value.replace(text="Nobody could tell."))
    image = bench.node("img-1")
    image = image.replace(value=image.value.replace(modality=Modality.UNKNOWN))
    found = bench.codes(bench.case(unknown, image), "The image is a fundus photograph.")
    assert found == {("UNSUPPORTED", "modality.unknown")}


@pytest.mark.parametrize(
    ("kinds", "text", "refused"),
    [
        ((Modality.CHEST_FILM,), "The liver is clear.", "The case is a chest film; the sentence speaks of: abdomen."),
        ((Modality.CHEST_FILM,), "The liver and brain are clear.", "the sentence speaks of: abdomen, brain."),
        ((Modality.CHEST_FILM,), "The lungs and the liver are clear.", ""),
        ((Modality.CHEST_FILM,), "All is clear.", ""),
        ((Modality.CT,), "The liver is clear.", ""),
        ((Modality.CT, Modality.CHEST_FILM), "The liver is clear.", ""),
        ((Modality.FUNDUS, Modality.CHEST_FILM), "The lungs are clear.", ""),
        ((Modality.FUNDUS, Modality.CHEST_FILM), "The liver is clear.", "The case is a chest film, fundus photograph;"),
    ],
)
def test_a_part_is_refused_where_every_image_is_known_to_show_others(
    bench: Any, kinds: tuple[Modality, ...], text: str, refused: str
) -> None:
    image = bench.node("img-1").value
    nodes = [ImageNode(id=EvidenceId(f"img-{i + 1}"), value=image.replace(modality=k)) for i, k in enumerate(kinds)]
    (claim,) = bench.read(bench.case(*nodes), text)
    assert (claim.reason_code == "modality.mismatch") is bool(refused)
    assert refused in claim.explanation


def vouched(bench: Any, text: str) -> list[str]:
    case = bench.case()
    context = ProseContext(bench.claim("claim-size-value"), text, case.index, bench.verifier._library)
    outcome = image_kind(context)
    return [] if outcome is None else [text[a:b] for a, b in outcome.spans]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The thing is outlined on the fundus photograph.", ["fundus photograph", "thing"]),
        ("The size of the thing is outlined.", []),
        ("The thing is here, the size of the thing there.", ["thing"]),
        ("The size of the thing is here, the thing there.", ["thing"]),
        ("The thing, the size of the thing, the thing.", ["thing", "thing"]),
        ("Nothing is outlined.", []),
    ],
)
def test_what_was_outlined_may_be_spoken_of_and_a_name_is_left_to_its_own_check(
    bench: Any, text: str, words: list[str]
) -> None:
    assert vouched(bench, text) == words


def test_an_outline_without_pixels_is_none(bench: Any) -> None:
    node = next(n for n in bench.report.evidence_graph.nodes if n.kind.value == "label_map")
    (segment,) = node.value.segments
    empty = node.replace(value=node.value.replace(segments=(segment.replace(pixel_count=0),)))
    case = bench.case(empty)
    context = ProseContext(
        bench.claim("claim-size-value"), "The thing is outlined.", case.index, bench.verifier._library
    )
    assert image_kind(context) is None


def test_an_image_of_one_kind_is_not_of_another_that_the_case_does_not_have(bench: Any) -> None:
    image = bench.node("img-1").value
    other = ImageNode(id=EvidenceId("img-2"), value=image.replace(modality=Modality.CT))
    film_ = ImageNode(id=EvidenceId("img-1"), value=image.replace(modality=Modality.CHEST_FILM))
    (claim,) = bench.read(bench.case(film_, other), "The image is a fundus photograph.")
    assert claim.explanation == "The case is a chest film, computed tomography."


@pytest.mark.parametrize("name", ["left thingness", "thingness of the left side"])
def test_a_side_in_a_name_is_not_said_of_the_case(bench: Any, name: str) -> None:
    case = bench.case(impression=bench.report.impression.replace(condition=name))
    assert bench.codes(case, f"There is {name}.") == {(S, "presence.same")}
    assert bench.codes(case, f"There is {name} on the right side.") == {("UNSUPPORTED", "side.unknown")}


@pytest.mark.parametrize(
    ("side", "text", "verdict", "code"),
    [
        (Laterality.UNKNOWN, "The size of the thing on the left side is 0.90.", "UNSUPPORTED", "side.unknown"),
        (Laterality.BILATERAL, "The size of the thing on both sides is 0.90.", S, "number.traced"),
        (Laterality.BILATERAL, "The size of the thing on the left and the right side is 0.90.", S, "number.traced"),
        (Laterality.BILATERAL, "The size of the thing on the right side is 0.90.", C, "side.mismatch"),
        (Laterality.RIGHT, "The size of the thing on the right side is 0.90.", S, "number.traced"),
        (Laterality.RIGHT, "The size of the thing on the left side is 0.90.", C, "side.mismatch"),
    ],
)
def test_without_a_side_of_its_own_a_measurement_has_that_of_the_image(
    bench: Any, side: Laterality, text: str, verdict: str, code: str
) -> None:
    assert bench.codes(film(bench, side), text) == {(verdict, code)}


def test_the_side_of_the_evidence_is_told(bench: Any) -> None:
    (claim,) = bench.read(film(bench, Laterality.BILATERAL), "The size of the thing on the left side is 0.90.")
    assert claim.explanation == "The evidence is of the left and the right side."


@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        ("The size of the heart in the lungs is 0.90.", ClaimKind.QUANTITATIVE, True),
        ("The size of the heart in the heart is 0.90.", ClaimKind.QUANTITATIVE, False),
        ("The size of the heart beside the lungs and the heart is 0.90.", ClaimKind.QUANTITATIVE, False),
        ("The size of the heart in the lungs is large.", ClaimKind.QUANTITATIVE, False),
        ("The size of the heart in the lungs is 0.90.", ClaimKind.KNOWLEDGE, False),
        ("The size of the heart in the lungs is 0.90.", ClaimKind.RECOMMENDATION, False),
        ("The pressure in the lungs is 25 mmHg.", ClaimKind.QUANTITATIVE, False),
    ],
)
def test_a_number_of_one_part_is_not_told_of_another(bench: Any, text: str, kind: ClaimKind, told: bool) -> None:
    node = bench.node("indicator-size")
    image = bench.node("img-1").value.replace(modality=Modality.CHEST_FILM)
    case = bench.case(
        node.replace(value=node.value.replace(name="Size of the heart")),
        ImageNode(id=EvidenceId("img-1"), value=image),
    )
    claim = bench.claim("claim-size-value").replace(kind=kind)
    outcome = organs(ProseContext(claim, text, case.index, bench.verifier._library))
    assert (outcome is not None) is told
    assert outcome is None or (outcome.code, outcome.sentence) == ("anatomy.other", "The evidence is of the heart.")
