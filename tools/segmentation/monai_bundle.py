"""`MonaiBundleSegmenter`: any MONAI bundle directory as a tool."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import ToolFailure
from clinigraph.models.codes import Modality
from clinigraph.models.tooling import Port, ToolCall, ToolResult, ToolSpec, ValueKind
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.concepts import private
from clinigraph.tools.segmentation.bundle_network import WEIGHTS, load_network, needs_trust, weights_path
from clinigraph.tools.segmentation.bundle_reading import BundleReading, read_bundle
from clinigraph.tools.segmentation.bundle_steps import scaled
from clinigraph.tools.segmentation.device import pick_device
from clinigraph.tools.segmentation.results import Structure, label_map_result
from clinigraph.tools.segmentation.volume_grid import GridPlan, MaskPlanes, plan_grid
from clinigraph.tools.segmentation.window_stream import Windows, score_planes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor, nn

_NO_CONTRAST = "nothing can be seen: every pixel of the image has the same value"
_THIN = 0.5
"""A volume that fills less of the network's window than this along some axis is outlined with a warning."""


class MonaiBundleSegmenter:
    """Outlines what a bundle was trained for.

    Args:
        folder: The bundle directory.
        trusted: Whether the bundle's own Python (``$`` expressions, custom network classes) may run.
        device: ``auto``, ``cpu`` or ``cuda``.
        sha256: Expected digest of the weights; checked when given.
    """

    def __init__(self, folder: Path, *, trusted: bool = False, device: str = "auto", sha256: str | None = None) -> None:
        self._folder = folder
        self._trusted = trusted
        self._wanted_device = device
        self._sha256 = sha256
        self._network: nn.Module | None = None
        self._lock = Lock()

    @cached_property
    def _reading(self) -> BundleReading:
        return read_bundle(self._folder)

    @cached_property
    def spec(self) -> ToolSpec:
        """What agents know of the tool, from the bundle's metadata."""
        bundle = self._reading
        return ToolSpec(
            name=bundle.name,
            version=bundle.version,
            description=_description(bundle),
            modalities=() if bundle.modality is Modality.UNKNOWN else (bundle.modality,),
            inputs={"image": Port(kind=ValueKind.IMAGE)},
            outputs={"masks": Port(kind=ValueKind.LABEL_MAP, labels=tuple(label for _, label in bundle.labels))},
            timeout_s=1200,
            weights_sha256=self._expected,
            licence=bundle.licence,
        )

    def unavailable(self) -> str:
        """Return why the bundle cannot be used here, or an empty string; loads no weights."""
        try:
            return self._refusal()
        except ToolFailure as failure:
            return str(failure)

    def _refusal(self) -> str:
        bundle, weights = self._reading, weights_path(self._reading)
        if weights is None:
            return f"the bundle {bundle.name} has no weights ({', '.join(WEIGHTS)})"
        if bundle.unknown_steps:
            return (
                f"the bundle {bundle.name} prepares images in a way not known here: {', '.join(bundle.unknown_steps)}"
            )
        code = needs_trust(bundle, weights)
        if code and not self._trusted:
            return (
                f"the bundle {bundle.name} would run code: {code}; trust it explicitly (CLINIGRAPH_TRUST_BUNDLE_CODE)"
            )
        return ""

    def warm_up(self) -> None:
        """Load the network once.

        Raises:
            ToolFailure: The bundle is incomplete or would need its own code and is not trusted.
            WeightsInvalid: The weights do not fit the network or the expected sha256.
        """
        with self._lock:
            self._loaded()

    def _loaded(self) -> nn.Module:
        if self._network is None:
            reason, path = self._refusal(), weights_path(self._reading)
            if reason or path is None:
                raise ToolFailure("The MONAI bundle is refused", given=reason, todo="Use another, or trust this one.")
            network = load_network(self._reading, path, self._expected)
            self._network = network.to(pick_device(self._wanted_device))
        return self._network

    @property
    def _expected(self) -> str | None:
        return self._sha256 or self._reading.sha256

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Outline the bundle's structures on the image's own grid.

        Raises:
            ToolFailure: The image is of another kind, dimension or number of channels, or lacks the spacing or
                orientation that the bundle needs.
        """
        image = support.image_input(self.spec, call)
        pixels = support.pixels_of(self.spec, image, context)
        bundle = self._reading
        _check_shape(bundle, pixels, image.geometry.shape)
        plan = plan_grid(image.geometry, bundle.axcodes, bundle.spacing_mm, bundle.name)
        context.check_cancelled()
        if pixels.min() == pixels.max():
            empty = np.zeros((len(bundle.labels), *image.geometry.shape), dtype=np.bool_)
            return label_map_result(self.spec, call, context, image, _structures(bundle, empty, _NO_CONTRAST))
        volume = prepared(pixels, plan, bundle, colour=image.colour)
        del pixels
        with self._lock:
            masks = _outlined(self._loaded(), volume, plan, bundle, image.geometry.shape, context.check_cancelled)
        structures = _structures(bundle, masks, _thin(plan, bundle))
        return label_map_result(self.spec, call, context, image, structures)


def _structures(bundle: BundleReading, masks: NDArray[np.bool_], reason: str | None) -> list[Structure]:
    """Return the labels of a bundle with their masks ``(N, *shape)`` and one reason for all."""
    return [
        Structure(label, private(label.upper(), label.replace("_", " ")), mask, reason=reason)
        for (_, label), mask in zip(bundle.labels, masks, strict=True)
    ]


def _description(bundle: BundleReading) -> str:
    text = f"Outlines {', '.join(n for _, n in bundle.labels)} with the MONAI bundle {bundle.name}."
    undone = f" Its own postprocessing is not applied: {', '.join(bundle.not_applied)}."
    return text + (undone if bundle.not_applied else "")


def prepared(pixels: NDArray[np.generic], plan: GridPlan, bundle: BundleReading, *, colour: bool) -> Tensor:
    """Return ``(1, channels, *size)`` as the bundle's preprocessing makes it; a colour image has its channels last."""
    import torch

    channels = np.moveaxis(pixels, -1, 0) if colour else pixels[None]
    values = channels.astype(np.float32)
    for step in bundle.intensity_before:
        values = scaled(values, step)
    volume = torch.cat([plan.forward(channel) for channel in values], dim=1)
    del values
    after = volume[0].numpy()
    for step in bundle.intensity_after:
        after = scaled(after, step)
    return torch.from_numpy(after)[None]


