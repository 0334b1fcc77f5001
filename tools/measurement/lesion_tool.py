"""The tool `lesion_measures`: size and shape of one outlined structure in a plane, each with its interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clinigraph.models.codes import Concept, Modality
from clinigraph.models.findings import Measurement, QualitativeEvaluation
from clinigraph.models.tooling import (
    EvaluationValue,
    FlowValue,
    MeasurementValue,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from clinigraph.tools import ports, support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement import lesion_concepts as codes
from clinigraph.tools.measurement import planar, solid, ultrasound
from clinigraph.tools.measurement.masks import Mask, largest_component
from clinigraph.tools.measurement.planar import Spacing
from clinigraph.tools.measurement.structure import (
    NO_SPACING,
    Structure,
    StructureTool,
    half_pixel,
    structure_ports,
)
from clinigraph.tools.measurement.uncertainty import HALF_PIXEL, combine

_LONGEST, _ACROSS, _MEAN, _AREA = "longest_diameter", "perpendicular_diameter", "mean_diameter", "area"
_VOLUME = "volume"
_CIRCULARITY, _SOLIDITY, _MARGIN = "circularity", "solidity", "margin_irregularity"
_TALLER, _SHAPE, _POSTERIOR = "taller_than_wide", "irregular_shape", "posterior_echo"
_SIZES = (_LONGEST, _ACROSS, _MEAN, _AREA)
_NOT_ULTRASOUND = "it is read on ultrasound, where the vertical axis of the picture is the direction of the beam"
_SQUARE = "The pixels are taken to be square, because the image states no spacing."
_UNDECIDED = 3
_AXIAL = 0.94
"""Cosine of 20 degrees: the most that an axial slice may lean."""
_SMALL_PX = 12.0
"""A longest diameter under this many pixels is too coarse for words on shape (our choice)."""

SPEC = ToolSpec(
    name="lesion_measures",
    version="1.1.0",
    description=("Diameters, area, shape and volume of one outlined structure; millimetres only with known spacing."),
    modalities=tuple(m for m in Modality if m not in (Modality.NOT_MEDICAL, Modality.UNKNOWN)),
    inputs=structure_ports("The picture or volume that the masks lie on."),
    outputs={
        _LONGEST: ports.measured("mm"),
        _ACROSS: ports.measured("mm"),
        _MEAN: ports.measured("mm"),
        _AREA: ports.measured("mm2"),
        _VOLUME: ports.measured("mL"),
        _CIRCULARITY: ports.measured(),
        _SOLIDITY: ports.measured(),
        _MARGIN: ports.measured(),
        _TALLER: ports.measured(),
        _SHAPE: ports.judged(),
        _POSTERIOR: ports.measured(),
    },
    timeout_s=120,
)


class LesionMeasures(StructureTool):
    """Measures what an earlier step outlined; loads nothing."""

    _spec = SPEC

    def _measure(self, structure: Structure, call: ToolCall, context: ToolContext) -> ToolResult:
        """Measure in the plane; of a volume, on the axial slice where it is longest (as RECIST 1.1 asks)."""
        plane = _Plane.of(structure)
        context.check_cancelled()
        outputs, missing = plane.outputs(), plane.missing()
        echo = _posterior(plane, context)
        if isinstance(echo, str):
            missing[_POSTERIOR] = echo
        else:
            outputs[_POSTERIOR] = MeasurementValue(value=echo)
        return support.result(SPEC, call, outputs, missing=missing)


def _posterior(plane: _Plane, context: ToolContext) -> Measurement | str:
    """Return the echo behind a mass on an ultrasound picture, or why there is none."""
    if plane.structure.image.modality is not Modality.ULTRASOUND or plane.slice_index is not None:
        return _NOT_ULTRASOUND
    pixels = support.pixels_of(SPEC, plane.structure.image, context).astype(np.float64)
    grey = pixels.mean(axis=2) if pixels.ndim == 3 else pixels
    echo = ultrasound.posterior_echo(grey, plane.mask)
    if echo is None:
        return "too little of the picture lies behind and beside the mass"
    return plane.structure.measurement(
        SPEC,
        _POSTERIOR,
        codes.POSTERIOR,
        echo.contrast,
        combine(echo.halfwidth),
        "mean grey behind the mass less that beside it at the same depth, over their sum; below 0 is shadowing",
        limits=(-1.0, 1.0),
        limitations=("Grey levels were compressed by the machine; gain over depth changes the value.",),
    )


@dataclass(frozen=True)
class _Plane:
    """The plane in which a structure is measured."""

    structure: Structure
    mask: Mask
    """``(H, W)``."""
    spacing: Spacing
    """In millimetres, or (1, 1)."""
    in_mm: bool
    slice_index: int | None
    """Slice of a volume, counted from 0."""
    notes: tuple[str, ...] = ()
    """What is to be known of the plane."""

    @classmethod
    def of(cls, structure: Structure) -> _Plane:
        known = structure.image.geometry.spacing_mm
        spacing = (known[-2], known[-1]) if known is not None else (1.0, 1.0)
        if structure.mask.ndim == 2:
            return cls(structure, structure.mask, spacing, known is not None, None)
        axis, notes = axial_axis(structure.image.geometry.direction)
        if known is not None:
            rest = [step for place, step in enumerate(known) if place != axis]
            spacing = (rest[0], rest[1])
        slices = [largest_component(plane) for plane in np.moveaxis(structure.mask, axis, 0)]
        lengths = [planar.diameters(p, spacing).longest if p.any() else 0.0 for p in slices]
        index = int(np.argmax(lengths))
        return cls(structure, slices[index], spacing, known is not None, index, notes)

    @cached_property
    def sizes(self) -> planar.Diameters:
        return planar.diameters(self.mask, self.spacing)

    @property
    def where(self) -> str:
        return "" if self.slice_index is None else f", on slice {self.slice_index + 1} of the volume"

    @property
    def is_ultrasound(self) -> bool:
        return self.structure.image.modality is Modality.ULTRASOUND

    @property
    def too_coarse(self) -> bool:
        return planar.diameters(self.mask).longest < _SMALL_PX

    def outputs(self) -> dict[str, FlowValue]:
        found = [*(self._size(n) for n in _SIZES if self.in_mm), *map(self._shape, (_CIRCULARITY, _SOLIDITY, _MARGIN))]
        values: dict[str, FlowValue] = {}
        known = self.structure.image.geometry.spacing_mm
        if known is not None and self.slice_index is not None:
            found.append(self._volume((known[0], known[1], known[2])))
        if self.is_ultrasound:
            found.append(self._taller())
        for name, measured in found:
            values[name] = MeasurementValue(value=measured)
        if not self.too_coarse:
            values[_SHAPE] = EvaluationValue(value=self._evaluation())
        return values

    def missing(self) -> dict[str, str]:
        reasons = {} if self.in_mm else dict.fromkeys((*_SIZES, _VOLUME), NO_SPACING)
        if self.slice_index is None:
            reasons[_VOLUME] = "the image is a single picture, and a volume is measured in a volume"
        if not self.is_ultrasound:
            reasons[_TALLER] = _NOT_ULTRASOUND
        if self.too_coarse:
            reasons[_SHAPE] = f"the structure is less than {_SMALL_PX:.0f} pixels long, too few to judge its shape"
        return reasons

    def _size(self, name: str) -> tuple[str, Measurement]:
        measure, concept, words = _SIZE_OF[name]
        half = half_pixel(measure, self.mask, self.spacing)
        unit = "mm2" if name == _AREA else "mm"
        method = f"{words}{self.where}; {self.structure.spacing_origin}"
        value = measure(self.mask, self.spacing)
        spread = self.structure.spread(name, half)
        return name, self.structure.measurement(
            SPEC, name, concept, value, spread, method, unit=unit, limitations=self.notes
        )

    def _volume(self, spacing: solid.Spacing3) -> tuple[str, Measurement]:
        mask = solid.cropped(self.structure.mask)
        shell = HALF_PIXEL * solid.mean_spacing(spacing) * solid.surface_mm2(mask, spacing) / 1000
        value = solid.volume_mm3(mask, spacing) / 1000
        spread = self.structure.spread(_VOLUME, shell)
        measured = self.structure.measurement(SPEC, _VOLUME, codes.VOLUME, value, spread, "voxels counted", unit="mL")
        return _VOLUME, measured

    def _shape(self, name: str) -> tuple[str, Measurement]:
        measure, concept, words, limits = _SHAPE_OF[name]
        half = half_pixel(measure, self.mask, self.spacing)
        measured = self.structure.measurement(
            SPEC,
            name,
            concept,
            measure(self.mask, self.spacing),
            self.structure.spread(name, half),
            words + self.where,
            limits=limits,
            limitations=() if self.in_mm else (_SQUARE,),
        )
        return name, measured

    def _taller(self) -> tuple[str, Measurement]:
        half = half_pixel(planar.taller_than_wide, self.mask, self.spacing)
        measured = self.structure.measurement(
            SPEC,
            _TALLER,
            codes.TALLER,
            planar.taller_than_wide(self.mask, self.spacing),
            self.structure.spread(_TALLER, half),
            "depth over width along the axes of the picture (Stavros 1995)",
            limitations=(
                "The vertical axis of the picture is taken as the direction of the beam.",
                *(() if self.in_mm else (_SQUARE,)),
            ),
        )
        return _TALLER, measured

    def _evaluation(self) -> QualitativeEvaluation:
        solid = planar.solidity(self.mask)
        segment = self.structure.label_map.segments[self.structure.label_map.plane(self.structure.label)]
        by_network = segment.confidence is not None
        score = ultrasound.shape_score(solid, by_network=by_network)
        words = f"area over convex hull {solid:.3f} (limits {', '.join(f'{v:g}' for v in ultrasound.SHAPE_LIMITS)})"
        if by_network and score == _UNDECIDED:
            words += "; a network's outline is smoothed, so a regular shape is not concluded from it"
        return QualitativeEvaluation(
            id=self.structure.evidence_id(SPEC, _SHAPE),
            concept=codes.SHAPE,
            score=score,
            evidence_for=words if score > 2 else "",
            evidence_against=words if score < 4 else "",
            algorithm=f"{support.algorithm(SPEC)} on {self.structure.label_map.algorithm}",
            site=self.structure.site,
            image_id=self.structure.image.id,
            derived_from=(support.label_map_id(self.structure.label_map),),
        )


_Measure = Callable[[Mask, Spacing], float]
_SIZE_OF: dict[str, tuple[_Measure, Concept, str]] = {
    _LONGEST: (
        lambda m, s: planar.diameters(m, s).longest,
        codes.LONG_AXIS,
        "longest diameter between outer pixel edges (RECIST 1.1, Eisenhauer 2009)",
    ),
    _ACROSS: (
        lambda m, s: planar.diameters(m, s).perpendicular,
        codes.SHORT_AXIS,
        "greatest width at right angles to the longest diameter (Eisenhauer 2009)",
    ),
    _MEAN: (
        lambda m, s: _mean_diameter(planar.diameters(m, s)),
        codes.MEAN_DIAMETER,
        "mean of longest and perpendicular diameter (Fleischner Society, MacMahon 2017)",
    ),
    _AREA: (planar.area, codes.AREA, "pixels counted"),
}
_SHAPE_OF: dict[str, tuple[_Measure, Concept, str, tuple[float, float]]] = {
    _CIRCULARITY: (
        planar.circularity,
        codes.CIRCULARITY,
        "4 pi area over squared length of the smoothed outline (Cox 1927)",
        (0.0, 1.0),
    ),
    _SOLIDITY: (lambda m, s: planar.solidity(m), codes.SOLIDITY, "area over area of the convex hull", (0.0, 1.0)),
    _MARGIN: (
        planar.margin_irregularity,
        codes.MARGIN,
        "length of the smoothed outline over that of the convex hull",
        (1.0, float("inf")),
    ),
}


def _mean_diameter(sizes: planar.Diameters) -> float:
    return (sizes.longest + sizes.perpendicular) / 2


def axial_axis(direction: tuple[float, ...] | None) -> tuple[int, tuple[str, ...]]:
    """Return the axis of a volume along which axial slices follow each other, and what is to be said of it.

    Args:
        direction: Row-major 3x3 cosines, column i the LPS direction of axis i; None when the image states none.
    """
    if direction is None:
        return 0, ("The slices are taken to be axial, because the image does not state their direction.",)
    upwards = np.abs(np.array(direction).reshape(3, 3)[2])
    axis = int(np.argmax(upwards))
    if upwards[axis] < _AXIAL:
        return 0, ("The volume lies oblique to the body; diameters lie in its own slices, not in axial ones.",)
    return axis, ()
