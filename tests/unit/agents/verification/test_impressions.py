"""The impression is weighed again, rests on every indicator, and says what was decided of the condition asked about."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.base import ClaimContext, Outcome
from clinigraph.agents.verification.impressions import impressions
from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import EvidenceGraph, IndicatorResultNode
from clinigraph.models.findings import Impression, Presence
from clinigraph.models.reporting import ClaimKind

PRESENT = "Signs of thingness are present."


def outcome(
    bench: Any, text: str = PRESENT, impression: Impression | None = None, kind: ClaimKind = ClaimKind.IMPRESSION,
    only: int = 3,
) -> Outcome | None:  # fmt: skip
    graph = bench.report.evidence_graph
    nodes = tuple(n for n in graph.nodes if isinstance(n, IndicatorResultNode))[:only]
    claim = bench.claim("claim-impression").replace(text=text, kind=kind, evidence_ids=tuple(n.id for n in nodes))
    return impressions(
        ClaimContext(claim, nodes, graph, impression or bench.report.impression, bench.verifier._library)
    )


def code(*given: Any, **more: Any) -> str:
    found = outcome(*given, **more)
    return "" if found is None else found.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PRESENT, "impression.recomputed"),
        ("Signs of THINGNESS are present.", "impression.recomputed"),
        ("The weighted score is 1.00.", "impression.recomputed"),
        ("Signs of thingness are absent.", "impression.decision"),
        ("Signs of thingness are not present.", "impression.decision"),
        ("Signs of thingness are indeterminate.", "impression.decision"),
        ("Signs of cataract are present.", "impression.condition"),
    ],
)
def test_the_sentence_says_the_decision_on_the_condition(bench: Any, text: str, expected: str) -> None:
    found = outcome(bench, text)
    assert found is not None
    assert found.code == expected
    assert (found.verdict.value == "SUPPORTED") is (expected == "impression.recomputed")


@pytest.mark.parametrize("kind", list(ClaimKind))
def test_other_sentences_are_for_other_checks(bench: Any, kind: ClaimKind) -> None:
    assert (outcome(bench, kind=kind) is None) is (kind is not ClaimKind.IMPRESSION)


@pytest.mark.parametrize("only", [0, 1, 2])
def test_every_indicator_is_named(bench: Any, only: int) -> None:
    found = outcome(bench, only=only)
    assert found is not None
    assert found.code == "impression.incomplete"
    left_out = [n.id for n in bench.report.evidence_graph.nodes if isinstance(n, IndicatorResultNode)][only:]
    assert found.sentence == f"The impression leaves out {', '.join(sorted(left_out))}."


@pytest.mark.parametrize("field", ["score", "score_low", "score_high", "assessed_share"])
@pytest.mark.parametrize("step", [-0.05, 0.05])
def test_every_number_of_the_impression_is_weighed_again(bench: Any, field: str, step: float) -> None:
    given = bench.report.impression
    value = getattr(given, field) + step
    if 0 <= value <= 1:
        changed = given.replace(**{field: value})
        found = outcome(bench, impression=changed)
        assert found is not None
        assert (found.code, found.verdict.value) == ("impression.recomputed", "CONTRADICTED")
        assert found.sentence.startswith(f"Weighed again, the impression is present with score {given.score:.2f}")


@pytest.mark.parametrize(
    ("change", "text", "expected"),
    [
        ({"decision": Presence.ABSENT}, "Signs of thingness are absent.", "CONTRADICTED"),
        ({"decision": Presence.INDETERMINATE}, "Signs of thingness are indeterminate.", "CONTRADICTED"),
        ({"decision": Presence.INDETERMINATE, "contested": "two differ"}, "Signs of thingness are indeterminate.",
         "SUPPORTED"),
        ({"decision": Presence.ABSENT, "contested": "two differ"}, "Signs of thingness are absent.", "CONTRADICTED"),
        ({"contested": "two differ"}, PRESENT, "SUPPORTED"),
        ({"decision": Presence.INDETERMINATE, "contested": "two differ", "score": 0.9},
         "Signs of thingness are indeterminate.", "CONTRADICTED"),
        ({"threshold": None}, PRESENT, "CONTRADICTED"),
        ({"threshold": None, "decision": Presence.INDETERMINATE}, "Signs of thingness are indeterminate.",
         "CONTRADICTED"),
    ],
)  # fmt: skip
def test_only_a_contested_decision_may_stay_open(bench: Any, change: dict[str, Any], text: str, expected: str) -> None:
    found = outcome(bench, text, bench.report.impression.replace(**change))
    assert found is not None
    assert found.verdict.value == expected


@pytest.mark.parametrize("decision", list(Presence))
def test_without_results_and_threshold_nothing_is_decided(bench: Any, decision: Presence) -> None:
    impression = bench.report.impression.replace(threshold=None, decision=decision)
    claim = bench.claim("claim-impression").replace(text="Nothing was weighed.", evidence_ids=(EvidenceId("img-1"),))
    context = ClaimContext(claim, (), EvidenceGraph(), impression, bench.verifier._library)
    found = impressions(context)
    assert found is not None
    assert found.code == ("impression.recomputed" if decision is Presence.INDETERMINATE else "impression.decision")
