"""The tool `skin_measures`: asymmetry, border, colours and the total dermoscopy score of the ABCD rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clinigraph.models.codes import Concept, Modality
from clinigraph.models.findings import Interval, Measurement, QualitativeEvaluation
from clinigraph.models.tooling import (
    EvaluationValue,
    FactValue,
    FlowValue,
    MeasurementValue,
    Port,
    ToolCall,
    ToolResult,
    ToolSpec,
    ValueKind,
)
from clinigraph.tools import ports, support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement import lesion_concepts as codes
from clinigraph.tools.measurement import skin
from clinigraph.tools.measurement.masks import Mask, largest_component
from clinigraph.tools.measurement.structure import Structure, StructureTool, structure_ports

_A, _B, _C, _TOTAL, _VEIL = (
    "abcd_asymmetry",
    "abcd_border",
    "abcd_colours",
    "abcd_total_score",
    "blue_white_veil",
)
_SIDE = 384
"""The picture is measured with its longer side at this many pixels."""
_SHIFT = 0.02
"""Shift of the outline, as a share of the lesion's size, over which the scores are ranged."""
_LEAST_PX = 200
_SOURCE = "Stolz 1994; Nachbar 1994"

SPEC = ToolSpec(
    name="skin_measures",
    version="1.0.0",
    description="Asymmetry, border, colours, blue-grey areas and ABCD total score of a lesion on dermoscopy.",
    modalities=(Modality.DERMOSCOPY,),
    inputs={
        **structure_ports("The colour picture that the masks lie on."),
        "structures": Port(
            kind=ValueKind.EVALUATION,
            required=False,
            description="Number of the five differential structures, read as 1 to 5.",
        ),
        "structure_count": Port(
            kind=ValueKind.FACT, required=False, description="The same number from the record; goes before a reading."
        ),
    },
    outputs={
        _A: ports.measured(),
        _B: ports.measured(),
        _C: ports.measured(),
        _TOTAL: ports.measured(),
        _VEIL: ports.judged(),
    },
    timeout_s=120,
)


class SkinMeasures(StructureTool):
    """Measures what an earlier step outlined; loads nothing."""

    _spec = SPEC

    def _measure(self, structure: Structure, call: ToolCall, context: ToolContext) -> ToolResult:
        """Measure one lesion."""
        pixels = support.pixels_of(SPEC, structure.image, context)
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
            return support.nothing(SPEC, call, "the picture has no colours, and the ABCD rule reads colours")
        rgb, mask = _small(np.asarray(pixels, dtype=np.uint8), structure.mask)
        if mask.sum() < _LEAST_PX:
            return support.nothing(SPEC, call, "the lesion covers too few pixels to judge colours and symmetry")
        context.check_cancelled()
        job = _Job(structure, rgb, mask, _structures(call))
        return support.result(SPEC, call, job.outputs)


def _small(rgb: skin.RGB, mask: Mask) -> tuple[skin.RGB, Mask]:
    """Return picture and mask with the longer side at 384 pixels; smaller ones as they are."""
    from PIL import Image

    scale = _SIDE / max(mask.shape)
    if scale >= 1:
        return rgb, mask
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    picture = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX), dtype=np.uint8)
    outline = np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST), dtype=np.bool_)
    return picture, largest_component(outline)


@dataclass(frozen=True, slots=True)
class _Count:
    """The number of differential structures, with its range and origin."""

    value: float
    low: float
    high: float
    words: str


def _structures(call: ToolCall) -> _Count:
    """Return the structure count: from the record, else read by a model (give or take one), else unknown."""
    low, high = skin.STRUCTURES
    fact, reading = call.inputs.get("structure_count"), call.inputs.get("structures")
    if isinstance(fact, FactValue) and isinstance(fact.value.value, float | int) and not _is_bool(fact.value.value):
        value = float(fact.value.value)
        if low <= value <= high:
            return _Count(value, value, value, f"{value:g} structures from the record")
    if isinstance(reading, EvaluationValue):
        score = float(reading.value.score)
        words = f"{score:g} structures as read by {reading.value.algorithm}, give or take one"
        return _Count(score, max(low, score - 1), min(high, score + 1), words)
    return _Count((low + high) / 2, low, high, "structures not read: 3 in the value, 1 to 5 in the range")


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class _Scores:
    a: int
    b: int
    c: int

    @property
    def base(self) -> float:
        """The total score without its structures."""
        return skin.total_score(self.a, self.b, self.c, 1) - skin.WEIGHTS["structures"]


