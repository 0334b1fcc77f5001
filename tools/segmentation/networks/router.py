"""Modality router: what kind of image is this, and is the answer safe enough to act on?

It stands in front of the diagnosis graph. Its job is less to name every modality than to keep the wrong image out of
a protocol, so it answers `unknown` whenever one of its reject rules fires. Research use only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.segmentation.networks.bundle import BUNDLES, BundleError

if TYPE_CHECKING:
    from torch import Tensor

    from clinigraph.tools.segmentation.networks.router_net import RouterNet

ImageKind = Literal[
    "fundus",
    "chest_film",
    "dermoscopy",
    "ultrasound",
    "ct",
    "mr",
    "histology",
    "other_medical",
    "not_medical",
    "unknown",
]

SMALLEST_SIDE = 32
"""Images with a shorter side are not judged, pixels."""
LARGEST_ASPECT = 6.0
"""Longer strips are not judged (long side over short side)."""
LEAST_CONTRAST = 12.0
"""Least distance between the 1st and the 99th percentile of brightness (0-255)."""
LEAST_ENTROPY = 0.6
"""Least Shannon entropy of the brightness histogram of 64 bins, bits; masks and blank scans lie below."""
LEAST_SMOOTHNESS = 0.25
"""Least correlation of neighbouring pixels; white noise is near 0, photographs and scans above 0.8."""

GREY_CHROMA = 5.0
"""Mean distance between the largest and the smallest channel below which an image counts as grey (0-255)."""
GREY_FUNDUS_SCORE = 0.9
"""Score that a grey image needs to pass for a fundus: colour, its best mark, is missing."""


@dataclass(frozen=True, slots=True)
class RouterPrediction:
    """The router's answer for one image."""

    kind: ImageKind
    score: float
    """Calibrated probability of `kind`, 0 to 1; for `unknown` the best score that was rejected."""
    scores: Mapping[str, float]
    """Probability of every kind that the network knows and of `unknown`; they add up to 1 (empty if a rule fired)."""
    reason: str
    """One sentence that says why the image was rejected; empty if it was not."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Everything that `warm_up` reads."""

    network: RouterNet
    means: Tensor
    whitening: Tensor
    classes: tuple[str, ...]
    limits: tuple[float, ...]
    temperature: float
    lowest_score: float


class ModalityRouter:
    """Names the kind of an image, or says that it cannot.

    Example:
        >>> router = ModalityRouter()
        >>> router.predict(np.zeros((64, 64), np.uint8)).kind
        'unknown'
    """

    name = "modality_router"

    def __init__(self, bundle_dir: Path | None = None) -> None:
        self._folder = bundle_dir if bundle_dir is not None else BUNDLES / "modality_router"
        self._loaded: _Loaded | None = None
        self._lock = Lock()

    @property
    def version(self) -> str:
        """Version of the bundle."""
        return str(self._metadata()["version"])

    @property
    def sha256(self) -> str:
        """Hex digest of the weights as metadata.json names it."""
        return str(self._metadata()["sha256"])

    def warm_up(self) -> None:
        """Load the weights; only the first call does work.

        Raises:
            BundleError: if metadata or weights are missing or do not belong together.
        """
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()

    def predict(self, image: NDArray[np.uint8]) -> RouterPrediction:
        """Judge one image.

        Args:
            image: (H, W) grey or (H, W, 3) RGB, uint8, any size, as displayed; never changed.

        Returns:
            The kind with its calibrated score, or `unknown` with a reason.

        Raises:
            ValueError: if the array is of another shape or type.
            BundleError: if the weights cannot be loaded.
        """
        _check_array(image)
        reason = _rule_against(image)
        if reason:
            return RouterPrediction("unknown", 0.0, MappingProxyType({}), reason)
        self.warm_up()
        assert self._loaded is not None  # noqa: S101  # for the type checker; warm_up has just set it
        return _judge(image, self._loaded)

    def _metadata(self) -> dict[str, object]:
        try:
            content = (self._folder / "metadata.json").read_text(encoding="utf-8")
            return cast("dict[str, object]", json.loads(content))
        except (OSError, ValueError) as error:
            raise BundleError(
                f"no usable metadata.json in bundle '{self._folder.name}': {error}; install the package again"
            ) from error

    def _load(self) -> _Loaded:
        from safetensors.torch import load

        from clinigraph.tools.segmentation.networks.router_net import RouterNet

        metadata = self._metadata()
        tensors = load(self._checked_weights(str(metadata.get("sha256"))))
        try:
            classes = tuple(str(name) for name in cast("list[str]", metadata["classes"]))
            limits = cast("dict[str, float]", metadata["distance_limits"])
            network = RouterNet(len(classes))
            prefix = "network."
            network.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
            return _Loaded(
                network=network.eval(),
                means=tensors["calibration.means"],
                whitening=tensors["calibration.whitening"],
                classes=classes,
                limits=tuple(float(limits[name]) for name in classes),
                temperature=float(cast("float", metadata["temperature"])),
                lowest_score=float(cast("float", metadata["lowest_score"])),
            )
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise BundleError(
                f"bundle '{self._folder.name}' is incomplete: {error}; train it or install the package again"
            ) from error

    def _checked_weights(self, expected: str) -> bytes:
        try:
            content = (self._folder / "models" / "model.safetensors").read_bytes()
        except OSError as error:
            raise BundleError(f"bundle '{self._folder.name}' has no weights; install the package again") from error
        found = hashlib.sha256(content).hexdigest()
        if found != expected:
            raise BundleError(
                f"weights of bundle '{self._folder.name}' have sha256 {found[:12]}…, metadata.json says "
                f"{expected[:12]}…; install the package again"
            )
        return content


