"""What sort of statement a sentence is, by its words."""

from __future__ import annotations

import re

from clinigraph.agents.claims.quantities import Quantity
from clinigraph.models.reporting import ClaimKind, Section

_RECOMMENDATION = re.compile(
    r"\b(?:recommend(?:ed|s)?|should|advis(?:e|ed|able)|refer(?:ral|red)?|follow[- ]?up|repeat|suggest (?:a |further )|"
    r"consider|is indicated|needs? to|must|ought to)\b",
    re.IGNORECASE,
)
_KNOWLEDGE = re.compile(
    r"\b(?:guidelines?|according to (?!(?:the|this|her|his) (?:[\w-]+ )?(?:records?|chart|file|notes)\b)|"
    r"society|et al|criteria of|literature|studies|"
    r"(?<!prior )(?<!previous )(?<!earlier )study|consensus|edition|published|"
    r"as defined by|statement of)\b",
    re.IGNORECASE,
)
_TEMPORAL = re.compile(
    r"\b(?:unchanged|stable|since|prior|previous(?:ly)?|compar(?:ed|ison)|interval (?:change|increase|decrease)|new|"
    r"progress(?:ed|ion|ive)|worse(?:ned|ning)?|improv(?:ed|ement|ing)|resolv(?:ed|ing)|increased from|decreased from|"
    r"(?:has|have) (?:increased|decreased|grown|shrunk)|again|ago|last (?:year|month|week|visit))\b",
    re.IGNORECASE,
)
_LIMITATION = re.compile(
    r"\b(?:not (?:assessed|evaluated)|(?:could|can) ?not be (?:assessed|evaluated|measured|judged|determined|given)|"
    r"not (?:available|measured))\b",
    re.IGNORECASE,
)
_COMPARATIVE = re.compile(
    r"\b(?:criterion|criteria|threshold|normal|enlarged|increased|elevated|raised|reduced|decreased|thin(?:ned)?|wide|"
    r"widened|large|small|high|low|borderline|above|below|exceeds?|than|larger|smaller|dilated)\b|[<>≤≥]",
    re.IGNORECASE,
)
_ANATOMICAL = re.compile(
    r"\b(?:left|right|bilateral|both|OD|OS|OU|superior|inferior|nasal|temporal|upper|lower|medial|lateral|anterior|"
    r"posterior|apical|basal|lobe|quadrant|sector)\b"
)


def kind_of(text: str, numbers: tuple[Quantity, ...], section: Section) -> ClaimKind:
    """Return the sort of statement; the first that fits, most particular first."""
    for kind, pattern in (
        (ClaimKind.RECOMMENDATION, _RECOMMENDATION),
        (ClaimKind.KNOWLEDGE, _KNOWLEDGE),
        (ClaimKind.LIMITATION, _LIMITATION),
        (ClaimKind.TEMPORAL, _TEMPORAL),
    ):
        if pattern.search(text):
            return kind
    if section is Section.IMPRESSION and not numbers:
        return ClaimKind.IMPRESSION
    if _COMPARATIVE.search(text) or any(n.comparator for n in numbers):
        return ClaimKind.COMPARATIVE
    if numbers:
        return ClaimKind.QUANTITATIVE
    return ClaimKind.ANATOMICAL if _ANATOMICAL.search(text) else ClaimKind.QUALITATIVE
