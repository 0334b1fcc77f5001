"""Error on held-out images as one half-width, for `calibration` in metadata.json."""

from __future__ import annotations

import math
from collections.abc import Sequence

LEVEL = 0.9


def half_width(errors: Sequence[float], level: float = LEVEL) -> float:
    """Half-width that holds the reference in at least `level` of new images like these (split conformal, Vovk 2005).

    It is the absolute error of rank ceil((n + 1) * level) among n (Lei et al. 2018, algorithm 2); the largest one where
    that rank exceeds n, which then holds fewer than `level`: n / (n + 1).

    Raises:
        ValueError: without errors.
    """
    if not errors:
        raise ValueError("no errors to take a half-width from")
    ordered = sorted(abs(error) for error in errors)
    return ordered[min(len(ordered), math.ceil((len(ordered) + 1) * level)) - 1]


def calibration(errors: Sequence[float], images: int) -> dict[str, float]:
    """The entry of metadata.json: half-width, level, and on how many images it stands.

    Args:
        errors: Of every image in every rendering; a failure counts as 1.
        images: How many images the errors come from.
    """
    return {"halfwidth": round(half_width(errors), 4), "level": LEVEL, "n": images}
