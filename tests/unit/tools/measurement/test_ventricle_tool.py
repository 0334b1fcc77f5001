"""Measures of a drawn heart whose volumes are known; what cannot be measured is said."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import ToolFailure
from clinigraph.models.case import Fact
from clinigraph.models.codes import Modality
from clinigraph.models.findings import Finding, Measurement, Presence
from clinigraph.models.imaging import Calibration, Image, ImageFormat, ImageGeometry, LabelMap, Segment, SpacingSource
from clinigraph.models.tooling import (
    FactValue,
    FindingValue,
    ImageValue,
    LabelMapValue,
    MeasurementValue,
    ToolCall,
    ToolResult,
    ToolStatus,
)
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.concepts import private
from clinigraph.tools.measurement.ventricle_tool import SPEC, VentricleMeasures
from clinigraph.tools.measurement.ventricle_values import LABELS, MILLIMETRES, OUTPUTS

SPACING = (10.0, 1.5, 1.5)
SIDE, SLICES = 112, 8


def heart(inner: float, outer: float, right: float) -> dict[str, np.ndarray]:
    """Round left ventricle, right one beside it, the same in every slice."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    left = np.hypot(y - 60, x - 65)
    cavity = left <= inner
    muscle = (left <= outer) & ~cavity
    other = (np.hypot(y - 60, x - 30) <= right) & (left > outer)
    return {name: np.stack([plane] * SLICES) for name, plane in zip(LABELS, (cavity, muscle, other), strict=True)}


class Bench:
    """Runs the tool on drawn frames."""

    def __init__(self, folder: Path) -> None:
        self.store = ArtifactStore(folder)

    def frame(
        self, masks: dict[str, np.ndarray], spacing: tuple[float, ...] | None = SPACING, **more: object
    ) -> tuple[Image, LabelMap]:
        shape = next(iter(masks.values())).shape
        pixels = sum(masks.values()).astype(np.int16) * 100
        artifact = self.store.put(pixels)
        source = SpacingSource.NIFTI_HEADER if spacing else None
        geometry = ImageGeometry(shape=shape, spacing_mm=spacing, spacing_source=source)
        image = Image(
            id=f"img-{artifact[-8:]}",
            artifact_id=artifact,
            geometry=geometry,
            format=ImageFormat.NIFTI,
            modality=Modality.MR,
        )
        segments = tuple(
            Segment(
                label=label,
                number=number,
                concept=private(label, label),
                pixel_count=int(mask.sum()),
                reason=None if mask.any() else "it is not there",
            )
            for number, (label, mask) in enumerate(masks.items(), start=1)
        )
        stack = self.store.put(np.stack(list(masks.values())))
        label_map = LabelMap(
            image_id=image.id, artifact_id=stack, geometry=geometry, segments=segments, algorithm="drawn 1", **more
        )
        return image, label_map

    def run(self, ed: tuple[Image, LabelMap], es: tuple[Image, LabelMap], **facts: float) -> ToolResult:
        inputs = {
            "ed_image": ImageValue(value=ed[0]),
            "es_image": ImageValue(value=es[0]),
            "ed_masks": LabelMapValue(value=ed[1]),
            "es_masks": LabelMapValue(value=es[1]),
        }
        units = {"height": "cm", "weight": "kg"}
        record = {n: FactValue(value=Fact(name=n, value=v, unit=units[n])) for n, v in facts.items()}
        call = ToolCall(step_id="measure", tool=SPEC.name, inputs={**inputs, **record})
        return VentricleMeasures().run(call, ToolContext(artifacts=self.store))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


FULL, EMPTY = heart(18, 25, 22), heart(12, 24, 15)


def value(result: ToolResult, name: str) -> Measurement:
    output = result.outputs[name]
    assert isinstance(output, MeasurementValue)
    return output.value


def finding(result: ToolResult, name: str) -> Finding:
    output = result.outputs[name]
    assert isinstance(output, FindingValue)
    return output.value


def test_volumes_are_voxels_times_voxel_size_and_function_follows(bench: Bench) -> None:
    result = bench.run(bench.frame(FULL), bench.frame(EMPTY))
    edv, esv = (value(result, f"left_end_{m}_volume").value for m in ("diastolic", "systolic"))
    assert edv == pytest.approx(math.pi * 18**2 * SLICES * math.prod(SPACING) / 1000, rel=0.01)
    assert value(result, "left_stroke_volume").value == pytest.approx(edv - esv)
    assert value(result, "left_ventricular_ejection_fraction").value == pytest.approx(100 * (1 - esv / edv))
    mass = value(result, "myocardial_mass").value
    assert mass == pytest.approx(math.pi * (25**2 - 18**2) * SLICES * math.prod(SPACING) / 1000 * 1.05, rel=0.01)
    assert value(result, "lv_wall_thickness").value == pytest.approx(7 * 1.5, abs=1)


def test_every_number_names_its_masks_and_has_an_interval_round_it(bench: Bench) -> None:
    ed, es = bench.frame(FULL), bench.frame(EMPTY)
    result = bench.run(ed, es, height=180.0, weight=80.0)
    measured = [o.value for o in result.outputs.values() if isinstance(o, MeasurementValue)]
    assert {n for n, o in result.outputs.items() if isinstance(o, MeasurementValue)} == set(OUTPUTS)
    for item in measured:
        assert len(item.derived_from) == 2
        if item.concept.value != "LVWMS":
            assert item.interval is not None
            assert item.interval.low <= item.value <= item.interval.high