def _check_array(image: NDArray[np.uint8]) -> None:
    if image.dtype != np.uint8 or image.ndim not in {2, 3} or (image.ndim == 3 and image.shape[2] != 3):
        raise ValueError(
            f"the router takes (H, W) or (H, W, 3) uint8, got {image.shape} {image.dtype}; window or convert it first"
        )


def _rule_against(image: NDArray[np.uint8]) -> str:
    """The reason for which an image is not even shown to the network; empty if there is none."""
    height, width = image.shape[:2]
    if min(height, width) < SMALLEST_SIDE:
        return f"The image is {height} x {width} pixels; at least {SMALLEST_SIDE} on each side are needed."
    if max(height, width) > LARGEST_ASPECT * min(height, width):
        return f"The image is a strip of {height} x {width} pixels, which no supported kind of image is."
    step = max(1, min(height, width) // 256)
    sample = image[::step, ::step].astype(np.float32)
    grey = sample if sample.ndim == 2 else sample.mean(axis=2)
    low, high = np.percentile(grey, [1, 99])
    if high - low < LEAST_CONTRAST:
        return "The image is almost uniform, so there is nothing to recognise."
    share = np.histogram(grey, bins=64, range=(0, 256))[0] / grey.size
    if float(-(share[share > 0] * np.log2(share[share > 0])).sum()) < LEAST_ENTROPY:
        return "The image has hardly more than one grey level, as a mask or a blank scan has."
    if _neighbour_correlation(image) < LEAST_SMOOTHNESS:
        return "Neighbouring pixels are unrelated, so the image looks like noise."
    return ""


def _neighbour_correlation(image: NDArray[np.uint8]) -> float:
    """Correlation of horizontally adjacent pixels of one channel, at no more than about 512 x 512 places."""
    plane = (image if image.ndim == 2 else image[..., 1])[:: max(1, image.shape[0] // 256)]
    step = max(1, image.shape[1] // 256)
    left, right = (plane[:, start : plane.shape[1] - 1 + start : step].astype(np.float32).ravel() for start in (0, 1))
    spread = float(left.std() * right.std())
    return 1.0 if spread < 1e-6 else float(((left - left.mean()) * (right - right.mean())).mean()) / spread


def _judge(image: NDArray[np.uint8], loaded: _Loaded) -> RouterPrediction:
    """Run the network on both views, average, and apply the reject rules."""
    import torch

    from clinigraph.tools.segmentation.networks.router_net import reduce_image, to_tensor, views

    with torch.inference_mode():
        logits, embedding = loaded.network(to_tensor(views(reduce_image(image))))
        probability = torch.softmax(logits.mean(dim=0) / loaded.temperature, dim=0)
        offsets = (embedding.mean(dim=0) - loaded.means) @ loaded.whitening
        distance = offsets.norm(dim=1)
    scores = {name: float(p) for name, p in zip(loaded.classes, probability, strict=True)}
    scores["unknown"] = scores.pop("outlier", 0.0)
    best = int(probability.argmax())
    needed = loaded.lowest_score
    if loaded.classes[best] == "fundus" and _is_grey(image):
        needed = max(needed, GREY_FUNDUS_SCORE)
    return _decide(loaded, best, float(distance[best]), MappingProxyType(scores), needed)


def _is_grey(image: NDArray[np.uint8]) -> bool:
    """Whether an image has hardly any colour."""
    if image.ndim == 2:
        return True
    sample = image[:: max(1, image.shape[0] // 128), :: max(1, image.shape[1] // 128)].astype(np.int16)
    return float((sample.max(axis=2) - sample.min(axis=2)).mean()) < GREY_CHROMA


def _decide(
    loaded: _Loaded, best: int, distance: float, scores: Mapping[str, float], needed: float
) -> RouterPrediction:
    """Accept the best class or reject it with a reason."""
    name = loaded.classes[best]
    if name == "outlier" or name not in get_args(ImageKind):
        rejected = max(value for key, value in scores.items() if key != "unknown")
        return RouterPrediction("unknown", rejected, scores, "The image resembles no kind that the router knows.")
    score = scores[name]
    if score < needed:
        reason = f"The best guess, {name}, has a score of {score:.2f}; {needed:.2f} is needed."
        return RouterPrediction("unknown", score, scores, reason)
    if distance > loaded.limits[best]:
        reason = f"The image looks most like {name}, but unlike the {name} images that the router has learnt from."
        return RouterPrediction("unknown", score, scores, reason)
    return RouterPrediction(cast("ImageKind", name), score, scores, "")
