"""What the networks of this project share: a bundle that is remembered first and loaded once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from clinigraph.tools.segmentation.networks.bundle import BUNDLES, Bundle, BundleError, pick_device

if TYPE_CHECKING:
    import torch
    from torch import nn


class Ensemble:
    """The networks of one bundle, averaged by role. A subclass names the bundle and says how a picture is read."""

    name: ClassVar[str]
    """Folder of the bundle."""

    def __init__(self, bundle_dir: Path | None = None) -> None:
        """Remember the bundle; nothing is loaded before `warm_up`."""
        self._bundle = Bundle.read(bundle_dir or BUNDLES / self.name)
        self._networks: dict[str, list[nn.Module]] | None = None
        self._device: torch.device | None = None

    @property
    def sha256(self) -> str:
        """Digest of the weights."""
        return self._bundle.sha256

    @property
    def version(self) -> str:
        """Version of the bundle."""
        return self._bundle.version

    def warm_up(self) -> None:
        """Load the weights onto the graphics processor if there is one, else into memory.

        Raises:
            BundleError: if the weights are missing or not those that the metadata names.
        """
        if self._networks is None:
            self._device = pick_device()
            self._networks = self._bundle.load(self._device)

    def _members(self, role: str) -> list[nn.Module]:
        """The networks of a role.

        Raises:
            BundleError: before `warm_up`.
        """
        if self._networks is None:
            raise BundleError("the network is not warmed up; call warm_up() first")
        return self._networks[role]