def _outlined(
    network: nn.Module,
    volume: Tensor,
    plan: GridPlan,
    bundle: BundleReading,
    shape: tuple[int, ...],
    check_cancelled: Callable[[], None],
) -> NDArray[np.bool_]:
    """Return masks ``(N, *shape)`` in the order of the bundle's labels, score plane by score plane."""
    import torch

    device = next(network.parameters(), torch.zeros(1)).device
    flat = len(bundle.roi_size) == 2

    def predict(window: Tensor) -> Tensor:
        check_cancelled()
        out = network((window[:, :, 0] if flat else window).to(device))
        first: Tensor = out[0] if isinstance(out, list | tuple) else out
        return first[:, :, None] if flat else first

    size = (1, *bundle.roi_size) if flat else bundle.roi_size
    with torch.inference_mode():
        stack = volume[:, :, None] if flat else volume
        planes = score_planes(predict, stack, Windows((size[0], size[1], size[2]), bundle.overlap))
        return _masks(planes, plan, bundle, shape, int(stack.shape[2]))


def _masks(
    planes: Iterator[Tensor], plan: GridPlan, bundle: BundleReading, shape: tuple[int, ...], depth: int
) -> NDArray[np.bool_]:
    """Return masks ``(N, *shape)``; a single output channel answers for the first label."""
    first = next(planes)
    single = int(first.shape[0]) == 1
    channels = tuple(0 if single else number for number, _ in bundle.labels)
    if max(channels) >= int(first.shape[0]):
        raise ToolFailure(
            f"The network of the bundle {bundle.name} has fewer outputs than its metadata names",
            given=f"{int(first.shape[0])} channels for {len(channels)} labels",
            todo="Correct channel_def in metadata.json.",
        )
    filler = MaskPlanes(plan, shape, channels, sigmoid=bundle.sigmoid or single)
    filler.fill(chain([first], planes), depth)
    return filler.masks


def _thin(plan: GridPlan, bundle: BundleReading) -> str | None:
    """Return a warning when the volume fills little of the network's window, else None."""
    shares = [n / side for n, side in zip(plan.size, bundle.roi_size, strict=True)]
    if min(shares) >= _THIN:
        return None
    axis = shares.index(min(shares))
    return (
        f"read with care: the volume fills {plan.size[axis]} of the {bundle.roi_size[axis]} planes that the network "
        "looks at along one axis"
    )


def _check_shape(bundle: BundleReading, pixels: NDArray[np.generic], shape: tuple[int, ...]) -> None:
    channels = pixels.shape[-1] if pixels.ndim > len(shape) else 1
    if len(shape) != bundle.spatial_dims or channels != bundle.channels:
        raise ToolFailure(
            f"The bundle {bundle.name} reads {bundle.spatial_dims}-D images with {bundle.channels} channel(s)",
            given=f"shape {shape} with {channels} channel(s)",
            todo="Give an image of that kind.",
        )
