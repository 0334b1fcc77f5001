"""The one architecture of our networks: a small residual U-Net from MONAI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class UNetPlan:
    """What has to be known to build a network before its weights can be loaded."""

    in_channels: int
    out_channels: int
    channels: tuple[int, ...]
    """Feature maps per level; each level halves the grid."""
    norm: str
    """INSTANCE, where the style of a camera should be forgotten, or BATCH."""

    def build(self) -> nn.Module:
        """Build the network with random weights."""
        from monai.networks.nets import UNet

        network: nn.Module = UNet(
            spatial_dims=2,
            in_channels=self.in_channels,
            out_channels=self.out_channels,
            channels=self.channels,
            strides=(2,) * (len(self.channels) - 1),
            num_res_units=2,
            norm=(self.norm, {"affine": True}),
        )
        return network