def test_without_spacing_there_is_a_fraction_and_a_pattern_but_no_millilitre(bench: Bench) -> None:
    result = bench.run(bench.frame(FULL, None), bench.frame(EMPTY, None), height=180.0, weight=80.0)
    assert result.status is ToolStatus.OK
    assert value(result, "left_ventricular_ejection_fraction").value == pytest.approx(100 * (1 - 144 / 324), abs=1)
    assert "heart_pattern" in result.outputs
    assert not MILLIMETRES & set(result.outputs)
    assert all("no voxel size" in result.missing[name] for name in MILLIMETRES)


def test_values_are_indexed_by_the_surface_after_mosteller(bench: Bench) -> None:
    result = bench.run(bench.frame(FULL), bench.frame(EMPTY), height=180.0, weight=80.0)
    volume, index = value(result, "left_end_diastolic_volume"), value(result, "left_end_diastolic_volume_index")
    assert index.value == pytest.approx(volume.value / 2.0)
    alone = bench.run(bench.frame(FULL), bench.frame(EMPTY), height=180.0)
    assert "height and weight" in alone.missing["left_end_diastolic_volume_index"]


def test_findings_carry_the_rule_and_the_numbers(bench: Bench) -> None:
    weak = bench.run(bench.frame(FULL), bench.frame(heart(16, 24, 21)))
    assert "is reduced" in finding(weak, "ejection_class").text
    assert "the pattern: dilated, by the rule: LV ejection fraction below 45 %" in finding(weak, "heart_pattern").text
    assert finding(weak, "heart_pattern").presence is Presence.PRESENT
    assert value(weak, "left_ventricular_ejection_fraction").id in finding(weak, "heart_pattern").derived_from
    normal = bench.run(bench.frame(heart(18, 23, 18)), bench.frame(heart(11, 21, 11)))
    assert finding(normal, "heart_pattern").presence is Presence.ABSENT


def test_an_interval_over_a_limit_names_both_classes(bench: Bench) -> None:
    known = {"left_ventricular_ejection_fraction": Calibration(halfwidth=8.0, level=0.9, n=50)}
    result = bench.run(bench.frame(FULL, calibration=known), bench.frame(heart(13.6, 24, 15)))
    measured = value(result, "left_ventricular_ejection_fraction")
    assert measured.interval is not None
    assert measured.interval.high - measured.value == pytest.approx(8.0, abs=0.5)
    assert "its interval reaches into: reduced, preserved." in finding(result, "ejection_class").text
    assert finding(result, "ejection_class").presence is Presence.INDETERMINATE


def test_the_interval_of_an_ejection_fraction_ends_at_zero(bench: Bench) -> None:
    known = {"left_ventricular_ejection_fraction": Calibration(halfwidth=30.0, level=0.9, n=50)}
    result = bench.run(bench.frame(FULL, calibration=known), bench.frame(heart(17, 24, 17)))
    measured = value(result, "left_ventricular_ejection_fraction")
    assert measured.interval is not None
    assert (measured.interval.low, measured.value < 30) == (0.0, True)


def test_a_pattern_whose_number_may_lie_beyond_its_limit_is_uncertain(bench: Bench) -> None:
    known = {"right_ventricular_ejection_fraction": Calibration(halfwidth=28.0, level=0.9, n=17)}
    frames = heart(18, 23, 18), heart(11, 21, 12)
    sure = finding(bench.run(bench.frame(frames[0]), bench.frame(frames[1])), "heart_pattern")
    unsure = finding(bench.run(bench.frame(frames[0], calibration=known), bench.frame(frames[1])), "heart_pattern")
    assert "uncertain" not in sure.text
    assert "It is uncertain: the interval of RV ejection fraction crosses its limit." in unsure.text
    assert unsure.presence is Presence.INDETERMINATE


def test_a_relative_error_of_the_network_widens_a_volume(bench: Bench) -> None:
    known = {"left_end_diastolic_volume_share": Calibration(halfwidth=0.2, level=0.9, n=50)}
    volume = value(bench.run(bench.frame(FULL, calibration=known), bench.frame(EMPTY)), "left_end_diastolic_volume")
    assert volume.interval is not None
    assert volume.interval.high == pytest.approx(1.2 * volume.value)


def test_exchanged_frames_are_noticed(bench: Bench) -> None:
    result = bench.run(bench.frame(EMPTY), bench.frame(FULL))
    assert result.status is ToolStatus.EMPTY
    assert "may be exchanged" in result.reason


def test_a_heart_without_right_ventricle_has_no_right_numbers(bench: Bench) -> None:
    none = np.zeros_like(FULL["rv_cavity"])
    result = bench.run(bench.frame({**FULL, "rv_cavity": none}), bench.frame({**EMPTY, "rv_cavity": none}))
    assert result.status is ToolStatus.OK
    assert "right ventricle" in result.missing["right_ventricular_ejection_fraction"]
    assert "right ventricle" in result.missing["heart_pattern"]


def test_a_ventricle_that_empties_altogether_ejects_everything(bench: Bench) -> None:
    gone = {**EMPTY, "lv_cavity": np.zeros_like(EMPTY["lv_cavity"])}
    result = bench.run(bench.frame(FULL), bench.frame(gone))
    assert value(result, "left_ventricular_ejection_fraction").value == 100


def test_frames_of_different_grids_or_single_slices_give_no_volume(bench: Bench) -> None:
    other = bench.run(bench.frame(FULL), bench.frame(EMPTY, (8.0, 1.5, 1.5)))
    assert "different grids" in other.reason
    flat_full, flat_empty = ({n: m[0] for n, m in frame.items()} for frame in (FULL, EMPTY))
    single = bench.run(bench.frame(flat_full, None), bench.frame(flat_empty, None))
    assert "single slice" in single.reason


def test_masks_of_another_image_are_refused(bench: Bench) -> None:
    ed, es = bench.frame(FULL), bench.frame(EMPTY)
    with pytest.raises(ToolFailure):
        bench.run((ed[0], es[1]), es)
