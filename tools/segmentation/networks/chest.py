"""Lungs and heart from a frontal chest film.

Left and right are the patient's: in standard display the left lung lies on the right side of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.segmentation.networks.ensemble import Ensemble
from clinigraph.tools.segmentation.networks.looking import check_grey, closer, shows_something
from clinigraph.tools.segmentation.networks.masks import (
    BoolMask,
    agreement,
    convex_hull,
    largest_component,
    mask_box,
    ramp,
    without_spurs,
)
from clinigraph.tools.segmentation.networks.views import (
    View,
    average_on_canvas,
    cut,
    pass_masks,
    paste_mask,
    standardise_film,
    to_tensor,
)

if TYPE_CHECKING:
    from torch import Tensor

SIZE = 192
"""Side of the grid on which the network works."""
VIEW_LUNGS = 1.3
"""Side of the second view over the longer side of the box round both lungs."""
MIN_CHEST_CONFIDENCE = 0.5
"""Below this the picture is not taken for a frontal chest film. See the model card."""
_SCALES = (0.92, 1.0, 1.1)
_CERTAIN, _AGREED = (0.52, 0.86), (0.8, 0.9)
"""From none to full confidence: certainty inside the lungs, agreement of the passes on the lungs."""
_CANVAS = 384
"""Side of the grid on which the passes are averaged and shaped."""
_LUNG_SPUR, _HEART_SPUR = 0.12, 0.3
"""What is thinner than this share of the structure is cut off."""


@dataclass(frozen=True, slots=True)
class ChestPrediction:
    """Lungs and heart of one film, on the grid of the input."""

    left_lung: NDArray[np.bool_]
    """(H, W) the patient's left lung: on the right side of a film in standard display."""
    right_lung: NDArray[np.bool_]
    """(H, W) the patient's right lung."""
    heart: NDArray[np.bool_]
    """(H, W) heart silhouette."""
    confidence: float
    """0..1; below `MIN_CHEST_CONFIDENCE` all masks are empty."""
    ctr_samples: tuple[float, ...]
    """Cardiothoracic ratio (heart width over width across both lungs) of every test-time-augmented pass."""


class ChestNetwork(Ensemble):
    """One small ensemble, used twice: on the whole film, then on the region of the lungs."""

    name = "cxr_lungs_heart"

    def predict(self, gray: NDArray[np.uint8]) -> ChestPrediction:
        """Outline both lungs and the heart.

        Args:
            gray: (H, W) film, any size, either polarity.

        Returns:
            Masks on the same grid; empty, with the confidence reached, if this is no frontal chest film.

        Raises:
            ValueError: if the array is not (H, W) uint8.
        """
        check_grey(gray, "film")
        import torch

        if not shows_something(gray):
            return _nothing(gray.shape, 0.0)
        self.warm_up()
        with torch.inference_mode():
            image = to_tensor(gray).to(self._device)
            found = self._find_lungs(image)
            return _nothing(gray.shape, 0.0) if found is None else self._outline(*found)

    def _find_lungs(self, image: Tensor) -> tuple[Tensor, View] | None:
        """Look at the whole film, then closer; None if no lung shows.

        Returns:
            The film with dark lungs, whichever polarity it came in, and the view round both lungs.
        """
        view = View.whole(image.shape)
        for look in range(2):
            maps = self._passes(image, [view]).mean(dim=(0, 1)).cpu().numpy()
            left, right = (largest_component(maps[channel] > 0.5) for channel in (0, 1))
            box = mask_box(left | right)
            if box is None or min(box.width, box.height) < SIZE / 16:
                return None
            if look == 0 and is_inverted(cut(image, view, SIZE)[0, 0].cpu().numpy(), left | right):
                image = 1 - image
            view = closer(box, view, SIZE, VIEW_LUNGS)
        return image, view

    def _passes(self, image: Tensor, views: Sequence[View]) -> Tensor:
        """(members, views, 3, s, s) probabilities of left lung, right lung and heart."""
        import torch

        batch = torch.cat([standardise_film(cut(image, view, SIZE)) for view in views])
        return torch.stack([torch.sigmoid(network(batch)) for network in self._members("chest")])

    def _outline(self, image: Tensor, view: View) -> ChestPrediction:
        views = [view.scaled(scale) for scale in _SCALES]
        passes = self._passes(image, views)
        shape = (int(image.shape[-2]), int(image.shape[-1]))
        maps = average_on_canvas(passes.mean(dim=0), _SCALES, _CANVAS)
        left, right, heart = shape_masks([np.asarray(values > 0.5) for values in maps])
        lungs = passes[:, :, :2].amax(dim=2)
        agreed = agreement(pass_masks(lungs, _SCALES, _CANVAS), left | right)
        certain = ramp(_certainty(maps, (left, right)), *_CERTAIN) * ramp(agreed, *_AGREED)
        confidence = certain * plausibility(left, right, heart)
        if confidence < MIN_CHEST_CONFIDENCE:
            return _nothing(shape, confidence)
        flat = passes.flatten(0, 1).cpu().numpy() > 0.5
        ratios = [cardiothoracic_ratio(*shape_masks(list(item))) for item in flat]
        known = tuple(ratio for ratio in ratios if ratio is not None)
        canvas = view.scaled(max(_SCALES))
        left, right, heart = (paste_mask(mask, canvas, shape) for mask in (left, right, heart))
        return ChestPrediction(left, right, heart, confidence, known)


