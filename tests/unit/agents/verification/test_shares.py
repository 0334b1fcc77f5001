"""How much of the weight was assessed is the impression's, said either way round."""

from __future__ import annotations

from typing import Any

import pytest

S, C, V = "SUPPORTED", "CONTRADICTED", "UNVERIFIABLE"


@pytest.mark.parametrize(
    ("text", "most", "whole"),
    [
        ("80 % of the weight was assessed.", S, C), ("81 % of the weight was assessed.", C, C),
        ("20 % of the weight was not assessed.", S, C), ("20 % of the planned weight is missing.", S, C),
        ("80 % of the weight is unassessed.", C, C), ("Only 80 % of the weight was assessed.", S, C),
        ("All of the weight was assessed.", C, S), ("Only 100 % of the weight was assessed.", C, C),
        ("None of the weight was assessed.", C, C), ("None of the weight was missing.", C, S),
    ],
)  # fmt: skip
def test_the_share_is_compared_with_the_impression_s(bench: Any, text: str, most: str, whole: str) -> None:
    for share, verdict in ((0.8, most), (1.0, whole)):
        impression = bench.report.impression.replace(assessed_share=share)
        (claim,) = bench.read(bench.case(impression=impression), text)
        assert claim.verdict.value == verdict, (share, claim.reason_code, claim.explanation)
