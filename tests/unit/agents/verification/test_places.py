"""Side, anatomy and kind of image are the evidence's."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.models.base import EvidenceId
from clinigraph.models.codes import Laterality, Modality
from clinigraph.models.evidence import ImageNode

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