@dataclass(frozen=True)
class _Job:
    """One lesion on its way to measurements."""

    structure: Structure
    rgb: skin.RGB
    mask: Mask
    count: _Count

    @cached_property
    def shades(self) -> dict[str, float]:
        return skin.colour_shares(self.rgb, self.mask)

    @cached_property
    def scores(self) -> tuple[_Scores, ...]:
        """As outlined, then with the outline moved inwards and outwards."""
        return tuple(
            _Scores(
                skin.asymmetry_score(mask, self.rgb),
                skin.border_score(self.rgb, mask),
                max(1, len(skin.colours(self.rgb, mask))),
            )
            for mask in self._outlines()
        )

    def _outlines(self) -> Iterator[Mask]:
        from scipy.ndimage import binary_dilation, binary_erosion

        steps = max(1, round(_SHIFT * float(np.sqrt(self.mask.sum()))))
        yield self.mask
        for move in (binary_erosion, binary_dilation):
            moved = largest_component(np.asarray(move(self.mask, iterations=steps), dtype=np.bool_))
            if moved.any() and not moved.all():
                yield moved

    @property
    def outputs(self) -> dict[str, FlowValue]:
        now = self.scores[0]
        shape = ", ".join(f"{s:.2f}" for s in skin.asymmetry(self.mask))
        colour = ", ".join(f"{c:.1f}" for c in skin.colour_asymmetry(self.rgb, self.mask))
        shown = ", ".join(f"{n} {s:.0%}" for n, s in skin.colours(self.rgb, self.mask).items()) or "none"
        parts = {
            _A: (codes.ASYMMETRY, now.a, [s.a for s in self.scores], f"axes of 2; shape {shape}, colour {colour}"),
            _B: (codes.BORDER, now.b, [s.b for s in self.scores], "segments of 8 with an abrupt border"),
            _C: (codes.COLOURS, now.c, [s.c for s in self.scores], f"colours of 6: {shown}"),
        }
        values: dict[str, FlowValue] = {
            name: MeasurementValue(value=self._part(name, *part)) for name, part in parts.items()
        }
        values[_TOTAL] = MeasurementValue(value=self._total())
        values[_VEIL] = EvaluationValue(value=self._veil())
        return values

    def _part(self, name: str, concept: Concept, value: int, ranged: list[int], words: str) -> Measurement:
        return self._measurement(name, concept, float(value), min(ranged), max(ranged), f"{words} ({_SOURCE})", "")

    def _total(self) -> Measurement:
        weight = skin.WEIGHTS["structures"]
        bases = [s.base for s in self.scores]
        return self._measurement(
            _TOTAL,
            codes.TOTAL,
            self.scores[0].base + weight * self.count.value,
            min(bases) + weight * self.count.low,
            max(bases) + weight * self.count.high,
            f"1.3 asymmetry + 0.1 border + 0.5 colours + 0.5 structures ({_SOURCE}); {self.count.words}",
            f" and {self.count.words}",
        )

    def _measurement(
        self, name: str, concept: Concept, value: float, low: float, high: float, method: str, ranged: str
    ) -> Measurement:
        words = f"range over the outline +- {_SHIFT:.0%} of its size{ranged}; its coverage was not checked"
        measured = self.structure.measurement(SPEC, name, concept, value, None, method, limitations=self._limits())
        return measured.replace(interval=Interval(low=low, high=high, method=words))

    def _limits(self) -> tuple[str, ...]:
        edge = np.concatenate([self.mask[0], self.mask[-1], self.mask[:, 0], self.mask[:, -1]])
        cut = ("The lesion reaches the edge of the picture; its symmetry and border are not fully seen.",)
        return ("The limits of the scores were set on one camera's pictures.", *(cut if edge.any() else ()))

    def _veil(self) -> QualitativeEvaluation:
        share = self.shades["blue-grey"]
        score = skin.veil_score(share)
        words = f"{share:.1%} of the lesion is blue-grey"
        return QualitativeEvaluation(
            id=self.structure.evidence_id(SPEC, _VEIL),
            concept=codes.VEIL,
            score=score,
            evidence_for=words if score > 2 else "",
            evidence_against=words if score < 4 else "",
            algorithm=f"{support.algorithm(SPEC)} on {self.structure.label_map.algorithm}",
            site=self.structure.site,
            image_id=self.structure.image.id,
            derived_from=(support.label_map_id(self.structure.label_map),),
        )
