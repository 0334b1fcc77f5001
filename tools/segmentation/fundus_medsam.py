"""The tool `fundus_disc_cup_medsam`: disc and cup by LiteMedSAM, prompted by our own disc localiser."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigraph.models.imaging import Box, Calibration, Image
from clinigraph.models.tooling import ToolCall, ToolResult
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.cup_disc import CupDisc, vertical_ratio
from clinigraph.tools.measurement.masks import Mask, largest_component
from clinigraph.tools.segmentation import fundus_spec, medsam
from clinigraph.tools.segmentation.cup import INNER_BOX, outline_cup
from clinigraph.tools.segmentation.disc_localiser import MIN_CONFIDENCE, locate_disc
from clinigraph.tools.segmentation.medsam import MedSamLite
from clinigraph.tools.segmentation.pixels import RGB, Window, to_rgb
from clinigraph.tools.segmentation.prompting import BoxXYXY, EngineTool, Prompt
from clinigraph.tools.segmentation.results import label_map_result

SPEC = fundus_spec.disc_cup_spec(
    name="fundus_disc_cup_medsam",
    version="1.0.0",
    description=(
        "Optic disc and cup by LiteMedSAM: an automatic disc localiser gives the first box; the cup comes from a "
        "second, inner box combined with pallor inside the disc. Not trained on fundus photographs here."
    ),
    weights_sha256=medsam.WEIGHTS_SHA256,
    licence=medsam.LICENCE,
)
_BOX_MARGIN = 1.06
"""The localiser's circle runs just inside the disc's edge; it is enlarged by this before it prompts."""
_WINDOW = 2.6
"""Side of the encoded window in prompt boxes, so that the disc covers about 100 of the network's 256 pixels."""
_SEARCH = (1.0, 1.14, 1.3)
"""Scales of the first box; the outline that is best by the network's score, its roundness and its size goes on."""
_RATIO = "vertical_cup_disc_ratio"
_CALIBRATION = {
    _RATIO: Calibration(halfwidth=0.2, level=0.9, n=24, caveat="these images also helped to choose the disc prompts")
}
"""Absolute error against the mean of four experts, ceil(0.9 (n + 1))-th smallest, on the 24 of 25 photographs of
Drishti-GS (every second one of its training part, from the second on) on which a disc was found. The cup's settings
came from the other 25; search scales, size preference and lowest quality were chosen after errors on these 25 had been
seen, so the level is not guaranteed even for this one camera. On other cameras the error may be larger."""
_MIN_QUALITY = 0.8
"""Score times roundness below which what was outlined is not reported as a disc."""
_SIZE_PREFERENCE = 0.15
"""Exponent of the area: of two outlines that are nearly as good, the smaller one tends to be the cup."""
_JITTER = (1.0, 0.93, 1.07)
"""Prompt scales; the first is the answer, all of them are its repeated passes."""
_MIN_DISC_SHARE, _MAX_DISC_SHARE = 0.4, 1.5
"""Area of the outlined disc against the circle in its prompt box; outside of this the outline is not a disc."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Disc and cup in a window of the photograph."""

    disc: Mask
    cup: Mask
    score: float


