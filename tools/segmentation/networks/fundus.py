"""Optic disc and cup from a whole fundus photograph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.segmentation.networks.ensemble import Ensemble
from clinigraph.tools.segmentation.networks.looking import closer
from clinigraph.tools.segmentation.networks.masks import (
    agreement,
    components,
    convex_hull,
    ellipse_fill,
    mask_box,
    ramp,
    vertical_ratio,
    without_spurs,
)
from clinigraph.tools.segmentation.networks.views import (
    View,
    average_on_canvas,
    cut,
    field_view,
    pass_masks,
    paste_mask,
    standardise_colour,
    to_tensor,
)

if TYPE_CHECKING:
    from torch import Tensor

COARSE_SIZE = 160
"""Side of the grid on which the disc is searched."""
FINE_SIZE = 128
"""Side of the grid on which disc and cup are outlined."""
VIEW_DISCS = 2.0
"""Side of the fine view in disc diameters."""
MIN_DISC_CONFIDENCE = 0.5
"""Below this no disc is reported. Chosen on held-out photographs and other pictures; see the model card."""
_CANDIDATES = 3
_SPUR = 0.3
"""What is thinner than this share of disc or cup is cut off."""
_DRIFT = (0.9, 1.4)
"""Natural logarithm of the size of the disc, fine over coarse, at which confidence begins to fall and is 0."""
_LARGE = (0.65, 0.85)
"""Diameter of the disc over side of the lit field at which confidence begins to fall and is 0."""
_CERTAIN, _AGREED, _RED = (0.6, 0.9), (0.85, 0.94), (0.02, 0.1)
"""From none to full confidence: certainty of both networks, agreement of the passes, and excess of red over blue
round the disc. Set on discs in odd styles against everyday and other medical pictures, which are certain at 0.5 to
0.83, agree at 0.75 to 0.94, and often have no colour."""
_SCALES = (0.88, 1.0, 1.16)
_CANVAS = 288
"""Side of the grid on which the passes are averaged and shaped."""


@dataclass(frozen=True, slots=True)
class DiscCupPrediction:
    """Disc and cup of one photograph, on the grid of the input."""

    disc: NDArray[np.bool_]
    """(H, W) optic disc, cup included."""
    cup: NDArray[np.bool_]
    """(H, W) optic cup, inside the disc."""
    disc_confidence: float
    """0..1; below `MIN_DISC_CONFIDENCE` no disc was found and both masks are empty."""
    box_xyxy: tuple[float, float, float, float] | None
    """Box of the disc in input pixels; right and bottom exclusive."""
    vcdr_samples: tuple[float, ...]
    """Vertical cup-to-disc ratio of every test-time-augmented pass."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    view: View
    confidence: float
    field_side: float


