"""`MonaiBundleSegmenter`: any MONAI bundle directory as a tool."""

from __future__ import annotations

import hashlib
import warnings
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import ToolFailure, WeightsInvalid
from clinigraph.models.codes import Modality
from clinigraph.models.tooling import Port, ToolCall, ToolResult, ToolSpec, ValueKind
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.concepts import private
from clinigraph.tools.segmentation.bundle_reading import BundleReading, Intensity, network_is_plain, read_bundle
from clinigraph.tools.segmentation.device import pick_device
from clinigraph.tools.segmentation.results import Structure, label_map_result
from clinigraph.tools.segmentation.volume_grid import labels_at, plan_grid

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

_WEIGHTS = ("model.safetensors", "model.ts", "model.pt")
"""In this order: tensors only, TorchScript (its own interpreter, no Python), a state dict of tensors."""


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
            description=f"Outlines {', '.join(n for _, n in bundle.labels)} with the MONAI bundle {bundle.name}.",
            modalities=() if bundle.modality is Modality.UNKNOWN else (bundle.modality,),
            inputs={"image": Port(kind=ValueKind.IMAGE)},
            outputs={"masks": Port(kind=ValueKind.LABEL_MAP, labels=tuple(label for _, label in bundle.labels))},
            timeout_s=1200,
            weights_sha256=self._sha256,
            licence=bundle.licence,
        )

    def unavailable(self) -> str:
        """Return why the bundle cannot be used here, or an empty string; loads no weights."""
        try:
            return self._refusal()
        except ToolFailure as failure:
            return str(failure)

    def _refusal(self) -> str:
        bundle, weights = self._reading, self._weights_path()
        if weights is None:
            return f"the bundle {bundle.name} has no weights ({', '.join(_WEIGHTS)})"
        if self._trusted:
            return ""
        if bundle.needs_code:
            return (
                f"the bundle {bundle.name} needs its own code for: {', '.join(bundle.needs_code)}; trust it explicitly"
            )
        if weights.suffix != ".ts" and not network_is_plain(bundle.network):
            return (
                f"the network of the bundle {bundle.name} cannot be built without running its code; trust it explicitly"
            )
        return ""

    def _weights_path(self) -> Path | None:
        paths = [self._folder / "models" / name for name in _WEIGHTS]
        return next((p for p in paths if p.is_file()), None)

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
            reason, path = self._refusal(), self._weights_path()
            if reason or path is None:
                raise ToolFailure("The MONAI bundle is refused", given=reason, todo="Use another, or trust this one.")
            _check_digest(path, self._sha256)
            self._network = _load(self._reading, path, trusted=self._trusted).to(pick_device(self._wanted_device))
        return self._network

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
        with self._lock:
            channels = np.moveaxis(pixels, -1, 0) if image.colour else pixels[None]
            inputs = [plan.forward(scaled(c.astype(np.float32), bundle.intensity)) for c in channels]
            scores = _infer(self._loaded(), inputs, bundle, context.check_cancelled)
        turned = tuple(image.geometry.shape[axis] for axis in plan.order)
        sigmoid = bundle.sigmoid or scores.shape[0] == 1
        labels = plan.back(labels_at(scores, turned, sigmoid=sigmoid))
        masks = [_mask(labels, number, sigmoid=sigmoid, channels=int(scores.shape[0])) for number, _ in bundle.labels]
        structures = [
            Structure(label, private(label.upper(), label.replace("_", " ")), mask)
            for (_, label), mask in zip(bundle.labels, masks, strict=True)
        ]
        return label_map_result(self.spec, call, context, image, structures)


def scaled(values: NDArray[np.float32], intensity: Intensity) -> NDArray[np.float32]:
    """Return intensities as the bundle's preprocessing makes them."""
    if intensity.kind == "range":
        out = (values - intensity.low) / (intensity.high - intensity.low)
        return np.asarray(np.clip(out, 0, 1) if intensity.clip else out, dtype=np.float32)
    if intensity.kind == "unit":
        low, high = float(values.min()), float(values.max())
        return np.asarray((values - low) / max(high - low, 1e-8), dtype=np.float32)
    if intensity.kind == "normal":
        chosen = values[values != 0] if intensity.nonzero else values
        if chosen.size == 0:
            return values
        out = (values - chosen.mean()) / max(float(chosen.std()), 1e-8)
        return np.asarray(np.where(values != 0, out, 0) if intensity.nonzero else out, dtype=np.float32)
    return values


