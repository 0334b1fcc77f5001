"""The rule verifier: every check has its say, the worst verdict wins, nothing passes without a confirmation."""

from __future__ import annotations

from clinigraph.agents.contract import CitedLibrary
from clinigraph.agents.verification.base import Check, ClaimContext, Outcome, supported
from clinigraph.agents.verification.citations import citations
from clinigraph.agents.verification.criteria import criterion_words, results_consistent
from clinigraph.agents.verification.grounding import grounding
from clinigraph.agents.verification.impressions import impressions
from clinigraph.agents.verification.numbers import numbers
from clinigraph.agents.verification.sides import sides
from clinigraph.agents.verification.statements import facts, findings, gaps, values
from clinigraph.models.evidence import EvidenceGraph
from clinigraph.models.findings import Impression
from clinigraph.models.reporting import Claim, Verdict

NAME = "rules/1"
CHECKS: tuple[Check, ...] = (
    grounding,
    results_consistent,
    citations,
    impressions,
    criterion_words,
    values,
    gaps,
    numbers,
    facts,
    findings,
    sides,
)
"""In the order in which a reader would ask; all run."""

_WORST_FIRST = (Verdict.CONTRADICTED, Verdict.UNSUPPORTED, Verdict.UNVERIFIABLE)


class RuleVerifier:
    """Verifies claims by recomputation; no model.

    Args:
        library: Where citations are proved.
    """

    def __init__(self, library: CitedLibrary) -> None:
        self._library = library

    async def verify(
        self, claims: tuple[Claim, ...], graph: EvidenceGraph, impression: Impression
    ) -> tuple[Claim, ...]:
        """Return the claims with verdicts; the text of a claim is never changed."""
        return tuple(self.verify_one(c, graph, impression) for c in claims)

    def verify_one(self, claim: Claim, graph: EvidenceGraph, impression: Impression) -> Claim:
        """Return one claim with its verdict."""
        nodes = tuple(n for i in dict.fromkeys(claim.evidence_ids) if (n := graph.node(i)) is not None)
        context = ClaimContext(claim, nodes, graph, impression, self._library)
        outcome = judge(context)
        return claim.replace(
            verdict=outcome.verdict, reason_code=outcome.code, explanation=outcome.sentence, verifier=NAME
        )


def judge(context: ClaimContext, checks: tuple[Check, ...] = CHECKS) -> Outcome:
    """Let every check speak and return the outcome that counts."""
    first = checks[0](context) if checks else None
    if first is not None and first.verdict is Verdict.UNSUPPORTED:
        return first
    outcomes = [o for check in checks if (o := check(context)) is not None]
    for verdict in _WORST_FIRST:
        bad = next((o for o in outcomes if o.verdict is verdict), None)
        if bad is not None:
            return bad
    if not outcomes:
        return Outcome(Verdict.UNVERIFIABLE, "check.none", "No rule could judge this sentence.")
    sentences = " ".join(dict.fromkeys(o.sentence for o in outcomes))
    return supported(outcomes[0].code, sentences)
