"""The network of a MONAI bundle: which file holds its weights, whether it runs code, and how it is loaded."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from clinigraph.errors import WeightsInvalid
from clinigraph.tools.segmentation.bundle_reading import BundleReading, network_is_plain

if TYPE_CHECKING:
    from torch import Tensor, nn

WEIGHTS = ("model.safetensors", "model.pt", "model.ts")
"""Tensors only, a state dict of tensors, TorchScript."""


def weights_path(bundle: BundleReading) -> Path | None:
    """Return the weights of a bundle: tensors before TorchScript, unless no network is described to put them into."""
    order = WEIGHTS if bundle.network else WEIGHTS[::-1]
    paths = [bundle.folder / "models" / name for name in order]
    return next((p for p in paths if p.is_file()), None)


def needs_trust(bundle: BundleReading, weights: Path) -> str:
    """Return what of a bundle would run code, or an empty string.

    TorchScript is a program in a file; a network is code unless it is one of MONAI's own with literal arguments.
    """
    if weights.suffix == ".ts":
        return "its network comes as a TorchScript program"
    return "" if network_is_plain(bundle.network) else "its network is not one of MONAI's own with literal arguments"


def load_network(bundle: BundleReading, path: Path, sha256: str | None) -> nn.Module:
    """Return the network in evaluation mode, on the processor. Ask `needs_trust` first: this runs what is there.

    Raises:
        WeightsInvalid: The weights are not the expected file, or do not fit the network.
    """
    _check_digest(path, sha256)
    try:
        if path.suffix == ".ts":
            return _torchscript(path)
        network = _build(bundle)
        network.load_state_dict(_state(path))
    except Exception as error:  # whatever a damaged or foreign file makes the readers raise
        raise WeightsInvalid(
            f"The weights of the bundle {bundle.name} do not fit its network",
            given=type(error).__name__,
            todo="Get the bundle again from its origin.",
        ) from error
    return network.eval()


def _check_digest(path: Path, sha256: str | None) -> None:
    if sha256 is None:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256.lower():
        raise WeightsInvalid(
            "The bundle's weights are not the expected file",
            given=f"sha256 {found}",
            todo="Get the bundle again from its origin.",
        )


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


def _build(bundle: BundleReading) -> nn.Module:
    """Return the network with random weights: from MONAI's classes, or by the bundle's own code."""
    if network_is_plain(bundle.network):
        from monai.networks import nets

        arguments = {k: v for k, v in bundle.network.items() if not k.startswith("_")}
        made: nn.Module = getattr(nets, str(bundle.network["_target_"]).split(".")[-1])(**arguments)
        return made
    from monai.bundle import ConfigParser

    parser = ConfigParser({"network_def": bundle.network})
    built: nn.Module = parser.get_parsed_content("network_def")
    return built