def _mask(labels: NDArray[np.uint8], number: int, *, sigmoid: bool, channels: int) -> NDArray[np.bool_]:
    """Return one label's mask; a single output channel answers for the first label."""
    if not sigmoid:
        return np.asarray(labels == number, dtype=np.bool_)
    bit = 0 if channels == 1 else number
    return np.asarray((labels >> bit) & 1, dtype=np.bool_)


def _check_shape(bundle: BundleReading, pixels: NDArray[np.generic], shape: tuple[int, ...]) -> None:
    channels = pixels.shape[-1] if pixels.ndim > len(shape) else 1
    if len(shape) != bundle.spatial_dims or channels != bundle.channels:
        raise ToolFailure(
            f"The bundle {bundle.name} reads {bundle.spatial_dims}-D images with {bundle.channels} channel(s)",
            given=f"shape {shape} with {channels} channel(s)",
            todo="Give an image of that kind.",
        )


def _check_digest(path: Path, sha256: str | None) -> None:
    if sha256 is None:
        return
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256.lower():
        raise WeightsInvalid("The bundle's weights are not the expected file", given=f"sha256 {found}")


def _load(bundle: BundleReading, path: Path, *, trusted: bool) -> nn.Module:
    try:
        if path.suffix == ".ts":
            return _torchscript(path)
        network = _build(bundle, trusted=trusted)
        network.load_state_dict(_state(path))
    except ToolFailure:
        raise
    except Exception as error:  # whatever a damaged or foreign file makes the readers raise
        raise WeightsInvalid(
            f"The weights of the bundle {bundle.name} do not fit its network",
            given=type(error).__name__,
            todo="Get the bundle again from its origin.",
        ) from error
    return network.eval()


def _torchscript(path: Path) -> nn.Module:
    import torch

    with warnings.catch_warnings():
        # deprecated by torch, still the format in which most published bundles come
        warnings.filterwarnings("ignore", message=r"`torch\.jit\.", category=FutureWarning)
        warnings.filterwarnings("ignore", message=r"`torch\.jit\.", category=DeprecationWarning)
        network: nn.Module = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]
        return network.eval()


def _state(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _build(bundle: BundleReading, *, trusted: bool) -> nn.Module:
    """Return the network with random weights: from MONAI's classes, or by the bundle's own code when trusted."""
    if network_is_plain(bundle.network):
        from monai.networks import nets

        arguments = {k: v for k, v in bundle.network.items() if not k.startswith("_")}
        made: nn.Module = getattr(nets, str(bundle.network["_target_"]).split(".")[-1])(**arguments)
        return made
    if not trusted:
        raise ToolFailure("The MONAI bundle is refused", given="its network needs code", todo="Trust it explicitly.")
    from monai.bundle import ConfigParser

    parser = ConfigParser({"network_def": bundle.network})
    built: nn.Module = parser.get_parsed_content("network_def")
    return built


def _infer(
    network: nn.Module, inputs: list[Tensor], bundle: BundleReading, check_cancelled: Callable[[], None]
) -> Tensor:
    """Return ``(C, *size)`` scores on the processor, window by window."""
    import torch
    from monai.inferers import sliding_window_inference

    device = next(network.parameters(), torch.zeros(1)).device

    def predict(window: Tensor) -> Tensor:
        check_cancelled()
        out = network(window)
        first: Tensor = out[0] if isinstance(out, list | tuple) else out
        return first

    with torch.inference_mode():
        scores: Tensor = sliding_window_inference(
            torch.cat(inputs, dim=1),
            roi_size=bundle.roi_size,
            sw_batch_size=1,
            predictor=predict,
            overlap=bundle.overlap,
            mode="gaussian",
            sw_device=device,
            device=torch.device("cpu"),
            progress=False,
        )
    return scores[0]
