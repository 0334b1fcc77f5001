"""A signature can take a claim away or send it back to the verifier; it can never make one pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.agents.signing import REFUSED, signed
from clinigraph.models.base import ClaimId, EvidenceId
from clinigraph.models.reporting import Claim, ClaimKind, Section, Verdict

BY = {"who": "Dr A", "reason": "not what I see"}


def claim(name: str, verdict: Verdict = Verdict.SUPPORTED) -> Claim:
    return Claim(
        id=ClaimId(name), section=Section.FINDINGS, text=f"Sentence {name}.", kind=ClaimKind.QUALITATIVE,
        evidence_ids=(EvidenceId("e"),), verdict=verdict,
    )  # fmt: skip


def test_what_is_not_named_is_accepted_as_it_is() -> None:
    claims = (claim("a"), claim("b"))
    assert signed(claims, {"action": "sign"}).claims == claims
    assert signed(claims, {"claims": {"a": {"accept": True, "text": "Sentence a."}}}).claims == claims


def test_a_refused_claim_leaves_with_the_persons_reason() -> None:
    result = signed((claim("a"),), {"claims": {"a": {"accept": False}}, "intervention": BY})
    refused = result.claims[0]
    assert (refused.verdict, refused.reason_code) == (Verdict.UNSUPPORTED, REFUSED)
    assert refused.explanation == "Dr A refused this sentence: not what I see."
    assert result.amended == ()


def test_an_amended_claim_keeps_its_evidence_and_loses_its_verdict() -> None:
    result = signed((claim("a"),), {"claims": {"a": {"accept": True, "text": " Another   sentence. "}}})
    amended = result.amended[0]
    assert (amended.text, amended.verdict, amended.prose) == ("Another sentence.", None, True)
    assert amended.evidence_ids == (EvidenceId("e"),)


@given(
    st.sampled_from([v for v in Verdict if v is not Verdict.SUPPORTED]),
    st.dictionaries(st.sampled_from(["accept", "text"]), st.one_of(st.booleans(), st.text(), st.none())),
)
def test_no_answer_makes_a_claim_supported(verdict: Verdict, said: dict[str, bool | str | None]) -> None:
    result = signed((claim("a", verdict),), {"claims": {"a": dict(said)}})
    assert result.claims[0].verdict is not Verdict.SUPPORTED


@pytest.mark.parametrize("claims", [None, [], "a", {"a": "yes"}, {"unknown": {"accept": False}}])
def test_an_answer_of_another_form_changes_nothing(claims: object) -> None:
    assert signed((claim("a"),), {"claims": claims}).claims == (claim("a"),)  # type: ignore[dict-item]
