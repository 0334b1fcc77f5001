"""What a case holds and what was done with it: images or none, a protocol or none."""

from __future__ import annotations

import re

from clinigraph.agents.verification.base import Outcome, contradicted, supported
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.evidence import ImageNode, IndicatorResultNode

_NO_IMAGE = re.compile(
    r"\b(?:(?:the case|it) (?:holds|has|contains) no image|no image (?:was|is) (?:given|available|provided|read)|"
    r"without (?:an|any) image)\b",
    re.IGNORECASE,
)
_NO_PROTOCOL = re.compile(
    r"\bno protocol (?:was|has been) (?:run|applied|used|followed)\b|\bwithout a protocol\b", re.IGNORECASE
)


def cases(context: ProseContext) -> Outcome | None:
    """Compare what a sentence says that the case lacks with the evidence."""
    spans = []
    for pattern, kind, name in ((_NO_IMAGE, ImageNode, "image"), (_NO_PROTOCOL, IndicatorResultNode, "protocol")):
        match = context.find(pattern)
        if match is None:
            continue
        if any(isinstance(n, kind) for n in context.index.graph.nodes):
            return contradicted(f"case.{name}", f"The case has a {name}.".replace("a image", "an image"))
        spans.append(match.span())
    return supported("case.same", "The case has none.", *spans) if spans else None
