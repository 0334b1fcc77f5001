"""Chambers of the heart on short-axis cine MR: cavity and muscle of the left ventricle, cavity of the right.

Nothing here depends on the side of the patient or on the display: the network saw slices turned and mirrored in every
way, and tells the ventricles apart by their walls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.segmentation.networks.ensemble import Ensemble
from clinigraph.tools.segmentation.networks.looking import closer, shows_something
from clinigraph.tools.segmentation.networks.masks import dice, mask_box, ramp
from clinigraph.tools.segmentation.networks.views import View, cut, local_contrast, paste

if TYPE_CHECKING:
    from torch import Tensor

Stack = NDArray[np.uint8]
Masks = NDArray[np.bool_]
SIZE = 144
"""Side of the grid on which the network works."""
VIEW_HEART = 1.55
"""Side of the view over the longer side of the box round the heart, all slices together."""
MIN_HEART_CONFIDENCE = 0.5
"""Below this the stack is not taken for a heart in short axis. See the model card."""
_POSES = ((0.9, 0, False), (1.0, 1, False), (1.12, 2, True))
"""Scale of the view, quarter turns, mirrored: one pass each."""
_CERTAIN, _AGREED, _CLOSED = (0.55, 0.85), (0.6, 0.85), (0.35, 0.75)
"""From none to full confidence: certainty inside the left ventricle, agreement of the passes, closure of its wall."""
_SMALLEST_VIEW = 0.25
"""Least side of a view over the longer side of the image."""
_BATCH = 16


@dataclass(frozen=True, slots=True)
class CinePrediction:
    """Chambers of one stack, on the grid of the input."""

    lv_cavity: Masks
    """(D, H, W)."""
    myocardium: Masks
    """(D, H, W) muscle of the left ventricle."""
    rv_cavity: Masks
    """(D, H, W)."""
    confidence: float
    """0..1; below `MIN_HEART_CONFIDENCE` all masks are empty."""
    voxel_samples: tuple[tuple[float, float, float], ...]
    """Voxels of cavity, muscle and right ventricle in each pass of each network."""


class CineNetwork(Ensemble):
    """One small ensemble, used twice: on whole slices to find the heart, then on the heart."""

    name = "cine_mr_heart"

    def predict(self, stack: Stack) -> CinePrediction:
        """Outline the chambers.

        Args:
            stack: (D, H, W) short-axis slices in the order in which they lie, or one slice as (1, H, W).

        Returns:
            Masks on the same grid; empty, with the confidence reached, if this is no heart in short axis.

        Raises:
            ValueError: if the array is not (D, H, W) uint8.
        """
        import torch

        _check(stack)
        self.warm_up()
        with torch.inference_mode():
            slices = self._with_neighbours(stack)
            view = self._find_heart(slices) if _shows_something(stack) else None
            if view is None:
                return _nothing(stack.shape, 0.0)
            return self._outline(slices, view)

    def cavity_voxels(self, frames: Sequence[Stack]) -> list[float]:
        """Voxels of the left ventricular cavity in each frame of one heart, by a quick pass; 0 where there is none.

        Args:
            frames: Stacks (D, H, W) of one grid, at different moments of the heartbeat.

        Returns:
            One count for each frame, comparable among these frames.
        """
        import torch

        self.warm_up()
        with torch.inference_mode():
            view = None
            for frame in frames:
                _check(frame)
                view = view or (self._find_heart(self._with_neighbours(frame)) if _shows_something(frame) else None)
            if view is None:
                return [0.0] * len(frames)
            return [self._quick_cavity(self._with_neighbours(frame), view) for frame in frames]

    def _with_neighbours(self, stack: Stack) -> Tensor:
        """(D, 3, H, W): each slice between the one before and the one after it; 0..1."""
        import torch

        index = np.arange(len(stack))
        order = np.stack([np.maximum(index - 1, 0), index, np.minimum(index + 1, len(stack) - 1)], axis=1)
        return torch.from_numpy(np.ascontiguousarray(stack[order])).to(self._device).float().div(255)

    def _passes(self, slices: Tensor, view: View, turns: int = 0, mirrored: bool = False) -> Tensor:
        """(members, D, 4, s, s) shares of: none, LV cavity, myocardium, RV cavity."""
        import torch

        parts = []
        for start in range(0, len(slices), _BATCH):
            patch = cut(slices[start : start + _BATCH], view, SIZE)
            patch = torch.rot90(patch.flip(3) if mirrored else patch, turns, (2, 3))
            patch = standardise_slices(patch)
            parts.append(torch.stack([torch.softmax(network(patch), dim=1) for network in self._members("cine")]))
        shares = torch.rot90(torch.cat(parts, dim=1), -turns, (3, 4))
        return shares.flip(4) if mirrored else shares

    def _find_heart(self, slices: Tensor) -> View | None:
        """Look at whole slices, then closer; None if no heart shows."""
        whole = View.whole(slices.shape)
        view = whole
        for _ in range(2):
            shares = self._passes(slices, view).mean(dim=0)
            found = _heart_view(shares.cpu().numpy(), view, _SMALLEST_VIEW * whole.side)
            if found is None:
                return None
            view = found
        return view

    def _quick_cavity(self, slices: Tensor, view: View) -> float:
        labels = self._passes(slices, view).mean(dim=0).argmax(dim=1).cpu().numpy()
        return float(_main_part(labels == 1).sum()) * (view.side / SIZE) ** 2

    def _outline(self, slices: Tensor, view: View) -> CinePrediction:
        import torch

        shape = (len(slices), int(slices.shape[-2]), int(slices.shape[-1]))
        total = np.zeros((3, *shape), dtype=np.float32)
        passes, samples = [], []
        for scale, turns, mirrored in _POSES:
            near = view.scaled(scale)
            shares = self._passes(slices, near, turns, mirrored)
            mean = shares.mean(dim=0)
            for channel in range(3):
                for index in range(shape[0]):
                    total[channel, index] += paste(mean[index : index + 1, [channel + 1]], near, shape[1:])
            labels = shares.argmax(dim=2)
            area = (near.side / SIZE) ** 2
            counts = torch.stack([(labels == value).sum(dim=(1, 2, 3)) for value in (1, 2, 3)], dim=1).float() * area
            samples += [(float(a), float(b), float(c)) for a, b, c in counts.cpu()]
            passes += list(_on_grid(labels, near, shape))
        total /= len(_POSES)
        masks = shape_chambers(total)
        confidence = _confidence(total, masks, passes)
        if confidence < MIN_HEART_CONFIDENCE:
            return _nothing(shape, confidence)
        return CinePrediction(*masks, confidence, tuple(samples))


def standardise_slices(image: Tensor) -> Tensor:
    """Four scanner-independent channels: each slice at mean 0 and deviation 1, local contrast of the middle one.

    Args:
        image: (N, 3, s, s), 0..1: a slice between its neighbours.

    Returns:
        (N, 4, s, s), about -4..4.
    """
    import torch

    mean = image.mean(dim=(2, 3), keepdim=True)
    deviation = ((image - mean) ** 2).mean(dim=(2, 3), keepdim=True).sqrt()
    brightness = ((image - mean) / (deviation + 0.01)).clamp(-4, 4)
    middle = image[:, 1:2]
    return torch.cat([brightness, local_contrast(middle, torch.ones_like(middle))], dim=1)


def shape_chambers(shares: NDArray[np.float32]) -> tuple[Masks, Masks, Masks]:
    """One connected part each: cavity, the muscle that touches it, right ventricle; holes in a slice filled.

    Args:
        shares: (3, D, H, W) of LV cavity, myocardium and RV cavity; what is missing to 1 is none of them.
    """
    none = 1 - shares.sum(axis=0, keepdims=True)
    labels = np.concatenate([none, shares]).argmax(axis=0)
    cavity = _filled(_main_part(labels == 1))
    muscle = _main_part((labels == 2) | cavity) & (labels == 2) & ~cavity
    right = _filled(_main_part(labels == 3)) & ~cavity & ~muscle
    return cavity, muscle, right


def wall_closure(cavity: Masks, muscle: Masks) -> float:
    """Share of the cavity's outline, slice by slice, that lies against muscle, 0..1; 0 without a cavity."""
    from scipy.ndimage import binary_dilation

    disc = np.ones((1, 3, 3), dtype=np.bool_)
    rim = binary_dilation(cavity, disc) & ~cavity
    return float((rim & muscle).sum() / rim.sum()) if rim.any() else 0.0


