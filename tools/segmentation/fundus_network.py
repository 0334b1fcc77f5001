"""The tool `fundus_disc_cup`: disc and cup by the network of this project."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clinigraph.models.imaging import Box
from clinigraph.models.tooling import ToolCall, ToolResult, ToolSpec
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.segmentation import fundus_spec
from clinigraph.tools.segmentation.bundle_tool import BundleTool, within_one
from clinigraph.tools.segmentation.pixels import RGB, Window, to_rgb

if TYPE_CHECKING:
    from clinigraph.tools.segmentation.networks.fundus import DiscCupPrediction, FundusDiscCupNetwork

_BOX_WINDOW = 4.0
"""Where a given box holds no disc of the whole photograph, a window this many boxes wide is searched again."""


class FundusDiscCup(BundleTool["FundusDiscCupNetwork"]):
    """Disc and cup by two small ensembles: one finds the disc, one outlines it."""

    bundle = "fundus_disc_cup"
    subject = "fundus"

    @cached_property
    def spec(self) -> ToolSpec:
        """What agents know of the tool; version, licence and sha256 come from the bundle."""
        return fundus_spec.disc_cup_spec(
            name="fundus_disc_cup",
            version=self._card.version,
            description="Optic disc and cup on a whole fundus photograph by a network trained for it.",
            weights_sha256=self._card.sha256,
            licence=self._card.licence,
        )

    def _make(self, folder: Path) -> FundusDiscCupNetwork:
        from clinigraph.tools.segmentation.networks.fundus import FundusDiscCupNetwork

        return FundusDiscCupNetwork(folder)

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Outline disc and cup.

        Raises:
            ToolFailure: The image is of another kind or no single picture, or a given box lies outside of it.
        """
        image = support.image_input(self.spec, call)
        rgb = to_rgb(support.pixels_of(self.spec, image, context))
        context.check_cancelled()
        with self._lock:
            found, reason = self._find(rgb, support.box_input(call, "disc_box"))
        if found is None:
            return fundus_spec.not_found(self.spec, call, context, image, reason)
        structures = fundus_spec.structures(
            found.disc,
            found.cup,
            confidence=within_one(found.disc_confidence),
            cup_reason="the disc was found, but no cup could be told from its rim",
        )
        return self._outlined(call, context, image, structures, {"vertical_cup_disc_ratio": tuple(found.vcdr_samples)})

    def _find(self, rgb: RGB, given: Box | None) -> tuple[DiscCupPrediction | None, str]:
        network = self._loaded()
        found = network.predict(rgb)
        if given is None:
            if found.disc.any():
                return found, ""
            return None, f"no optic disc could be found on the photograph (confidence {found.disc_confidence:.2f})"
        box = support.clipped_box(self.spec, given, rgb.shape[:2])
        if _centre_inside(found, box):
            return found, ""
        window = Window.around(box, _BOX_WINDOW, rgb.shape[:2])
        again = _on_whole(network.predict(np.ascontiguousarray(rgb[window.slices])), window, rgb.shape[:2])
        if _centre_inside(again, box):
            return again, ""
        return None, "no optic disc could be found inside the box that was given"


def _centre_inside(found: DiscCupPrediction, box: tuple[float, float, float, float]) -> bool:
    place = found.box_xyxy
    if place is None or not found.disc.any():
        return False
    x, y = (place[0] + place[2]) / 2, (place[1] + place[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _on_whole(found: DiscCupPrediction, window: Window, shape: tuple[int, ...]) -> DiscCupPrediction:
    """Return a prediction on a window as one on the whole photograph."""
    from dataclasses import replace

    disc, cup = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    disc[window.slices], cup[window.slices] = found.disc, found.cup
    place = found.box_xyxy
    if place is not None:
        place = (place[0] + window.x0, place[1] + window.y0, place[2] + window.x0, place[3] + window.y0)
    return replace(found, disc=disc, cup=cup, box_xyxy=place)