class FundusDiscCupNetwork(Ensemble):
    """A coarse network finds the disc, a fine one outlines disc and cup; both are small ensembles."""

    name = "fundus_disc_cup"

    def predict(self, rgb: NDArray[np.uint8]) -> DiscCupPrediction:
        """Outline disc and cup.

        Args:
            rgb: (H, W, 3) colour photograph, any size and field of view.

        Returns:
            Masks on the same grid; empty ones, with the confidence that was reached, if no disc was found.

        Raises:
            ValueError: if the array is not (H, W, 3) uint8.
        """
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
            raise ValueError(f"expected (H, W, 3) uint8, got {rgb.shape} {rgb.dtype}; convert the picture to RGB")
        import torch

        self.warm_up()
        with torch.inference_mode():
            image = to_tensor(rgb).to(self._device)
            found = self._locate(image, field_view(rgb))
            if found is None:
                return _nothing(rgb.shape[:2], 0.0)
            return self._outline(image, found)

    def _locate(self, image: Tensor, field: View) -> _Candidate | None:
        """The most convincing disc: each candidate of the coarse network is judged by the fine one too."""
        coarse = self._coarse(image, field)
        best: _Candidate | None = None
        for part in components(coarse > max(0.2, 0.5 * float(coarse.max())), keep=_CANDIDATES):
            box = mask_box(part)
            if box is None or max(box.width, box.height) < 3:
                continue
            start = closer(box, field, coarse.shape[0], VIEW_DISCS)
            candidate = self._refine(image, start, field.side, float(coarse[part].mean()))
            if candidate is not None and (best is None or candidate.confidence > best.confidence):
                best = candidate
        return best

    def _coarse(self, image: Tensor, field: View) -> NDArray[np.float32]:
        import torch

        view = standardise_colour(cut(image, field, COARSE_SIZE))
        both = torch.cat([view, view.flip(3)])
        maps = torch.stack([torch.sigmoid(network(both)) for network in self._members("coarse")]).mean(dim=0)
        mean: NDArray[np.float32] = ((maps[0, 0] + maps[1, 0].flip(1)) / 2).cpu().numpy()
        return mean

    def _refine(self, image: Tensor, view: View, field_side: float, coarse_certainty: float) -> _Candidate | None:
        """Look closely twice, the second time centred on what the first look outlined."""
        certainty, first = 0.0, view
        for _ in range(2):
            disc, _cup = self._fine(image, [view])[0]
            mask = without_spurs(disc > 0.5, _SPUR)
            box = mask_box(mask)
            if box is None or min(box.width, box.height) < 8:
                return None
            certainty = float(disc[mask].mean()) * ellipse_fill(mask)
            view = closer(box, view, FINE_SIZE, VIEW_DISCS)
        steady = steadiness(view.side / VIEW_DISCS, first.side / VIEW_DISCS, field_side)
        certain = ramp(float(np.sqrt(coarse_certainty * certainty)), *_CERTAIN)
        return _Candidate(view, certain * steady, field_side)

    def _fine(self, image: Tensor, views: Sequence[View]) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Disc and cup probability (s, s) of each view, averaged over members and mirror images."""
        import torch

        batch = torch.cat([standardise_colour(cut(image, view, FINE_SIZE)) for view in views])
        passes = self._fine_passes(batch).mean(dim=(0, 1))
        return [(item[0].cpu().numpy(), item[1].cpu().numpy()) for item in passes]

    def _fine_passes(self, batch: Tensor) -> Tensor:
        """(members, mirror, N, 2, s, s): probability of disc and of cup in the orientation of the input."""
        import torch

        outs = []
        for network in self._members("fine"):
            maps = torch.sigmoid(network(torch.cat([batch, batch.flip(3)])))
            straight, mirrored = maps.chunk(2)
            both = torch.stack([straight, mirrored.flip(3)])
            outs.append(torch.cat([both[:, :, :1], both[:, :, :1] * both[:, :, 1:]], dim=2))
        return torch.stack(outs)

    def _outline(self, image: Tensor, found: _Candidate) -> DiscCupPrediction:
        """Average all passes; the spread of their ratios tells how sure the answer is."""
        import torch

        views = [found.view.scaled(scale) for scale in _SCALES]
        cuts = torch.cat([cut(image, view, FINE_SIZE) for view in views])
        passes = self._fine_passes(standardise_colour(cuts))
        shape = (int(image.shape[-2]), int(image.shape[-1]))
        maps = average_on_canvas(passes.mean(dim=(0, 1)), _SCALES, _CANVAS)
        shaped = shape_masks(maps[0], maps[1])
        agreed = agreement(pass_masks(passes[..., 0, :, :].flatten(0, 1), _SCALES, _CANVAS), shaped[0])
        confidence = found.confidence * ramp(agreed, *_AGREED) * ramp(redness(cuts[-1]), *_RED)
        canvas = found.view.scaled(max(_SCALES))
        disc, cup = (paste_mask(mask, canvas, shape) for mask in shaped)
        cup &= disc
        box = mask_box(disc)
        if box is None:
            return _nothing(shape, 0.0)
        before = found.view.side / VIEW_DISCS
        confidence *= steadiness(max(box.width, box.height), before, found.field_side)
        if confidence < MIN_DISC_CONFIDENCE:
            return _nothing(shape, confidence)
        flat = passes.flatten(0, 2).cpu().numpy()
        ratios = [ratio for item in flat if (ratio := _ratio(item[0], item[1])) is not None]
        return DiscCupPrediction(disc, cup, confidence, (box.x0, box.y0, box.x1, box.y1), tuple(ratios))


def steadiness(diameter: float, before: float, field_side: float) -> float:
    """1 for a disc that kept its size since it was last looked at and does not fill the lit field, else down to 0."""
    drift = abs(float(np.log(diameter / before)))
    return 1 - max(ramp(drift, *_DRIFT), ramp(diameter / field_side, *_LARGE))


def redness(view: Tensor) -> float:
    """(red - blue) / (red + blue) of the mean colour of a view (3, s, s): about 0.15 to 0.7 round a disc."""
    red, _, blue = view.mean(dim=(1, 2)).tolist()
    return float((red - blue) / (red + blue + 1e-3))


def shape_masks(disc: NDArray[np.float32], cup: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Probability maps (H, W) to masks: one convex disc, one convex cup inside it."""
    disc_mask = convex_hull(without_spurs(disc > 0.5, _SPUR))
    cup_mask = convex_hull(without_spurs((cup > 0.5) & disc_mask, _SPUR)) & disc_mask
    return disc_mask, cup_mask


def _ratio(disc: NDArray[np.float32], cup: NDArray[np.float32]) -> float | None:
    masks = shape_masks(disc, cup)
    return vertical_ratio(masks[1], masks[0])


def _nothing(shape: tuple[int, ...], confidence: float) -> DiscCupPrediction:
    empty = np.zeros(shape, dtype=np.bool_)
    return DiscCupPrediction(empty, empty.copy(), min(confidence, np.nextafter(MIN_DISC_CONFIDENCE, 0)), None, ())