def shape_masks(masks: Sequence[BoolMask]) -> tuple[BoolMask, BoolMask, BoolMask]:
    """One part each for left lung, right lung and heart, without thin spurs."""
    left, right, heart = masks
    return (
        without_spurs(left, _LUNG_SPUR),
        without_spurs(right, _LUNG_SPUR),
        without_spurs(heart, _HEART_SPUR),
    )


def is_inverted(film: NDArray[np.float32], lungs: BoolMask) -> bool:
    """Whether lungs are brighter than what lies between them, as on a film with exchanged black and white.

    Compares medians over the lungs and over the rest of their convex hull. See the model card for how often this
    is right.

    Args:
        film: (H, W) grey levels.
        lungs: (H, W) both lungs, as outlined on this very film.
    """
    between = convex_hull(lungs) & ~lungs
    if not between.any() or not lungs.any():
        return False
    return float(np.median(film[between])) < float(np.median(film[lungs]))


def cardiothoracic_ratio(left_lung: BoolMask, right_lung: BoolMask, heart: BoolMask) -> float | None:
    """Widest heart over widest extent of the lungs (Danzer, 1919); None if a structure is missing.

    The thoracic width is that of the lung fields, which lies a little inside the ribs.
    """
    lungs, silhouette = mask_box(left_lung | right_lung), mask_box(heart)
    if lungs is None or silhouette is None:
        return None
    return silhouette.width / lungs.width


def plausibility(left_lung: BoolMask, right_lung: BoolMask, heart: BoolMask) -> float:
    """How much three masks look like a frontal chest, 0..1.

    1 if both lungs are there, compact, of similar size and height, side by side with the left one to the right in
    the picture, and a heart of a third of their width or more lies between them; lower the further any of these is
    from what frontal films show (of 247 JSRT films the least cardiothoracic ratio is 0.36).
    """
    boxes = [mask_box(mask) for mask in (left_lung, right_lung, heart)]
    if boxes[0] is None or boxes[1] is None:
        return 0.0
    left, right, middle = boxes[0], boxes[1], boxes[2]
    sizes = int(left_lung.sum()), int(right_lung.sum())
    balance = min(sizes) / max(sizes)
    apart = (left.centre[0] - right.centre[0]) / (left.width + right.width)
    level = abs(left.centre[1] - right.centre[1]) / max(left.height, right.height)
    solid = min(float(mask.sum() / convex_hull(mask).sum()) for mask in (left_lung, right_lung))
    score = ramp(balance, 0.1, 0.4) * ramp(apart, 0.2, 0.45) * ramp(-level, -0.7, -0.35)
    score *= ramp(solid, 0.5, 0.65)
    if middle is None:
        return 0.3 * score
    between = right.centre[0] < middle.centre[0] < left.centre[0]
    across = max(left.x1, right.x1) - min(left.x0, right.x0)
    return score * ramp(middle.width / across, 0.25, 0.33) if between else 0.3 * score


def _certainty(maps: NDArray[np.float32], masks: Sequence[BoolMask]) -> float:
    """Mean probability inside each lung, rescaled so that 0.5 counts as 0; geometric mean of both."""
    inside = [float(values[mask].mean()) if mask.any() else 0.5 for values, mask in zip(maps[:2], masks, strict=True)]
    return float(np.sqrt(np.prod([max(0.0, 2 * value - 1) for value in inside])))


def _nothing(shape: tuple[int, ...], confidence: float) -> ChestPrediction:
    empty = np.zeros(shape, dtype=np.bool_)
    below = min(confidence, float(np.nextafter(MIN_CHEST_CONFIDENCE, 0)))
    return ChestPrediction(empty, empty.copy(), empty.copy(), below, ())
