"""What can be measured of a mass on an ultrasound picture beside its size: echo behind it, regularity of its shape.

The vertical axis of the picture is taken as the direction of the beam, the skin above.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clinigraph.tools.measurement.masks import Floats, Mask, extent

SHAPE_LIMITS = (0.90, 0.94, 0.955, 0.97)
"""Area over convex hull below which a shape is scored 5, 4, 3 or 2."""
_CORE = 0.6
"""Middle share of the mass's width behind which the echo is read; the edges cast refraction shadows."""
_GAP, _BESIDE = 0.1, 0.5
"""Distance of the strips beside the mass and their width, as shares of its width."""
_LEAST = 50
"""Fewest pixels of a strip."""
_BLOCK = 8
"""Side in pixels over which speckle is taken as one sample."""


def shape_score(solidity: float, *, by_network: bool = False) -> int:
    """Return 1 (regular) to 5 (irregular) for the share of its convex hull that a shape fills.

    A network smooths spicules and lobes away: of 57 BUSI masses whose LiteMedSAM outline filled 97 % of its hull or
    more, 11 were malignant. So an outline by a network is never scored as regular, at best as undecided.

    Args:
        solidity: Area over area of the convex hull.
        by_network: Whether a network drew the outline.
    """
    score = 1 + sum(solidity < limit for limit in SHAPE_LIMITS)
    return max(3, score) if by_network else score


@dataclass(frozen=True, slots=True)
class PosteriorEcho:
    """Echo behind a mass."""

    contrast: float
    """(behind - beside) / (behind + beside), -1 to 1."""
    halfwidth: float
    """90 % half-width from the scatter of grey levels within the strips."""


def posterior_echo(grey: Floats, mask: Mask) -> PosteriorEcho | None:
    """Compare grey levels behind a mass with those beside it at the same depth.

    The strip behind is as deep as the mass is high and spans the middle 60 % of its width; the strips beside it start
    a tenth of the width away (definition ours, after the posterior features of the BI-RADS lexicon).

    Args:
        grey: ``(H, W)`` grey levels, 0 or more.
        mask: ``(H, W)`` the mass.

    Returns:
        None when fewer than 50 pixels lie behind or beside.
    """
    box = extent(mask)
    if box is None or grey.shape != mask.shape:
        raise ValueError("picture and a non-empty mask must lie on one grid")
    rows = slice(box.y1 + 2, min(grey.shape[0], box.y1 + max(10, box.height)))
    margin = (1 - _CORE) / 2 * box.width
    behind = grey[rows, int(box.x0 + margin) : int(box.x1 - margin)].ravel()
    left = grey[rows, max(0, int(box.x0 - (_GAP + _BESIDE) * box.width)) : max(0, int(box.x0 - _GAP * box.width))]
    right = grey[rows, int(box.x1 + _GAP * box.width) : int(box.x1 + (_GAP + _BESIDE) * box.width)]
    beside = np.concatenate([left.ravel(), right.ravel()])
    if behind.size < _LEAST or beside.size < _LEAST:
        return None
    a, b = float(behind.mean()), float(beside.mean())
    if a + b <= 0:
        return None
    errors = [float(v.std()) / np.sqrt(max(1.0, v.size / _BLOCK**2)) for v in (behind, beside)]
    half = 1.645 * 2 * float(np.hypot(b * errors[0], a * errors[1])) / (a + b) ** 2
    return PosteriorEcho((a - b) / (a + b), half)