class FundusDiscCupMedSam(EngineTool):
    """Disc and cup by prompts; the engine may be shared with other tools."""

    def __init__(self, engine: MedSamLite) -> None:
        super().__init__(SPEC, engine)

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Outline disc and cup.

        Raises:
            ToolFailure: The image is of another kind or no single picture, or a given box lies outside of it.
        """
        image = support.image_input(SPEC, call)
        rgb = to_rgb(support.pixels_of(SPEC, image, context))
        given = support.box_input(call, "disc_box")
        prompt, doubt = _first_box(rgb, given)
        if prompt is None:
            return fundus_spec.not_found(SPEC, call, context, image, doubt)
        window = Window.around(prompt, _WINDOW, rgb.shape[:2])
        crop = np.ascontiguousarray(rgb[window.slices])
        context.check_cancelled()
        passes = self._passes(crop, window.local(prompt), f"{image.artifact_id}:{window}")
        if passes is None:
            return fundus_spec.not_found(
                SPEC, call, context, image, "what looked like the optic disc could not be outlined"
            )
        return _answer(call, context, image, window, passes)

    def _passes(self, crop: RGB, box: BoxXYXY, key: str) -> list[_Found] | None:
        tried = [self._disc(crop, _scaled(box, s), key) for s in _SEARCH]
        rough = max((t for t in tried if t is not None), key=_preference, default=None)
        if rough is None or _quality(rough) < _MIN_QUALITY:
            return None
        found = [self._both(crop, _scaled(_box_of(rough[0]), s), key) for s in _JITTER]
        if found[0] is None:
            return None
        return [f for f in found if f is not None]

    def _disc(self, crop: RGB, box: BoxXYXY, key: str) -> tuple[Mask, float] | None:
        answer = self._engine.segment(crop, [Prompt(box=box)], key=key)[0]
        disc = largest_component(answer.mask)
        circle = np.pi / 4 * (box[2] - box[0]) * (box[3] - box[1])
        plausible = _MIN_DISC_SHARE * circle <= float(disc.sum()) <= _MAX_DISC_SHARE * circle
        return (disc, answer.score) if plausible else None

    def _both(self, crop: RGB, box: BoxXYXY, key: str) -> _Found | None:
        outlined = self._disc(crop, box, key)
        if outlined is None:
            return None
        disc, score = outlined
        inner = self._engine.segment(crop, [Prompt(box=_scaled(_box_of(disc), INNER_BOX))], key=key)[0]
        return _Found(disc, outline_cup(crop, disc, inner.probability), score)


def _first_box(rgb: RGB, given: Box | None) -> tuple[BoxXYXY | None, str]:
    """Return the box that starts the search, or None with a reason in words."""
    if given is not None:
        return support.clipped_box(SPEC, given, rgb.shape[:2]), ""
    place = locate_disc(rgb)
    if place is None or place.confidence < MIN_CONFIDENCE:
        return None, "no optic disc could be found: no bright, round place from which vessels leave"
    return place.box(_BOX_MARGIN), ""


def _box_of(mask: Mask) -> BoxXYXY:
    """Return the box round an outlined disc, which is never empty."""
    rows, columns = np.nonzero(mask)
    return float(columns.min()), float(rows.min()), float(columns.max()) + 1, float(rows.max()) + 1


def _quality(outlined: tuple[Mask, float]) -> float:
    """Return the network's score times how well the mask fills the ellipse in its box, 0 to 1."""
    disc, score = outlined
    x0, y0, x1, y1 = _box_of(disc)
    fill = float(disc.sum()) / (np.pi / 4 * (x1 - x0) * (y1 - y0))
    return score * min(fill, 1 / fill)


def _preference(outlined: tuple[Mask, float]) -> float:
    return _quality(outlined) * math.pow(float(outlined[0].sum()), _SIZE_PREFERENCE)


def _scaled(box: BoxXYXY, factor: float) -> BoxXYXY:
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half_w, half_h = factor * (box[2] - box[0]) / 2, factor * (box[3] - box[1]) / 2
    return cx - half_w, cy - half_h, cx + half_w, cy + half_h


def _answer(call: ToolCall, context: ToolContext, image: Image, window: Window, passes: list[_Found]) -> ToolResult:
    eyes = [CupDisc.of(p.disc, p.cup) for p in passes]
    samples = tuple(vertical_ratio(e) for e in eyes if e is not None and e.cup_box is not None)
    structures = fundus_spec.structures(
        _pasted(passes[0].disc, window, image.geometry.shape),
        _pasted(passes[0].cup, window, image.geometry.shape),
        confidence=passes[0].score,
        cup_reason="nothing inside the disc is paler than its rim, so no cup could be outlined",
    )
    return label_map_result(SPEC, call, context, image, structures, samples={_RATIO: samples}, calibration=_CALIBRATION)


def _pasted(part: Mask, window: Window, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    whole = np.zeros(shape, dtype=np.bool_)
    whole[window.slices] = part
    return whole
