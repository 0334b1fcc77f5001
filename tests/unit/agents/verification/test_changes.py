"""What is said of the course is compared with the measurements then and now."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.models.base import EvidenceId, ImageId
from clinigraph.models.evidence import ImageNode
from clinigraph.models.imaging import ImageRole

PRIOR = ImageId("img-0")


def course(bench: Any, before: float, now: float = 0.9, **more: Any) -> Any:
    image = bench.node("img-1").value.replace(id=PRIOR, role=ImageRole.PRIOR)
    then = bench.measured(before, node_id="measurement-before", image_id=PRIOR, **more)
    return bench.case(ImageNode(id=EvidenceId(PRIOR), value=image), then, bench.measured(now))


@pytest.mark.parametrize(
    ("said", "before", "verdict", "code"),
    [
        ("is unchanged", 0.9, "SUPPORTED", "change.same"),
        ("is unchanged", 0.87, "SUPPORTED", "change.same"),
        ("is unchanged", 0.85, "CONTRADICTED", "change.mismatch"),
        ("is unchanged", 0.95, "CONTRADICTED", "change.mismatch"),
        ("has grown", 0.5, "SUPPORTED", "change.same"),
        ("has grown", 0.9, "CONTRADICTED", "change.mismatch"),
        ("has grown", 1.5, "CONTRADICTED", "change.mismatch"),
        ("has shrunk", 1.5, "SUPPORTED", "change.same"),
        ("has shrunk", 0.5, "CONTRADICTED", "change.mismatch"),
        ("has worsened", 0.5, "UNSUPPORTED", "change.unread"),
        ("was told", 0.5, "UNSUPPORTED", "change.unread"),
    ],
)
def test_a_course_passes_only_where_the_intervals_then_and_now_are_apart_in_that_direction(
    bench: Any, said: str, before: float, verdict: str, code: str
) -> None:
    found = bench.codes(course(bench, before), f"The size of the thing {said} since the prior examination.")
    assert found == {(verdict, code)}


def test_an_earlier_value_of_another_side_or_unit_is_nothing_to_compare_with(bench: Any) -> None:
    text = "The size of the thing has grown since the prior examination."
    site = bench.node("measurement-size").value.site.replace(laterality="left")
    assert bench.codes(course(bench, 0.5, site=site), text) == {("UNSUPPORTED", "change.no_prior")}
    assert bench.codes(course(bench, 0.5, unit="mm"), text) == {("UNSUPPORTED", "change.no_prior")}


def test_a_value_of_the_earlier_image_has_no_earlier_one(bench: Any) -> None:
    case = course(bench, 0.5)
    image = next(n for n in case.index.graph.nodes if n.id == PRIOR)
    old = bench.measured(0.9, image_id=PRIOR)
    found = bench.codes(bench.case(image, old), "The size of the thing is unchanged since the prior examination.")
    assert found == {("UNSUPPORTED", "change.no_prior")}


def test_what_was_not_measured_has_no_course(bench: Any) -> None:
    nodes, edges = bench.looks(5)
    found = bench.codes(bench.case(*nodes, edges=edges), "Looks odd was read as 5, unchanged since the prior film.")
    assert ("UNSUPPORTED", "change.no_prior") in found
