"""The tool `intensity_measures`: what the pixels inside one outlined structure are like."""

from __future__ import annotations

from clinigraph.models.codes import UNITLESS, Concept, Modality
from clinigraph.models.imaging import Image, ImageFormat
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
from clinigraph.tools.measurement.intensity import IntensityStatistics, intensity_statistics
from clinigraph.tools.measurement.masks import Mask
from clinigraph.tools.measurement.structure import Structure, StructureTool, structure_ports
from clinigraph.tools.measurement.uncertainty import combine

HOUNSFIELD = "[hnsf'U]"
"""UCUM code of the Hounsfield unit."""
ARBITRARY = "{grey}"
"""Unit of grey levels that are not calibrated: comparable within one image only."""
_STATISTICS: dict[str, tuple[Concept, str]] = {
    "mean": (codes.MEAN_INTENSITY, "mean of the pixels inside"),
    "deviation": (codes.SD_INTENSITY, "standard deviation of the pixels inside, population form (IBSI)"),
    "percentile_10": (codes.P10, "10th percentile of the pixels inside"),
    "median": (codes.MEDIAN, "median of the pixels inside"),
    "percentile_90": (codes.P90, "90th percentile of the pixels inside"),
    "skewness": (codes.SKEWNESS, "third standardised moment of the pixels inside (IBSI)"),
}

SPEC = ToolSpec(
    name="intensity_measures",
    version="1.0.0",
    description="First-order statistics of the pixels inside an outline: Hounsfield units on calibrated CT, else grey.",
    modalities=tuple(m for m in Modality if m not in (Modality.NOT_MEDICAL, Modality.UNKNOWN)),
    inputs=structure_ports("The picture or volume that the masks lie on."),
    outputs={name: ports.measured(UNITLESS if name == "skewness" else None) for name in _STATISTICS},
    timeout_s=300,
)


class IntensityMeasures(StructureTool):
    """Measures what an earlier step outlined; loads nothing."""

    _spec = SPEC

    def _measure(self, structure: Structure, call: ToolCall, context: ToolContext) -> ToolResult:
        """Measure the pixels inside.

        Raises:
            ToolFailure: Pixels are no numbers.
        """
        pixels = support.pixels_of(SPEC, structure.image, context)
        if structure.image.colour:
            return support.nothing(SPEC, call, "the picture has colours, whose levels are no measure of the tissue")
        context.check_cancelled()
        now = intensity_statistics(pixels, structure.mask)
        moved = [intensity_statistics(pixels, m) for m in _moved(structure.mask)]
        unit = HOUNSFIELD if is_calibrated(structure.image) else ARBITRARY
        return support.result(SPEC, call, {name: _value(structure, name, now, moved, unit) for name in _STATISTICS})


def is_calibrated(image: Image) -> bool:
    """Whether pixels are Hounsfield units: CT from a format that keeps them (DICOM after rescale, NIfTI)."""
    return image.modality is Modality.CT and image.format in (ImageFormat.DICOM, ImageFormat.NIFTI)


def _moved(mask: Mask) -> list[Mask]:
    """Return the mask grown and shrunk by one pixel, leaving out what is empty."""
    from scipy.ndimage import binary_dilation, binary_erosion

    return [m for m in (binary_dilation(mask), binary_erosion(mask)) if m.any()]


def _value(
    structure: Structure, name: str, now: IntensityStatistics, moved: list[IntensityStatistics], unit: str
) -> FlowValue:
    concept, words = _STATISTICS[name]
    value = float(getattr(now, name))
    half = max(abs(float(getattr(m, name)) - value) for m in moved) / 2
    calibrated = unit == HOUNSFIELD
    measured = structure.measurement(
        SPEC,
        name,
        concept,
        value,
        combine(half),
        f"{words}, {now.count} pixels",
        unit=UNITLESS if name == "skewness" else unit,
        limits=(0.0 if name == "deviation" else -float("inf"), float("inf")),
        limitations=() if calibrated else ("Grey levels are not calibrated; compare them within this image only.",),
    )
    return MeasurementValue(value=measured)
