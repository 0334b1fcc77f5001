"""Does the claim name evidence that exists and leads down to pixels, facts or passages?"""

from __future__ import annotations

from clinigraph.agents.verification.base import ClaimContext, Outcome, unsupported
from clinigraph.models.evidence import FactNode, ImageNode, IndicatorResultNode, NodeKind, PassageNode
from clinigraph.models.findings import Met


def grounding(context: ClaimContext) -> Outcome | None:
    """Refuse claims without evidence, with unknown evidence, or whose evidence hangs in the air."""
    claim = context.claim
    if not claim.evidence_ids:
        return unsupported("evidence.none", "The sentence names no evidence.")
    known = {n.id for n in context.nodes}
    unknown = [e for e in claim.evidence_ids if e not in known]
    if unknown:
        return unsupported("evidence.unknown", f"The evidence {', '.join(unknown)} does not exist.")
    if any(n.kind is NodeKind.CLAIM for n in context.nodes):
        return unsupported("evidence.circular", "The sentence rests on another sentence of the report.")
    if not any(_grounded(n, context) for n in context.nodes):
        return unsupported("evidence.floating", "The evidence does not lead to an image, a fact or a passage.")
    return None


def _grounded(node: object, context: ClaimContext) -> bool:
    if isinstance(node, ImageNode | FactNode | PassageNode):
        return True
    if isinstance(node, IndicatorResultNode) and node.value.met is Met.NOT_ASSESSED:
        return True
    return hasattr(node, "id") and context.graph.reaches_ground(node.id)
