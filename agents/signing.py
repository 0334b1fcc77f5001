"""What a person's signature does to single claims: accept, refuse, amend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from clinigraph.models.reporting import Assertion, Claim, Verdict

VERIFIER = "person"
REFUSED = "person.refused"
MAX_TEXT = 1000


@dataclass(frozen=True, slots=True)
class SignedClaims:
    """Claims after a signature."""

    claims: tuple[Claim, ...]
    amended: tuple[Claim, ...]
    """Those with a new text, without a verdict: a person's sentence is checked like any other."""


def signed(claims: tuple[Claim, ...], answer: Mapping[str, JsonValue]) -> SignedClaims:
    """Apply what a person said of single claims; what the answer does not name is accepted as it is.

    A refused claim leaves the findings with the person's reason. An amended one keeps its evidence and loses its
    verdict until it was verified again. Nobody can make a claim pass by accepting it: a claim that is not supported
    stays so.

    Args:
        claims: The verified claims.
        answer: ``claims`` maps claim ids to ``{"accept": bool, "text": str}``; ``intervention`` names who and why.
    """
    said = answer.get("claims")
    told = said if isinstance(said, Mapping) else {}
    by = answer.get("intervention")
    person = by if isinstance(by, Mapping) else {}
    who, reason = str(person.get("who") or "the user"), str(person.get("reason") or "")
    whole = tuple(_one(c, told.get(str(c.id)), who, reason) for c in claims)
    return SignedClaims(whole, tuple(c for c in whole if c.verdict is None))


def _one(claim: Claim, said: JsonValue, who: str, reason: str) -> Claim:
    if not isinstance(said, Mapping):
        return claim
    if said.get("accept") is False:
        why = f"{who} refused this sentence" + (f": {reason}" if reason else "") + "."
        return claim.replace(verdict=Verdict.UNSUPPORTED, reason_code=REFUSED, explanation=why, verifier=VERIFIER)
    text = " ".join(str(said.get("text") or "").split())[:MAX_TEXT]
    if not text or text == claim.text:
        return claim
    return claim.replace(
        text=text, assertion=Assertion(), prose=True, verdict=None, explanation="", reason_code="", verifier="",
        revision=claim.revision + 1,
    )  # fmt: skip
