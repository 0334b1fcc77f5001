"""How uncertain a claim is, and how large that may be for a stated error rate.

The threshold is set by split-conformal risk control (Angelopoulos, Bates, Fisch, Lei and Schuster, arXiv 2208.02814):
with the loss "kept and wrong", which grows with the threshold, the largest threshold at which (n R + 1) / (n + 1) <=
alpha on n calibration items keeps the expected share of wrong claims among all claims at or below alpha, for
exchangeable items.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from pydantic import Field, ValidationError

from clinigraph.errors import UsageError
from clinigraph.models.base import Value
from clinigraph.models.evidence import EvidenceGraph, IndicatorResultNode, MeasurementNode
from clinigraph.models.findings import Impression, IndicatorResult, Interval
from clinigraph.models.reporting import Certainty, Claim, ClaimKind, ClaimUncertainty, Verdict

FOLDS = 5
_JUDGING = (ClaimKind.COMPARATIVE, ClaimKind.IMPRESSION)


class LabelledClaim(Value):
    """One line of a calibration file: a claim that somebody judged."""

    uncertainty: float = Field(ge=0, le=1)
    """Combined uncertainty that was computed for it."""
    wrong: bool
    """Whether it was false although its verdict let it stand."""


def claim_uncertainty(
    claim: Claim,
    graph: EvidenceGraph,
    impression: Impression,
    *,
    retrieval: float | None = None,
    verifier: float | None = None,
) -> ClaimUncertainty:
    """Return the terms of a claim's uncertainty and their combination.

    Args:
        claim: The claim; its evidence gives value, interval and threshold.
        graph: The evidence.
        impression: Gives the disagreement of rollouts for claims of the impression.
        retrieval: 1 minus the similarity of the sentence to its best evidence, where that was asked.
        verifier: 1 minus the confidence of a model that judged it.
    """
    own = set(claim.evidence_ids)
    results = [
        n.value for n in graph.nodes if isinstance(n, IndicatorResultNode) and own & {n.id, *n.value.evidence_ids}
    ]
    margins = [m for r in results if claim.kind in _JUDGING and (m := margin(r)) is not None]
    measured = (n.value for n in graph.nodes if isinstance(n, MeasurementNode) and n.id in own)
    widths = [w for m in measured if (w := width(m.value, m.interval)) is not None]
    apart = [r.disagreement / 4 for r in results if r.kind == "qualitative"]
    if claim.kind is ClaimKind.IMPRESSION and impression.uncertainty is not None:
        apart += [impression.uncertainty.readers, impression.uncertainty.rollouts]
    terms = {
        "margin": max(margins, default=None),
        "interval": max(widths, default=None),
        "disagreement": max(apart, default=None),
        "retrieval": retrieval,
        "verifier": verifier,
    }
    combined = 1.0
    for term in terms.values():
        combined *= 1.0 if term is None else 1.0 - term
    rounded = {k: None if v is None else round(v, 6) for k, v in terms.items()}
    return ClaimUncertainty.model_validate({**rounded, "combined": round(1.0 - combined, 6)})


def margin(result: IndicatorResult) -> float | None:
    """Return how near a value lies to its threshold: half-width of its interval over the distance, at most 1."""
    if result.criterion is None or result.value is None or result.interval is None:
        return None
    half = (result.interval.high - result.interval.low) / 2
    away = abs(result.value - result.criterion.threshold)
    return 1.0 if away <= half else half / away


def width(value: float, interval: Interval | None) -> float | None:
    """Return the half-width of an interval over the value, at most 1; None without an interval."""
    if interval is None:
        return None
    half = (interval.high - interval.low) / 2
    return 1.0 if half >= abs(value) else half / abs(value)


def risk_threshold(uncertainties: Sequence[float], wrong: Sequence[bool], alpha: float) -> float | None:
    """Return the largest threshold at which the conformal bound on "kept and wrong" is at most alpha.

    Args:
        uncertainties: Of the calibration items, 0 to 1.
        wrong: Whether each item is wrong.
        alpha: Error rate asked for.

    Returns:
        The threshold; None when no item may be kept at this rate (too few items, or wrong ones among the surest).

    Raises:
        ValueError: The sequences differ in length, or alpha is not between 0 and 1.
    """
    if len(uncertainties) != len(wrong) or not 0 < alpha < 1:
        raise ValueError("need as many labels as uncertainties, and 0 < alpha < 1")
    count, kept_wrong = len(wrong), 0
    best: float | None = None
    for value, errors in _steps(uncertainties, wrong):
        kept_wrong += errors
        if (kept_wrong + 1) / (count + 1) > alpha:
            break
        best = value
    return best


def _steps(uncertainties: Sequence[float], wrong: Sequence[bool]) -> Iterator[tuple[float, int]]:
    """Yield each distinct uncertainty in rising order with the number of wrong items at it."""
    errors: dict[float, int] = {}
    for value, bad in zip(uncertainties, wrong, strict=True):
        errors[value] = errors.get(value, 0) + bad
    yield from sorted(errors.items())


def achieved_risk(uncertainties: Sequence[float], wrong: Sequence[bool], alpha: float, seed: int = 0) -> float:
    """Return the share of items kept and wrong, each fold kept by the threshold of the others.

    Args:
        uncertainties: Of all items.
        wrong: Whether each item is wrong.
        alpha: Error rate asked for.
        seed: Of the folds.
    """
    lost = sum(wrong[i] for i in kept_held_out(uncertainties, wrong, alpha, seed))
    return lost / len(wrong) if wrong else 0.0


def kept_held_out(
    uncertainties: Sequence[float], wrong: Sequence[bool], alpha: float, seed: int = 0
) -> tuple[int, ...]:
    """Return the places of the items that are kept, each fold by the threshold of the others; see `achieved_risk`."""
    order = list(range(len(wrong)))
    random.Random(seed).shuffle(order)  # noqa: S311 - folds, not secrets
    kept: list[int] = []
    for fold in range(FOLDS):
        held = set(order[fold::FOLDS])
        rest = [i for i in order if i not in held]
        threshold = risk_threshold([uncertainties[i] for i in rest], [wrong[i] for i in rest], alpha)
        kept += [i for i in sorted(held) if threshold is not None and uncertainties[i] <= threshold]
    return tuple(kept)


class CalibrationPart(Value):
    """Counts that calibrate one kind of claim: no text, no item, only how sure and how often wrong."""

    verifier: str
    """Beginning of the name of the verifiers that are covered, such as ``rules/``."""
    source: str
    """What the items were, with their count and seed."""
    reason: str = ""
    """Why this kind is not calibrated; then there are no steps."""
    steps: tuple[tuple[float, int, int], ...] = ()
    """Uncertainty, claims that stood at it, and how many of these were false."""

    def items(self) -> tuple[list[float], list[bool]]:
        """Return the uncertainty of each claim that stood, and whether it was false."""
        scores = [s for s, stood, _ in self.steps for _ in range(stood)]
        return scores, [i < false for _, stood, false in self.steps for i in range(stood)]


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, CalibrationPart]:
    """Return the calibration that ships, by kind of claim."""
    text = (Path(__file__).parent / "calibration.json").read_text(encoding="utf-8")
    return {kind: CalibrationPart.model_validate(part) for kind, part in json.loads(text).items()}


def certainty(alpha: float | None, path: Path | None) -> Certainty:
    """Return what a report may promise: calibrated on a file of labelled claims, or not calibrated.

    Args:
        alpha: Error rate that the user wants; None wants none.
        path: JSON lines of :class:`LabelledClaim`; None takes the calibration that ships, which covers claims that
            rules judged and no other.

    Raises:
        UsageError: The file cannot be read.
    """
    if alpha is None:
        return Certainty()
    if path is None:
        return _shipped_certainty(alpha)
    items = _labelled(path)
    scores, wrong = [i.uncertainty for i in items], [i.wrong for i in items]
    return _promise(scores, wrong, alpha).replace(source=path.name)


@lru_cache(maxsize=64)
def _shipped_certainty(alpha: float) -> Certainty:
    part = shipped()["rules"]
    return _promise(*part.items(), alpha).replace(source=part.source, covers=part.verifier)


def _promise(scores: Sequence[float], wrong: Sequence[bool], alpha: float) -> Certainty:
    threshold = risk_threshold(scores, wrong, alpha)
    achieved = achieved_risk(scores, wrong, alpha) if threshold is not None else None
    return Certainty(alpha=alpha, threshold=threshold, achieved=achieved, count=len(scores))


def _labelled(path: Path) -> tuple[LabelledClaim, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return tuple(LabelledClaim.model_validate_json(line) for line in lines if line.strip())
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise UsageError(
            "The calibration file cannot be used",
            given=path.name,
            todo='Give JSON lines such as {"uncertainty": 0.2, "wrong": false}.',
        ) from error


def within(claim: Claim, promise: Certainty) -> Claim:
    """Return a claim, not judged any more when its uncertainty is larger than the promised error rate allows."""
    if promise.threshold is None or claim.verdict is not Verdict.SUPPORTED or claim.uncertainty is None:
        return claim
    if not claim.verifier.startswith(promise.covers):
        return claim
    if claim.uncertainty.combined <= promise.threshold:
        return claim
    return claim.replace(
        verdict=Verdict.UNVERIFIABLE,
        reason_code="uncertainty.above",
        explanation=f"Its combined uncertainty of {claim.uncertainty.combined:.2f} is above {promise.threshold:.2f}, "
        f"the most that the error rate of {promise.alpha or 0:.0%} allows. {claim.explanation}",
    )
