"""The fetal head on an ultrasound picture: an ellipse along the outer edge of the skull."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.segmentation.networks.ensemble import Ensemble
from clinigraph.tools.segmentation.networks.looking import check_grey, shows_something
from clinigraph.tools.segmentation.networks.masks import BoolMask, agreement, dice, largest_component, ramp
from clinigraph.tools.segmentation.networks.views import View, average_on_canvas, cut, standardise_film, to_tensor

if TYPE_CHECKING:
    from torch import Tensor

SIZE = 128
"""Side of the grid on which the network works."""
MIN_HEAD_CONFIDENCE = 0.8
"""Below this the picture is not taken for one of a fetal head. See the model card."""
CLOSE = 1.5
"""Side of the second view over the longer axis of the head."""
_SCALES = (0.85, 1.0, 1.15)
_CERTAIN, _AGREED, _OVAL = (0.6, 0.85), (0.85, 0.93), (0.9, 0.95)
"""From none to full confidence: certainty inside, agreement of the passes, overlap of outline and ellipse."""
_AXES = (0.5, 0.62)
"""Short over long axis, from none to full confidence: heads of the training set have 0.65 or more."""
_CANVAS = 320
"""Side of the grid on which the passes are averaged."""


@dataclass(frozen=True, slots=True)
class Oval:
    """An ellipse in pixels; x grows to the right, y downwards, both from the outer edge of the first pixel."""

    x: float
    y: float
    semi_major: float
    semi_minor: float
    angle: float
    """Direction of the major axis in radians, from the x axis towards the y axis."""

    @classmethod
    def of(cls, weights: NDArray[np.float32] | BoolMask) -> Oval | None:
        """Return the ellipse with the second moments of a map ``(H, W)``; None for an empty one.

        A filled ellipse with semi-axes a and b has variances a^2/4 and b^2/4 along its axes; a pixel adds a twelfth.
        """
        rows, columns = np.nonzero(weights)
        mass = weights[rows, columns].astype(np.float64)
        if rows.size < 3 or mass.sum() <= 0:
            return None
        points = np.stack([columns + 0.5, rows + 0.5])
        spread = np.cov(points, aweights=mass, bias=True) + np.eye(2) / 12
        values, vectors = np.linalg.eigh(spread)
        x, y = np.average(points, axis=1, weights=mass)
        angle = math.atan2(vectors[1, 1], vectors[0, 1])
        return cls(float(x), float(y), 2 * math.sqrt(values[1]), 2 * math.sqrt(values[0]), angle)

    def grown(self, pixels: float) -> Oval:
        """Return the ellipse with both semi-axes longer (or, below 0, shorter) by so many pixels."""
        axes = max(0.1, self.semi_major + pixels), max(0.1, self.semi_minor + pixels)
        return Oval(self.x, self.y, *axes, self.angle)

    def placed(self, left: float, top: float, scale: float) -> Oval:
        """Return the ellipse of a view on the image: ``scale`` image pixels a pixel, corner at (left, top)."""
        x, y = left + self.x * scale, top + self.y * scale
        return Oval(x, y, self.semi_major * scale, self.semi_minor * scale, self.angle)

    def cover(self, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Return how far each pixel ``(H, W)`` lies inside, 0..1, with an edge one pixel wide."""
        rows, columns = np.mgrid[: shape[0], : shape[1]]
        dx, dy = columns + 0.5 - self.x, rows + 0.5 - self.y
        along = (dx * math.cos(self.angle) + dy * math.sin(self.angle)) / self.semi_major
        across = (dy * math.cos(self.angle) - dx * math.sin(self.angle)) / self.semi_minor
        radius = np.hypot(along, across)
        slope = np.hypot(along / self.semi_major, across / self.semi_minor) / np.maximum(radius, 1e-6)
        distance = (1 - radius) / np.maximum(slope, 1e-6)
        return np.asarray(np.clip(0.5 + distance, 0, 1), dtype=np.float32)

    def mask(self, shape: tuple[int, int]) -> BoolMask:
        """Return the pixels ``(H, W)`` whose centres lie inside."""
        return np.asarray(self.cover(shape) > 0.5, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class HeadPrediction:
    """The head of one picture, on the grid of the input."""

    head: BoolMask
    """(H, W) filled ellipse; its outer edge runs half a pixel outside the line that callipers would follow."""
    confidence: float
    """0..1; below `MIN_HEAD_CONFIDENCE` the mask is empty."""
    passes: tuple[Oval, ...]
    """The ellipse of every test-time-augmented pass, in pixels of the input."""


class HeadNetwork(Ensemble):
    """One small ensemble, used twice: on the whole picture, then on the region of the head."""

    name = "us_fetal_head"

    def predict(self, gray: NDArray[np.uint8]) -> HeadPrediction:
        """Outline the head.

        Args:
            gray: (H, W) ultrasound picture, any size.

        Returns:
            The mask on the same grid; empty, with the confidence reached, if no head shows.

        Raises:
            ValueError: if the array is not (H, W) uint8.
        """
        check_grey(gray, "picture")
        import torch

        if not shows_something(gray):
            return _nothing(gray.shape, 0.0)
        self.warm_up()
        with torch.inference_mode():
            image = to_tensor(gray).to(self._device)
            view = self._find(image)
            return _nothing(gray.shape, 0.0) if view is None else self._outline(image, view)

    def _find(self, image: Tensor) -> View | None:
        """Return the view round the head after a look at the whole picture; None if no head shows."""
        whole = View.whole(image.shape)
        maps = self._passes(image, [whole])[:, 0].mean(dim=0).cpu().numpy()
        oval = Oval.of(largest_component(maps > 0.5))
        if oval is None or oval.semi_minor < SIZE / 32:
            return None
        return _round(oval, whole, SIZE)

    def _passes(self, image: Tensor, views: list[View]) -> Tensor:
        """(2 * members, views, s, s) probabilities; each member also looks at the mirrored picture."""
        import torch

        batch = torch.cat([standardise_film(cut(image, view, SIZE)) for view in views])
        plain = [torch.sigmoid(network(batch))[:, 0] for network in self._members("head")]
        mirrored = [torch.sigmoid(network(batch.flip(3)))[:, 0].flip(2) for network in self._members("head")]
        return torch.stack(plain + mirrored)

    def _outline(self, image: Tensor, view: View) -> HeadPrediction:
        shape = (int(image.shape[-2]), int(image.shape[-1]))
        views = [view.scaled(scale) for scale in _SCALES]
        passes = self._passes(image, views)
        mean = average_on_canvas(passes.mean(dim=0)[:, None], _SCALES, _CANVAS)[0]
        outline = largest_component(mean > 0.5)
        oval = Oval.of(outline)
        if oval is None:
            return _nothing(shape, 0.0)
        singles = [_single(item, one) for group in passes for item, one in zip(group, views, strict=True)]
        ovals = tuple(single for single in singles if single is not None)
        placed = _placed(oval, view.scaled(max(_SCALES)), _CANVAS)
        agreed = _agreed(ovals, placed, shape) * len(ovals) / len(singles)
        confidence = _confidence(mean, outline, oval) * ramp(agreed, *_AGREED)
        if confidence < MIN_HEAD_CONFIDENCE:
            return _nothing(shape, confidence)
        return HeadPrediction(placed.mask(shape), confidence, ovals)


def _confidence(maps: NDArray[np.float32], outline: BoolMask, oval: Oval) -> float:
    """How certain, oval and plausible in its proportions a head is, 0..1."""
    certain = 2 * float(maps[outline].mean()) - 1
    like = dice(outline, oval.mask((maps.shape[0], maps.shape[1])))
    return ramp(certain, *_CERTAIN) * ramp(like, *_OVAL) * ramp(oval.semi_minor / oval.semi_major, *_AXES)


def _agreed(ovals: Sequence[Oval], mean: Oval, shape: tuple[int, int]) -> float:
    """Mean overlap of the passes with the result, drawn small: ovals need no fine grid to be compared."""
    scale = SIZE / max(shape)
    small = (max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale)))
    return agreement([oval.placed(0, 0, scale).mask(small) for oval in ovals], mean.placed(0, 0, scale).mask(small))


def _single(probability: Tensor, view: View) -> Oval | None:
    oval = Oval.of(largest_component(np.asarray(probability.cpu().numpy() > 0.5)))
    return None if oval is None else _placed(oval, view, SIZE)


def _placed(oval: Oval, view: View, size: int) -> Oval:
    left, top = math.floor(view.centre_x - view.side / 2), math.floor(view.centre_y - view.side / 2)
    return oval.placed(left, top, max(2, round(view.side)) / size)


def _round(oval: Oval, view: View, size: int) -> View:
    found = _placed(oval, view, size)
    return View(found.x, found.y, 2 * found.semi_major * CLOSE)


def _nothing(shape: tuple[int, ...], confidence: float) -> HeadPrediction:
    below = min(confidence, float(np.nextafter(MIN_HEAD_CONFIDENCE, 0)))
    return HeadPrediction(np.zeros(shape, dtype=np.bool_), below, ())
