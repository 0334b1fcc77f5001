"""Yes or no from the results of an abstract: which of its sentences find an effect, and which find none."""

from __future__ import annotations

import re

from clinigraph.agents.verification.entailment import Entailment
from clinigraph.models.reporting import Verdict

_NONE = re.compile(
    r"\bno (?:statistically )?(?:significant(?:ly)? )?(?:difference|association|correlation|effect|relationship|"
    r"evidence|change|increase|benefit|improvement|advantage|impact|influence)s?\b"
    r"|\bnot (?:significantly |statistically )?(?:\w+ )?(?:different|associated|correlated?|related|differ|"
    r"affect(?:ed)?|increased?|improved?|predict(?:ive|or)?|influenced?|significant|changed?|reduced?)\b"
    r"|\b(?:did not|does not|do not|was not|were not|non-?significant|neither|failed to|similar|comparable|unchanged|"
    r"equivalent)\b|\bP ?[=>] ?0?\.[1-9]\d*",
    re.IGNORECASE,
)
_SOME = re.compile(
    r"\b(?:significant(?:ly)?|associated with|correlated? (?:with|significantly)|higher|lower|increased|decreased|"
    r"improved|reduced|greater|predict(?:ed|ors?|ive)|independent(?:ly)?|more likely|less likely|effective|"
    r"superior)\b|\bP ?[<≤] ?0?\.0\d+",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z(])")


def found(results: str) -> Entailment:
    """Return whether the results of an abstract find what was asked about; UNVERIFIABLE when they are even.

    The confidence is Laplace's rule of succession over the sentences that say something: (k + 1) / (n + 2), so that
    four sentences that agree weigh more than one.

    Args:
        results: The last part of the abstract.

    Example:
        >>> found("Pain was significantly lower with the drug.").verdict.value
        'SUPPORTED'
    """
    sentences = _SENTENCE.split(results)
    none = sum(1 for s in sentences if _NONE.search(s))
    some = sum(1 for s in sentences if _SOME.search(s) and not _NONE.search(s))
    if none == some:
        return Entailment(verdict=Verdict.UNVERIFIABLE, confidence=0.5, reason="as many sentences for as against")
    verdict = Verdict.SUPPORTED if some > none else Verdict.CONTRADICTED
    return Entailment(verdict=verdict, confidence=(max(some, none) + 1) / (some + none + 2), reason="by the results")
