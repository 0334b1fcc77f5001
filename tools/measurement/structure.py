"""What the tools on one outlined structure share: the structure, its measurements, its half-pixel intervals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clinigraph.models.base import EvidenceId
from clinigraph.models.codes import UNITLESS, Concept
from clinigraph.models.findings import FindingSite, Measurement
from clinigraph.models.imaging import Image, LabelMap
from clinigraph.models.tooling import Port, ToolCall, ToolResult, ToolSpec, ValueKind
from clinigraph.tools import ports, support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.masks import Mask, extent, largest_component
from clinigraph.tools.measurement.planar import Spacing
from clinigraph.tools.measurement.uncertainty import Spread, combine
from clinigraph.tools.ready import ReadyTool

NO_OUTLINE = "no outline of the structure was handed on by the step before"
NO_SPACING = (
    "the image states no pixel spacing, so no millimetres can be given; state spacing_mm for the image in case.yaml"
)
_DROPPED = 0.05
"""Pieces beside the largest are told of when they hold more than this share of the outlined pixels."""
_FINER = 2
"""Sub-pixels a side for moving an outline by half a pixel."""

MASKS_PORT = Port(kind=ValueKind.LABEL_MAP, description="The segment named target, else the first one, is measured.")


def structure_ports(image: str) -> dict[str, Port]:
    """Return the inputs of a tool on one structure: its masks, and the image that ``image`` describes."""
    return {"masks": MASKS_PORT, "image": ports.image(image)}


@dataclass(frozen=True)
class Structure:
    """One outlined structure on its image."""

    image: Image
    label_map: LabelMap
    label: str
    mask: Mask
    """``(H, W)`` or ``(D, H, W)``: the largest connected piece."""
    notes: tuple[str, ...] = ()

    @cached_property
    def site(self) -> FindingSite:
        """The segment's concept on the image's side."""
        segment = self.label_map.segments[self.label_map.plane(self.label)]
        return support.sided(FindingSite(concept=segment.concept), self.image)

    @property
    def spacing_origin(self) -> str:
        """Where the pixel spacing comes from, for the method of a measurement in millimetres."""
        source = self.image.geometry.spacing_source
        return f"spacing from {source.value if source else 'the image'}"

    def spread(self, output: str, pixel_halfwidth: float) -> Spread:
        """Return what is known of an output's error: pixel size, repeated passes, held-out images."""
        samples, calibration = self.label_map.samples.get(output, ()), self.label_map.calibration.get(output)
        return combine(pixel_halfwidth, samples, calibration)

    def evidence_id(self, spec: ToolSpec, output: str) -> EvidenceId:
        """Return the stable id of an output."""
        return support.tracking_id(spec, output, self.image.id, self.label, self.label_map.digest())

    def measurement(
        self,
        spec: ToolSpec,
        output: str,
        concept: Concept,
        value: float,
        spread: Spread | None,
        method: str,
        *,
        unit: str = UNITLESS,
        limits: tuple[float, float] = (0.0, float("inf")),
        limitations: tuple[str, ...] = (),
    ) -> Measurement:
        """Return a measurement of this structure; ``limits`` are what the quantity can be."""
        return Measurement(
            id=self.evidence_id(spec, output),
            concept=concept,
            value=value,
            unit=unit,
            interval=spread.around(value, floor=limits[0], ceiling=limits[1]) if spread is not None else None,
            method=method,
            algorithm=f"{support.algorithm(spec)} on {self.label_map.algorithm}",
            site=self.site,
            image_id=self.image.id,
            derived_from=(support.label_map_id(self.label_map),),
            limitations=(*limitations, *self.notes),
        )


def structure_input(spec: ToolSpec, call: ToolCall, context: ToolContext) -> Structure | str:
    """Return the structure to measure, or the reason why there is none.

    Raises:
        ToolFailure: The image is of another kind, or masks and image lie on different grids.
    """
    image = support.image_input(spec, call)
    label_map = support.label_map_input(spec, call)
    if label_map is None:
        return NO_OUTLINE
    label = chosen_label(label_map)
    reason = support.empty_reason(label_map, label)
    if reason:
        return reason
    whole = support.planes_of(spec, label_map, image, context, (label,))[label]
    mask = largest_component(whole)
    return Structure(image, label_map, label, mask, _notes(label_map, label, whole, mask))


class StructureTool(ReadyTool, ABC):
    """A tool that measures what an earlier step outlined; its inputs are `structure_ports`."""

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Measure one structure, or say why there is none.

        Raises:
            ToolFailure: The image is of another kind, masks and image lie on different grids, or the tool cannot
                measure on such an image.
        """
        structure = structure_input(self._spec, call, context)
        if isinstance(structure, str):
            return support.nothing(self._spec, call, structure)
        return self._measure(structure, call, context)

    @abstractmethod
    def _measure(self, structure: Structure, call: ToolCall, context: ToolContext) -> ToolResult:
        """Measure a structure that is there."""


def chosen_label(label_map: LabelMap) -> str:
    """Return the label to measure: ``target``, else the first segment with pixels, else the first."""
    if label_map.segment("target") is not None:
        return "target"
    return next((s.label for s in label_map.segments if s.pixel_count), label_map.segments[0].label)


def _notes(label_map: LabelMap, label: str, whole: Mask, mask: Mask) -> tuple[str, ...]:
    notes = []
    dropped = 1 - float(mask.sum()) / float(whole.sum())
    if dropped > _DROPPED:
        notes.append("The outline has several pieces; the largest was measured.")
    others = [s.label.replace("_", " ") for s in label_map.segments if s.label != label and s.pixel_count]
    if others:
        notes.append(f"Only the {label.replace('_', ' ')} was measured; also outlined: {', '.join(others)}.")
    if label_map.segments[label_map.plane(label)].reason and mask.any():
        notes.append(f"{label_map.segments[label_map.plane(label)].reason}.".capitalize().replace("..", "."))
    return tuple(notes)


def half_pixel(measure: Callable[[Mask, Spacing], float], mask: Mask, spacing: Spacing) -> float:
    """Return how far a planar measure moves when the whole outline moves outwards by half a pixel.

    The mask is drawn on a grid twice as fine, grown by one of its pixels and measured again. It is not shrunk as well:
    that would take off tips of one pixel whole and overstate the error.

    Args:
        measure: Function of mask and spacing.
        mask: ``(H, W)``, not empty.
        spacing: Row and column distance of pixel centres.

    Raises:
        ValueError: The mask is empty.
    """
    from scipy.ndimage import binary_dilation

    box = extent(mask)
    if box is None:
        raise ValueError("a measurement needs a non-empty (H, W) mask")
    part = np.pad(mask[box.slices(0, mask.shape)], 2)
    fine = np.repeat(np.repeat(part, _FINER, axis=0), _FINER, axis=1)
    finer = (spacing[0] / _FINER, spacing[1] / _FINER)
    grown = np.asarray(binary_dilation(fine), dtype=np.bool_)
    return abs(measure(grown, finer) - measure(fine, finer))
