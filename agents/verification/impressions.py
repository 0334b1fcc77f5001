"""The impression is weighed again from the indicator results, and its words are read back."""

from __future__ import annotations

import re

from clinigraph.agents.deciders import recomputed
from clinigraph.agents.verification.base import ClaimContext, Outcome, contradicted, supported, unsupported
from clinigraph.agents.verification.criteria import results_consistent
from clinigraph.models.evidence import IndicatorResultNode
from clinigraph.models.findings import Presence
from clinigraph.models.reporting import ClaimKind

_SAID = (
    (Presence.INDETERMINATE, re.compile(r"\bare indeterminate\b")),
    (Presence.ABSENT, re.compile(r"\bare (absent|not present)\b")),
    (Presence.PRESENT, re.compile(r"\bare present\b")),
)


def impressions(context: ClaimContext) -> Outcome | None:
    """Recompute decision and score; the sentence must name the condition and say the same."""
    if context.claim.kind is not ClaimKind.IMPRESSION:
        return None
    wrong = results_consistent(context) or _complete(context) or _weighed(context)
    if wrong is not None:
        return wrong
    said = next((p for p, pattern in _SAID if pattern.search(context.claim.text)), None)
    if said is None:
        return supported("impression.recomputed", "Score, range, threshold and share were recomputed.")
    if said is not context.impression.decision:
        return contradicted(
            "impression.decision", f"The sentence says {said.value}, recomputed is {context.impression.decision.value}."
        )
    if context.impression.condition.lower() not in context.claim.text.lower():
        return contradicted("impression.condition", f"The question was about {context.impression.condition}.")
    return supported("impression.recomputed", f"The decision was recomputed as {said.value}.")


def _complete(context: ClaimContext) -> Outcome | None:
    every = {n.id for n in context.graph.nodes if isinstance(n, IndicatorResultNode)}
    missing = every - set(context.claim.evidence_ids)
    if missing:
        return unsupported("impression.incomplete", f"The impression leaves out {', '.join(sorted(missing))}.")
    return None


def _weighed(context: ClaimContext) -> Outcome | None:
    given = context.impression
    again = recomputed(given, context.results)
    if again is None:
        if given.decision is Presence.INDETERMINATE and not context.results:
            return None
        return contradicted("impression.decision", "Without a threshold nothing can be decided.")
    if given.contested and given.decision is Presence.INDETERMINATE:
        again = again.replace(decision=Presence.INDETERMINATE)
    numbers = ("decision", "score", "score_low", "score_high", "assessed_share")
    if any(getattr(again, f) != getattr(given, f) for f in numbers):
        return contradicted(
            "impression.recomputed",
            f"Weighed again, the impression is {again.decision.value}"
            f"{f' with score {again.score:.2f}' if again.score is not None else ''}.",
        )
    return None
