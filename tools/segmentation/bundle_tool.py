"""What the tools share that run a network of this project: its card, its lock, and weights that are loaded once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import ClassVar, Generic, Protocol, TypeVar

from clinigraph.errors import WeightsInvalid
from clinigraph.tools.segmentation.bundle_card import BUNDLES, BundleCard


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