def _check(stack: Stack) -> None:
    if stack.ndim != 3 or stack.dtype != np.uint8:
        raise ValueError(f"expected (D, H, W) uint8, got {stack.shape} {stack.dtype}; give slices as 8-bit grey")


def _shows_something(stack: Stack) -> bool:
    return shows_something(stack[len(stack) // 2])


def _heart_view(shares: NDArray[np.float32], view: View, least: float) -> View | None:
    """The view round the largest heart-like region of all slices together."""
    from scipy.ndimage import label

    heart = shares[:, 1:].sum(axis=1) > 0.5
    depth = heart.sum(axis=0)
    parts, count = label(depth > 0)
    if count == 0:
        return None
    weight = np.bincount(parts.ravel(), weights=(depth + 0.0).ravel())[1:]
    box = mask_box(parts == int(weight.argmax()) + 1)
    if box is None or min(box.width, box.height) < SIZE / 24:
        return None
    near = closer(box, view, SIZE, VIEW_HEART)
    return replace(near, side=max(near.side, least))


def _main_part(mask: Masks) -> Masks:
    """The largest part of (D, H, W), diagonal neighbours counted."""
    from scipy.ndimage import label

    parts, count = label(mask, structure=np.ones((3, 3, 3)))
    if count <= 1:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray(parts == int(sizes.argmax()), dtype=np.bool_)


def _filled(mask: Masks) -> Masks:
    from scipy.ndimage import binary_fill_holes

    return np.stack([np.asarray(binary_fill_holes(plane), dtype=np.bool_) for plane in mask])


def _on_grid(labels: Tensor, view: View, shape: tuple[int, int, int]) -> list[Masks]:
    """Left ventricle, cavity and muscle, of each member on the grid of the input."""
    inside = ((labels == 1) | (labels == 2)).float()
    return [np.stack([paste(plane[None, None], view, shape[1:]) > 0.5 for plane in member]) for member in inside]


def _confidence(shares: NDArray[np.float32], masks: tuple[Masks, Masks, Masks], passes: Sequence[Masks]) -> float:
    ventricle = masks[0] | masks[1]
    if not masks[0].any():
        return 0.0
    certain = float(shares[:2].sum(axis=0)[ventricle].mean())
    agreed = float(np.mean([dice(item, ventricle) for item in passes]))
    closed = wall_closure(masks[0], masks[1])
    return ramp(certain, *_CERTAIN) * ramp(agreed, *_AGREED) * ramp(closed, *_CLOSED)


def _nothing(shape: tuple[int, ...], confidence: float) -> CinePrediction:
    empty = np.zeros(shape, dtype=np.bool_)
    below = min(confidence, float(np.nextafter(MIN_HEART_CONFIDENCE, 0)))
    return CinePrediction(empty, empty.copy(), empty.copy(), below, ())
