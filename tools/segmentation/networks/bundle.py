"""Reading a MONAI bundle of ours: metadata, checked weights, members of the ensemble."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clinigraph.tools.segmentation.networks.unet import UNetPlan

if TYPE_CHECKING:
    import torch
    from torch import nn

BUNDLES = Path(__file__).resolve().parent.parent / "bundles"


class BundleError(RuntimeError):
    """A bundle is missing, incomplete, or its weights are not the ones that its metadata names."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder with metadata.json and models/model.safetensors."""

    folder: Path
    version: str
    sha256: str
    """Hex digest of models/model.safetensors as the metadata gives it."""
    plans: dict[str, UNetPlan]
    """Role in the pipeline (for example "coarse") to architecture."""
    members: dict[str, int]
    """Role to number of networks that are averaged."""

    @classmethod
    def read(cls, folder: Path) -> Bundle:
        """Read the metadata; no weights are touched.

        Raises:
            BundleError: if the folder holds no readable metadata.json.
        """
        try:
            data = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
            networks = data["networks"]
            plans = {role: _plan(item) for role, item in networks.items()}
            members = {role: int(item["members"]) for role, item in networks.items()}
            return cls(folder, str(data["version"]), str(data["sha256"]), plans, members)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"no usable metadata.json in bundle '{folder.name}': {error}; install the package again"
            ) from error

    def load(self, device: torch.device) -> dict[str, list[nn.Module]]:
        """Load every network, ready for inference.

        Returns:
            Role to the networks of that role.

        Raises:
            BundleError: if the weights are missing or their digest differs from the metadata.
        """
        from safetensors.torch import load

        weights = load(self._checked_bytes())
        return {
            role: [self._network(weights, role, index, device) for index in range(self.members[role])]
            for role in self.plans
        }

    def _checked_bytes(self) -> bytes:
        try:
            content = (self.folder / "models" / "model.safetensors").read_bytes()
        except OSError as error:
            raise BundleError(f"bundle '{self.folder.name}' has no weights; train it or install it again") from error
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise BundleError(
                f"weights of bundle '{self.folder.name}' have sha256 {found[:12]}…, metadata.json says "
                f"{self.sha256[:12]}…; install the package again"
            )
        return content

    def _network(self, weights: dict[str, torch.Tensor], role: str, index: int, device: torch.device) -> nn.Module:
        network = self.plans[role].build()
        network.load_state_dict(part_of(weights, f"{role}.{index}."))
        return network.eval().to(device)


def part_of(weights: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """The weights whose names begin with a prefix, under the rest of their names, in single precision."""
    return {key.removeprefix(prefix): value.float() for key, value in weights.items() if key.startswith(prefix)}


def _plan(item: dict[str, object]) -> UNetPlan:
    channels = item["channels"]
    if not isinstance(channels, list):
        raise ValueError("channels must be a list")
    return UNetPlan(
        in_channels=int(str(item["in_channels"])),
        out_channels=int(str(item["out_channels"])),
        channels=tuple(int(value) for value in channels),
        norm=str(item["norm"]),
    )


def pick_device() -> torch.device:
    """The first CUDA device if there is one, else the processor."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
