"""What the tools share that run a network of this project: its card, its lock, and weights that are loaded once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import ClassVar, Generic, Protocol, TypeVar

from clinigraph.errors import WeightsInvalid
from clinigraph.models.imaging import Image
from clinigraph.models.tooling import ToolCall, ToolResult, ToolSpec
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.segmentation.bundle_card import BUNDLES, BundleCard
from clinigraph.tools.segmentation.results import Structure, label_map_result


class Loadable(Protocol):
    """A network that reads its weights when it is asked to."""

    def warm_up(self) -> None:
        """Load the weights; a second call does nothing."""


Network = TypeVar("Network", bound=Loadable)


class BundleTool(ABC, Generic[Network]):
    """A tool on one bundle. Its network is used by one thread at a time, under `_lock`."""

    bundle: ClassVar[str]
    """Name of the folder of the bundle."""
    subject: ClassVar[str]
    """What the network looks at, for messages: "The <subject> network cannot be loaded"."""

    def __init__(self, bundle: Path | None = None) -> None:
        self._folder = bundle or BUNDLES / self.bundle
        self._network: Network | None = None
        self._lock = Lock()

    @property
    @abstractmethod
    def spec(self) -> ToolSpec:
        """What agents know of the tool; version, licence and sha256 come from the bundle."""

    @cached_property
    def _card(self) -> BundleCard:
        return BundleCard.read(self._folder)

    @abstractmethod
    def _make(self, folder: Path) -> Network:
        """The network of this bundle, not loaded."""

    def unavailable(self) -> str:
        """Return why the tool cannot work here, or an empty string."""
        return self._card.problem

    def warm_up(self) -> None:
        """Load the weights once.

        Raises:
            WeightsInvalid: The weights are missing or not those that the bundle names.
        """
        with self._lock:
            self._loaded()

    def _loaded(self) -> Network:
        """The network with its weights; the caller holds the lock."""
        if self._network is None:
            from clinigraph.tools.segmentation.networks.bundle import BundleError

            try:
                network = self._make(self._folder)
                network.warm_up()
            except BundleError as error:
                raise WeightsInvalid(f"The {self.subject} network cannot be loaded", given=str(error)) from error
            self._network = network
        return self._network

    def _outlined(
        self,
        call: ToolCall,
        context: ToolContext,
        image: Image,
        structures: list[Structure],
        samples: Mapping[str, tuple[float, ...]],
    ) -> ToolResult:
        """The structures as a label map, with measures of the passes and the errors that the bundle states."""
        calibration = self._card.calibration
        return label_map_result(self.spec, call, context, image, structures, samples=samples, calibration=calibration)


def within_one(confidence: float) -> float:
    """A confidence as a label map takes it, cut to 0..1."""
    return min(1.0, max(0.0, confidence))
