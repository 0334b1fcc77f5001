"""A sentence rests on evidence that exists and leads to pixels, facts or passages."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.base import ClaimContext
from clinigraph.agents.verification.grounding import grounding
from clinigraph.models.base import EvidenceId


def refused(bench: Any, *ids: str, without: tuple[str, ...] = ()) -> str:
    case = bench.case(without=without)
    wanted = tuple(EvidenceId(i) for i in ids)
    claim = bench.claim("claim-size-value").replace(evidence_ids=wanted)
    nodes = tuple(case.index.by_id[i] for i in wanted if i in case.index.by_id)
    outcome = grounding(ClaimContext(claim, nodes, case.index.graph, case.index.impression, bench.verifier._library))
    return "" if outcome is None else outcome.code


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        ((), "evidence.none"),
        (("made-up",), "evidence.unknown"),
        (("img-1", "made-up"), "evidence.unknown"),
        (("claim-impression",), "evidence.circular"),
        (("img-1", "claim-impression"), "evidence.circular"),
        (("img-1",), ""),
        (("fact-age",), ""),
        (("card#advice",), ""),
        (("indicator-looks",), ""),
        (("indicator-size",), ""),
        (("measurement-size",), ""),
    ],
)
def test_evidence_exists_and_leads_to_the_ground(bench: Any, ids: tuple[str, ...], code: str) -> None:
    assert refused(bench, *ids) == code


def test_evidence_whose_image_is_gone_hangs_in_the_air_unless_other_evidence_holds(bench: Any) -> None:
    gone = ("img-1",)
    assert refused(bench, "measurement-size", without=gone) == "evidence.floating"
    assert refused(bench, "indicator-size", without=gone) == "", "the criterion of an indicator has its passage"
    assert refused(bench, "indicator-looks", without=gone) == "", "what was not assessed needs no ground"
    assert refused(bench, "measurement-size", "fact-age", without=gone) == ""
