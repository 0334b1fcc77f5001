"""Rules first; what they leave open goes to models of entailment, which never overrule a contradiction."""

from __future__ import annotations

from collections.abc import Sequence

from clinigraph.agents.confidence import claim_uncertainty
from clinigraph.agents.verification.entailment import Entailment, EntailmentModel, SimilarityEntailment
from clinigraph.agents.verification.verifier import CaseVerifier, RuleVerifier
from clinigraph.models.evidence import EvidenceGraph, PassageNode
from clinigraph.models.findings import Impression
from clinigraph.models.reporting import Claim, Verdict

OPEN = ("wording.unread", "wording.long", "check.none", "citation.none", "citation.altered", "presence.unread")
"""Reasons of the rules that mean "not read", not "false" and not "without ground"."""


class ChainVerifier:
    """Rules, then similarity, then models that may decide.

    Similarity alone carries nothing: it states how near a sentence is to its evidence. A model may carry a sentence
    that the rules could not read, never one that they contradict, one without evidence, or one with a false number.

    Args:
        rules: Judge first.
        similarity: States the retrieval term of the uncertainty; None goes without.
        models: Asked in order until one says more than UNVERIFIABLE.
    """

    def __init__(
        self,
        rules: RuleVerifier,
        similarity: SimilarityEntailment | None = None,
        models: Sequence[EntailmentModel] = (),
    ) -> None:
        self._rules = rules
        self._similarity = similarity
        self._models = tuple(m for m in models if m.decides)

    async def verify(
        self, claims: tuple[Claim, ...], graph: EvidenceGraph, impression: Impression
    ) -> tuple[Claim, ...]:
        """Return the claims with verdicts; the text of a claim is never changed."""
        judged = await self._rules.verify(claims, graph, impression)
        case = self._rules.case(graph, impression)
        return tuple([await self._again(c, case) if self.is_open(c) else c for c in judged])

    @staticmethod
    def is_open(claim: Claim) -> bool:
        """Whether the rules left a claim open: it names evidence and was not read to its end."""
        weak = claim.verdict in (Verdict.UNVERIFIABLE, Verdict.UNSUPPORTED)
        return weak and claim.reason_code in OPEN and bool(claim.evidence_ids)

    async def _again(self, claim: Claim, case: CaseVerifier) -> Claim:
        text = evidence_text(claim, case)
        if not text:
            return claim
        near = self._similarity.nearest(text, claim.text)[1] if self._similarity is not None else None
        retrieval = None if near is None else min(1.0, max(0.0, 1.0 - near))
        for model in self._models:
            (answer,) = await model.entail([(text, claim.text)])
            if answer.verdict is not Verdict.UNVERIFIABLE:
                return _judged(claim, case, model, answer, retrieval)
        if retrieval is None:
            return claim
        return claim.replace(uncertainty=_uncertain(claim, case, retrieval, None))


def evidence_text(claim: Claim, case: CaseVerifier) -> str:
    """Return what the evidence of a claim says, in the template's sentences and the passages' own words."""
    own = set(claim.evidence_ids)
    said = [s for s, c in case.sentences.items() if own & set(c.evidence_ids) and c.section.value != "impression"]
    cited = [n.value.text for n in case.index.graph.nodes if isinstance(n, PassageNode) and n.id in own]
    return "\n".join(dict.fromkeys((*said, *cited)))


def _judged(
    claim: Claim, case: CaseVerifier, model: EntailmentModel, answer: Entailment, retrieval: float | None
) -> Claim:
    return claim.replace(
        verdict=answer.verdict,
        reason_code=f"entailment.{answer.verdict.value.lower()}",
        explanation=f"Rules could not read the sentence; {model.name} says: {answer.verdict.value.lower()} "
        f"({answer.confidence:.2f}).",
        verifier=model.name,
        uncertainty=_uncertain(claim, case, retrieval, round(1.0 - answer.confidence, 6)),
    )


def _uncertain(claim: Claim, case: CaseVerifier, retrieval: float | None, verifier: float | None) -> object:
    return claim_uncertainty(claim, case.index.graph, case.index.impression, retrieval=retrieval, verifier=verifier)
