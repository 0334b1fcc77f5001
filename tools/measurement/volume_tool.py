"""The tool `volume_measures`: size and shape of one outlined structure in a volume, each with its interval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clinigraph.errors import ToolFailure
from clinigraph.models.codes import UNITLESS, Concept, Modality
from clinigraph.models.tooling import (
    FlowValue,
    MeasurementValue,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from clinigraph.tools import ports, support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement import lesion_concepts as codes
from clinigraph.tools.measurement import solid
from clinigraph.tools.measurement.structure import NO_SPACING, Structure, StructureTool, structure_ports
from clinigraph.tools.measurement.uncertainty import HALF_PIXEL

_VOLUME, _DIAMETER, _IN_SLICE = "volume", "longest_diameter_3d", "longest_diameter_in_slice"
_SPHERE, _SURFACE, _SPHERICITY = "equivalent_sphere_diameter", "surface_area", "sphericity"
_THICK = 2.5
"""Slice thickness over pixel size from which shape across slices is called coarse (our choice)."""


SPEC = ToolSpec(
    name="volume_measures",
    version="1.0.0",
    description="Volume, longest diameters, surface and sphericity of one outlined structure in a volume.",
    modalities=(Modality.CT, Modality.MR, Modality.ULTRASOUND, Modality.OTHER),
    inputs=structure_ports("The volume that the masks lie on."),
    outputs={
        _VOLUME: ports.measured("mL"),
        _DIAMETER: ports.measured("mm"),
        _IN_SLICE: ports.measured("mm"),
        _SPHERE: ports.measured("mm"),
        _SURFACE: ports.measured("mm2"),
        _SPHERICITY: ports.measured(),
    },
    timeout_s=300,
)


class VolumeMeasures(StructureTool):
    """Measures what an earlier step outlined; loads nothing."""

    _spec = SPEC

    def _measure(self, structure: Structure, call: ToolCall, context: ToolContext) -> ToolResult:
        """Measure in three dimensions.

        Raises:
            ToolFailure: The image is a single picture.
        """
        if structure.mask.ndim != 3:
            raise ToolFailure(
                "The tool volume_measures reads volumes",
                given=f"an image of shape {structure.image.geometry.shape}",
                todo="Use lesion_measures on a single picture.",
            )
        spacing = structure.image.geometry.spacing_mm
        if spacing is None:
            return support.nothing(SPEC, call, NO_SPACING)
        context.check_cancelled()
        size = _Size(structure, (spacing[0], spacing[1], spacing[2]))
        return support.result(SPEC, call, dict(size.outputs()))


@dataclass(frozen=True)
class _Size:
    """One structure with its spacing in millimetres."""

    structure: Structure
    spacing: solid.Spacing3

    def outputs(self) -> Iterator[tuple[str, FlowValue]]:
        mask = solid.cropped(self.structure.mask)
        volume, area = solid.volume_mm3(mask, self.spacing), solid.surface_mm2(mask, self.spacing)
        shell = HALF_PIXEL * solid.mean_spacing(self.spacing) * area
        sphere = solid.equivalent_sphere_mm(volume)
        longest, across = 2 * HALF_PIXEL * max(self.spacing), 2 * HALF_PIXEL * max(self.spacing[1:])
        yield self._value(_VOLUME, codes.VOLUME, volume / 1000, shell / 1000, "voxels counted", "mL")
        yield self._value(
            _DIAMETER,
            codes.LONG_AXIS_3D,
            solid.longest_diameter_mm(mask, self.spacing),
            longest,
            "greatest distance between two points of the surface (IBSI L0JK)",
            "mm",
        )
        yield self._value(
            _IN_SLICE,
            codes.LONG_AXIS,
            solid.longest_slice_diameter_mm(mask, self.spacing),
            across,
            "longest diameter within one slice between outer pixel edges (RECIST 1.1, Eisenhauer 2009)",
            "mm",
        )
        words = "diameter of the sphere of equal volume"
        yield self._value(_SPHERE, codes.EQUIVALENT, sphere, sphere * shell / (3 * volume), words, "mm")
        words = "surface by marching cubes (Lewiner 2003)"
        yield self._value(_SURFACE, codes.SURFACE, area, area * longest / sphere, words, "mm2")
        half = solid.sphericity_halfwidth(mask, self.spacing)
        words = "surface of the sphere of equal volume over the surface (Wadell 1935, IBSI QCFX)"
        yield self._value(
            _SPHERICITY, codes.SPHERICITY, min(1.0, solid.sphericity(mask, self.spacing)), half, words, UNITLESS
        )

    def _value(
        self, name: str, concept: Concept, value: float, half: float, method: str, unit: str
    ) -> tuple[str, FlowValue]:
        measured = self.structure.measurement(
            SPEC,
            name,
            concept,
            value,
            self.structure.spread(name, half),
            f"{method}; {self.structure.spacing_origin}",
            unit=unit,
            limits=(0.0, 1.0 if unit == UNITLESS else float("inf")),
            limitations=self._limits(),
        )
        return name, MeasurementValue(value=measured)

    def _limits(self) -> tuple[str, ...]:
        mask = self.structure.mask
        ends = (mask[0], mask[-1], mask[:, 0], mask[:, -1], mask[..., 0], mask[..., -1])
        notes = []
        if any(bool(plane.any()) for plane in ends):
            notes.append("The structure reaches the edge of the volume and may be cut off.")
        if max(self.spacing) > _THICK * min(self.spacing):
            notes.append("The slices are much thicker than the pixels; shape across slices is coarse.")
        return tuple(notes)
