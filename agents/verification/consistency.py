"""Do two sentences of one report say opposite things? Where the evidence does not decide, both fall."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from clinigraph.agents.claims.naming import name_pattern
from clinigraph.agents.claims.quantities import quantities
from clinigraph.agents.claims.splitting import LONGEST_SENTENCE
from clinigraph.agents.claims.subjects import EvidenceIndex, TextLinker
from clinigraph.agents.claims.synonyms import CONDITIONS, SYNONYMS
from clinigraph.knowledge.terminology.contract import Assertion
from clinigraph.models.reporting import Claim, ClaimKind, Verdict

_QUOTED = (ClaimKind.KNOWLEDGE, ClaimKind.RECOMMENDATION, ClaimKind.LIMITATION, ClaimKind.TEMPORAL)
_SAYS = {Assertion.PRESENT: "present", Assertion.ABSENT: "absent"}

Statement = tuple[str, str, str]
"""What is spoken of, which aspect, what is said."""


def disagreements(claims: tuple[Claim, ...], index: EvidenceIndex) -> dict[str, str]:
    """Return, by claim id, why a claim cannot stand beside another of the same report."""
    said: dict[tuple[str, str], dict[str, list[Claim]]] = {}
    for claim in claims:
        if claim.kind not in _QUOTED and len(claim.text) <= LONGEST_SENTENCE:
            for what, aspect, value in _statements(claim, index.linker):
                said.setdefault((what, aspect), {}).setdefault(value, []).append(claim)
    found: dict[str, str] = {}
    for (what, aspect), values in said.items():
        if len(values) > 1 and not _roundings(aspect, values):
            words = ", ".join(sorted(values))
            for claim in (c for group in values.values() for c in group):
                found.setdefault(str(claim.id), f"The text says different things of {what}: {words}.")
    return found


def settled(claims: tuple[Claim, ...], index: EvidenceIndex) -> tuple[Claim, ...]:
    """Return the claims, those convicted that disagree with another and are not supported by the evidence."""
    against = disagreements(claims, index)
    return tuple(
        c.replace(verdict=Verdict.CONTRADICTED, reason_code="claims.disagree", explanation=against[str(c.id)])
        if str(c.id) in against and c.verdict in (Verdict.UNSUPPORTED, Verdict.UNVERIFIABLE)
        else c
        for c in claims
    )


def _roundings(aspect: str, values: Iterable[str]) -> bool:
    """Whether numbers differ by rounding alone."""
    if not aspect.startswith("number"):
        return False
    numbers = [(float(v), len(v.partition(".")[2])) for v in values]
    return all(abs(a - b) <= 0.5 * 10 ** -min(i, j) + 1e-12 for a, i in numbers for b, j in numbers)


def _statements(claim: Claim, linker: TextLinker | None) -> Iterator[Statement]:
    names = [(m.start(), m.end(), key) for key, pattern in _patterns() for m in pattern.finditer(claim.text)]
    if len({key for _, _, key in names}) == 1:
        key = names[0][2].replace("_", " ")
        plain = [q for q in quantities(claim.text) if q.comparator is None and not q.ranged and not q.in_percent]
        outside = [q for q in plain if not any(a <= q.number_start < b for a, b, _ in names)]
        if len(outside) == 1 and len(outside[0].readings) == 1:
            value = f"{outside[0].readings[0]:.{outside[0].decimals}f}"
            yield key, f"number in {outside[0].unit or 'no unit'}", value
    for mention in linker.link(claim.text) if linker is not None else ():
        says = _SAYS.get(mention.assertion)
        if says is not None and mention.best.score >= 0.8:
            yield f"{mention.best.concept.meaning.lower()} ({mention.laterality.value} side)", "presence", says


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    every = {**SYNONYMS, **CONDITIONS}
    return tuple((key, name_pattern((key.replace("_", " "), *names))) for key, names in every.items())
