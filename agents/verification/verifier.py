"""The rule verifier: every check has its say, the worst verdict wins, nothing passes without a confirmation."""

from __future__ import annotations

import re
from collections.abc import Mapping

from clinigraph.agents.claims.subjects import EvidenceIndex, TextLinker
from clinigraph.agents.contract import CitedLibrary
from clinigraph.agents.verification.base import Check, ClaimContext, Outcome, supported, unsupported, unverifiable
from clinigraph.agents.verification.citations import citations
from clinigraph.agents.verification.consistency import settled
from clinigraph.agents.verification.criteria import criterion_words, results_consistent
from clinigraph.agents.verification.grounding import grounding
from clinigraph.agents.verification.impressions import impressions
from clinigraph.agents.verification.numbers import numbers
from clinigraph.agents.verification.planted import is_burned_in, is_instruction
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.agents.verification.sides import sides
from clinigraph.agents.verification.statements import facts, findings, gaps, values
from clinigraph.agents.verification.templates import quotes, sentences_of
from clinigraph.agents.verification.wording import judge_wording
from clinigraph.models.evidence import EvidenceGraph
from clinigraph.models.findings import Impression
from clinigraph.models.reporting import Claim, Verdict

_PLURAL = re.compile(r"\s*(?:these|those|they|both)\b", re.IGNORECASE)
"""Points back to several things."""
NAME = "rules/2"
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

    A sentence that the evidence gives word for word is judged by the strict checks. Any other sentence must also stand
    as free wording: each number, name, side, denial and comparison in it is read, and a word that nobody read makes it
    UNVERIFIABLE.

    Args:
        library: Where citations are proved.
        linker: Finds diseases and signs by other names; names and synonyms alone by default.
    """

    def __init__(self, library: CitedLibrary, linker: TextLinker | None = None) -> None:
        self._library = library
        self._linker = linker

    async def verify(
        self, claims: tuple[Claim, ...], graph: EvidenceGraph, impression: Impression
    ) -> tuple[Claim, ...]:
        """Return the claims with verdicts; the text of a claim is never changed."""
        case = self.case(graph, impression)
        return settled(tuple(case.verify(c) for c in claims), case.index)

    def verify_one(self, claim: Claim, graph: EvidenceGraph, impression: Impression) -> Claim:
        """Return one claim with its verdict."""
        return self.case(graph, impression).verify(claim)

    def case(self, graph: EvidenceGraph, impression: Impression) -> CaseVerifier:
        """Return a verifier for the claims of one case, which reads the evidence once."""
        return CaseVerifier(EvidenceIndex(graph, impression, self._linker), self._library)


class CaseVerifier:
    """Verifies the claims of one case.

    Args:
        index: The evidence.
        library: Where citations are proved.
    """

    def __init__(self, index: EvidenceIndex, library: CitedLibrary) -> None:
        self.index = index
        self._library = library
        self.sentences: Mapping[str, Claim] = sentences_of(index.graph, index.impression)
        self.whole = frozenset(self.sentences) | quotes(index.graph)

    def verify(self, claim: Claim) -> Claim:
        """Return a claim with its verdict."""
        outcome = self._judge(claim)
        return claim.replace(
            verdict=outcome.verdict, reason_code=outcome.code, explanation=outcome.sentence, verifier=NAME
        )

    def _judge(self, claim: Claim) -> Outcome:
        if is_instruction(claim.text):
            return unsupported("instruction.planted", "The text reads like an instruction; it was not obeyed.")
        if is_burned_in(claim.text) and claim.text not in self.sentences:
            return unsupported("planted.burned_in", "Writing in a picture or a header is no evidence of a finding.")
        given = self.sentences.get(claim.text)
        if claim.prose:
            return self._wording(claim) if given is None else judge(self._context(given))
        outcome = judge(self._context(claim))
        if given is not None or outcome.verdict is not Verdict.SUPPORTED:
            return outcome
        return self._wording(claim)

    def _context(self, claim: Claim) -> ClaimContext:
        by_id = self.index.by_id
        nodes = tuple(by_id[i] for i in dict.fromkeys(claim.evidence_ids) if i in by_id)
        return ClaimContext(claim, nodes, self.index.graph, self.index.impression, self._library)

    def _wording(self, claim: Claim) -> Outcome:
        unknown = [i for i in claim.evidence_ids if i not in self.index.by_id]
        if unknown:
            return unsupported("evidence.unknown", f"The evidence {', '.join(unknown)} does not exist.")
        inherited = self.index.carried_on(claim.evidence_ids)
        known = {s.name for s in inherited if s.result is not None}
        unclear = len(known) > 1 or (len(known) == 1 and _PLURAL.match(claim.text) is not None)
        if unclear and not self.index.find(claim.text):
            return unverifiable("subject.unclear", "Several things were named before: of which does it speak?")
        return judge_wording(ProseContext(claim, claim.text, self.index, self._library, inherited))


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
