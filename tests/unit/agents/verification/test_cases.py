"""What a sentence says that the case lacks is looked up in the evidence."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.models.evidence import ImageNode, IndicatorResultNode

S, C = "SUPPORTED", "CONTRADICTED"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The case holds no image.", ImageNode), ("No image was given.", ImageNode),
        ("No protocol was run.", IndicatorResultNode),
    ],
)  # fmt: skip
def test_what_is_lacking_is_lacking(bench: Any, text: str, kind: type) -> None:
    assert {v for v, _ in bench.codes(bench.case(), text)} == {C}
    nodes = bench.report.evidence_graph.nodes
    without = tuple(n.id for n in nodes if isinstance(n, kind))
    (claim,) = bench.read(bench.case(without=without), text)
    assert claim.verdict.value == S
    assert claim.evidence_ids
