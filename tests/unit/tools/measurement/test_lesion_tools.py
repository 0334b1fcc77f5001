"""Lesions, skin, volumes, intensities, change and nodules: numbers, intervals, units and refusals of the tools."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import ToolFailure
from clinigraph.models.case import Fact
from clinigraph.models.codes import Modality
from clinigraph.models.findings import FindingSite, Interval, Measurement
from clinigraph.models.imaging import (
    Calibration,
    Image,
    ImageFormat,
    ImageGeometry,
    LabelMap,
    Segment,
    SpacingSource,
)
from clinigraph.models.tooling import (
    EvaluationValue,
    FactValue,
    FlowValue,
    ImageValue,
    LabelMapValue,
    MeasurementValue,
    ToolCall,
    ToolResult,
    ToolStatus,
)
from clinigraph.tools.contract import Tool, ToolContext
from clinigraph.tools.measurement import skin, ultrasound
from clinigraph.tools.measurement.change_tool import ChangeMeasures
from clinigraph.tools.measurement.concepts import private
from clinigraph.tools.measurement.intensity_tool import IntensityMeasures
from clinigraph.tools.measurement.lesion_tool import LesionMeasures
from clinigraph.tools.measurement.nodule_tool import NoduleSize
from clinigraph.tools.measurement.skin_tool import SkinMeasures
from clinigraph.tools.measurement.structure import half_pixel
from clinigraph.tools.measurement.volume_tool import VolumeMeasures


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path)


def ellipse(height: float, width: float, side: int = 160) -> np.ndarray:
    y, x = np.mgrid[:side, :side]
    return ((y - side / 2) / height) ** 2 + ((x - side / 2) / width) ** 2 <= 1


def star(side: int = 160) -> np.ndarray:
    y, x = np.mgrid[:side, :side] - side / 2
    return np.hypot(y, x) <= 45 * (1 + 0.5 * np.cos(7 * np.arctan2(y, x)))


def measure(
    tool: Tool,
    store: ArtifactStore,
    mask: np.ndarray,
    *,
    pixels: np.ndarray | None = None,
    modality: Modality = Modality.ULTRASOUND,
    spacing: tuple[float, ...] | None = None,
    fmt: ImageFormat = ImageFormat.DICOM,
    calibration: dict[str, Calibration] | None = None,
    **others: FlowValue,
) -> ToolResult:
    grey = np.full(mask.shape, 80, dtype=np.int16) if pixels is None else pixels
    image = Image(
        id="i",
        artifact_id=store.put(grey),
        geometry=ImageGeometry(
            shape=mask.shape, spacing_mm=spacing, spacing_source=SpacingSource.PIXEL_SPACING if spacing else None
        ),
        format=fmt,
        modality=modality,
        colour=grey.ndim == 3 and grey.shape[2] == 3,
    )
    masks = LabelMap(
        image_id="i",
        artifact_id=store.put(mask[None]),
        geometry=image.geometry,
        segments=(Segment(label="lesion", number=1, concept=private("L", "Lesion"), pixel_count=int(mask.sum())),),
        algorithm="hand 1.0.0",
        calibration=calibration or {},
    )
    inputs: dict[str, FlowValue] = {"image": ImageValue(value=image), "masks": LabelMapValue(value=masks), **others}
    return tool.run(ToolCall(step_id="m", tool=tool.spec.name, inputs=inputs), ToolContext(artifacts=store))


def number(result: ToolResult, name: str) -> Measurement:
    value = result.outputs[name]
    assert isinstance(value, MeasurementValue)
    return value.value


def score(result: ToolResult, name: str) -> int:
    value = result.outputs[name]
    assert isinstance(value, EvaluationValue)
    return value.value.score


def test_sizes_of_a_mass_are_in_millimetres_with_intervals_of_a_pixel(store: ArtifactStore) -> None:
    result = measure(LesionMeasures(), store, ellipse(20, 40), spacing=(0.5, 0.5))
    longest, across, mean = (number(result, f"{n}_diameter") for n in ("longest", "perpendicular", "mean"))
    assert longest.value == pytest.approx(40, abs=0.8)
    assert across.value == pytest.approx(20, abs=0.8)
    assert mean.value == pytest.approx((longest.value + across.value) / 2)
    assert number(result, "area").value == pytest.approx(math.pi * 20 * 10, rel=0.01)
    assert longest.interval is not None
    assert longest.interval.high - longest.value == pytest.approx(0.5, abs=0.1)
    assert "PixelSpacing" in longest.method


def test_without_spacing_there_are_ratios_and_no_sizes(store: ArtifactStore) -> None:
    result = measure(LesionMeasures(), store, ellipse(40, 20))
    assert set(result.outputs) >= {"circularity", "solidity", "taller_than_wide", "irregular_shape"}
    for name in ("longest_diameter", "perpendicular_diameter", "mean_diameter", "area"):
        assert name not in result.outputs
        assert "spacing_mm" in result.missing[name]
    taller = number(result, "taller_than_wide")
    assert taller.value == pytest.approx(2, abs=0.1)
    assert any("square" in limit for limit in taller.limitations)


def test_depth_over_width_uses_both_spacings(store: ArtifactStore) -> None:
    result = measure(LesionMeasures(), store, ellipse(30, 30), spacing=(0.2, 0.1))
    assert number(result, "taller_than_wide").value == pytest.approx(2, abs=0.05)


def test_depth_over_width_is_for_ultrasound_alone(store: ArtifactStore) -> None:
    result = measure(LesionMeasures(), store, ellipse(30, 30), modality=Modality.CT)
    assert "beam" in result.missing["taller_than_wide"]
    assert "beam" in result.missing["posterior_echo"]


def test_the_error_of_the_segmenter_widens_the_interval(store: ArtifactStore) -> None:
    known = {"taller_than_wide": Calibration(halfwidth=0.3, level=0.9, n=105)}
    interval = number(measure(LesionMeasures(), store, ellipse(30, 30), calibration=known), "taller_than_wide").interval
    assert interval is not None
    assert interval.high - interval.low == pytest.approx(0.6)
    assert "n=105" in interval.method


def test_an_oval_is_regular_and_a_star_is_not(store: ArtifactStore) -> None:
    assert score(measure(LesionMeasures(), store, ellipse(25, 45)), "irregular_shape") == 1
    assert score(measure(LesionMeasures(), store, star()), "irregular_shape") == 5


def test_a_smooth_outline_by_a_network_is_undecided_and_never_regular() -> None:
    assert [ultrasound.shape_score(v) for v in (0.99, 0.96, 0.95, 0.92, 0.8)] == [1, 2, 3, 4, 5]
    assert [ultrasound.shape_score(v, by_network=True) for v in (0.99, 0.96, 0.95, 0.92, 0.8)] == [3, 3, 3, 4, 5]


def test_shape_of_a_few_pixels_is_not_judged(store: ArtifactStore) -> None:
    assert "pixels" in measure(LesionMeasures(), store, ellipse(3, 3)).missing["irregular_shape"]


def test_a_nodule_in_a_volume_is_measured_on_its_longest_slice(store: ArtifactStore) -> None:
    volume = np.zeros((5, 60, 60), dtype=bool)
    volume[1, 25:35, 25:35] = volume[2, 20:40, 20:40] = volume[3, 25:35, 25:35] = True
    result = measure(LesionMeasures(), store, volume, modality=Modality.CT, spacing=(2.0, 0.7, 0.7))
    longest = number(result, "longest_diameter")
    assert longest.value == pytest.approx(20 * math.sqrt(2) * 0.7)
    assert "slice 3" in longest.method


def test_pieces_beside_the_largest_are_told_of(store: ArtifactStore) -> None:
    mask = ellipse(20, 20)
    mask[:20, :20] = True
    limits = number(measure(LesionMeasures(), store, mask), "solidity").limitations
    assert any("several pieces" in limit for limit in limits)


def test_half_a_pixel_moves_a_diameter_by_one_pixel() -> None:
    from clinigraph.tools.measurement.planar import diameters

    assert half_pixel(lambda m, s: diameters(m, s).longest, ellipse(10, 30), (1.0, 1.0)) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("behind", "sign"), [(20, -1), (200, 1)])
def test_shadow_and_enhancement_behind_a_mass(behind: int, sign: int) -> None:
    mask, grey = ellipse(20, 30), np.full((160, 160), 100.0)
    grey[100:, 55:105] = behind
    echo = ultrasound.posterior_echo(grey, mask)
    assert echo is not None
    assert echo.contrast * sign > 0.3
    assert ultrasound.posterior_echo(grey[:100], mask[:100]) is None


def mole(spot: tuple[int, int, int] | None = None) -> np.ndarray:
    rgb = np.full((160, 160, 3), (215, 170, 150), dtype=np.uint8)
    rgb[ellipse(45, 45)] = (140, 98, 72)
    if spot is not None:
        rgb[ellipse(45, 45) & (np.arange(160) > 85)[None]] = spot
    return rgb


def dermoscopy(store: ArtifactStore, rgb: np.ndarray, **others: FlowValue) -> ToolResult:
    return measure(SkinMeasures(), store, ellipse(45, 45), pixels=rgb, modality=Modality.DERMOSCOPY, **others)


def test_a_round_mole_of_one_colour_scores_low_and_a_blue_black_half_scores_high(store: ArtifactStore) -> None:
    plain, mixed = dermoscopy(store, mole()), dermoscopy(store, mole((95, 105, 125)))
    assert number(plain, "abcd_asymmetry").value == 0
    assert number(plain, "abcd_colours").value == 1
    assert score(plain, "blue_white_veil") == 1
    assert number(mixed, "abcd_asymmetry").value >= 1
    assert number(mixed, "abcd_colours").value == 2
    assert score(mixed, "blue_white_veil") == 5
    assert number(mixed, "abcd_total_score").value > number(plain, "abcd_total_score").value


def test_the_total_is_ranged_over_unknown_structures_and_not_over_known_ones(store: ArtifactStore) -> None:
    unknown = number(dermoscopy(store, mole()), "abcd_total_score")
    fact = FactValue(value=Fact(name="dermoscopic_structures", value=5.0, unit="1"))
    known = number(dermoscopy(store, mole(), structure_count=fact), "abcd_total_score")
    assert unknown.interval is not None
    assert known.interval is not None
    assert unknown.interval.high - unknown.interval.low >= 2
    assert known.interval.high == pytest.approx(unknown.interval.high)
    assert known.value == pytest.approx(unknown.value + 0.5 * 2)


def test_the_light_of_the_picture_does_not_change_its_colours() -> None:
    rgb, mask = mole((45, 30, 24)), ellipse(45, 45)
    dim = (rgb * np.array([0.7, 0.6, 0.5])).astype(np.uint8)
    assert set(skin.colours(rgb, mask)) == set(skin.colours(dim, mask))


@pytest.mark.parametrize(
    ("parts", "total"), [((0, 0, 1, 1), 1.0), ((2, 8, 6, 5), 8.9), ((1, 4, 3, 3), 4.7), ((2, 3, 3, 2), 5.4)]
)
def test_total_dermoscopy_score_by_hand(parts: tuple[int, int, int, int], total: float) -> None:
    assert skin.total_score(*parts) == pytest.approx(total)


def test_an_impossible_part_of_the_total_is_refused() -> None:
    for parts in ((3, 0, 1, 1), (0, 9, 1, 1), (0, 0, 0, 1), (0, 0, 1, 6), (0, 0, 1, math.nan)):
        with pytest.raises(ValueError, match="asymmetry is 0 to 2"):
            skin.total_score(*parts)


def test_a_grey_picture_has_no_abcd(store: ArtifactStore) -> None:
    result = measure(SkinMeasures(), store, ellipse(45, 45), modality=Modality.DERMOSCOPY)
    assert result.status is ToolStatus.EMPTY
    assert "no colours" in result.reason


def ball(radius: float = 10.0, side: int = 26) -> np.ndarray:
    z, y, x = np.mgrid[:side, :side, :side] - (side - 1) / 2
    return z**2 + y**2 + x**2 <= radius**2


def test_a_ball_has_the_volume_diameter_and_sphericity_of_a_ball(store: ArtifactStore) -> None:
    result = measure(VolumeMeasures(), store, ball(), modality=Modality.CT, spacing=(2.0, 2.0, 2.0))
    volume = number(result, "volume")
    assert volume.value == pytest.approx(4 / 3 * math.pi * 20**3 / 1000, rel=0.02)
    assert volume.unit == "mL"
    assert number(result, "longest_diameter_3d").value == pytest.approx(40, rel=0.05)
    assert number(result, "equivalent_sphere_diameter").value == pytest.approx(40, rel=0.02)
    assert number(result, "sphericity").value == pytest.approx(1, abs=0.1)
    assert volume.interval is not None
    assert volume.interval.low < volume.value < volume.interval.high


def test_a_volume_without_spacing_or_a_picture_is_not_measured(store: ArtifactStore) -> None:
    assert "spacing" in measure(VolumeMeasures(), store, ball(), modality=Modality.CT).reason
    with pytest.raises(ToolFailure, match="volumes"):
        measure(VolumeMeasures(), store, ellipse(9, 9), modality=Modality.CT)


def test_a_cut_off_structure_says_so(store: ArtifactStore) -> None:
    cut = ball()[:, :, 12:]
    limits = number(
        measure(VolumeMeasures(), store, cut, modality=Modality.CT, spacing=(9.0, 1.0, 1.0)), "volume"
    ).limitations
    assert [("cut off" in limit, "thicker" in limit) for limit in limits] == [(True, False), (False, True)]


def test_intensities_are_hounsfield_units_only_on_calibrated_ct(store: ArtifactStore) -> None:
    mask = ellipse(20, 20)
    pixels = np.where(mask, 40, -800).astype(np.int16)
    ct = measure(IntensityMeasures(), store, mask, pixels=pixels, modality=Modality.CT)
    assert (number(ct, "mean").value, number(ct, "mean").unit) == (40, "[hnsf'U]")
    assert not number(ct, "mean").limitations
    png = measure(IntensityMeasures(), store, mask, pixels=pixels, modality=Modality.CT, fmt=ImageFormat.PNG)
    assert number(png, "mean").unit == "{grey}"
    assert "not calibrated" in number(png, "mean").limitations[0]
    interval = number(ct, "mean").interval
    assert interval is not None
    assert interval.low < 20, "moving the outline by half a pixel takes in the dark surroundings"


def size(value: float, half: float = 1.0, unit: str = "mm") -> MeasurementValue:
    measured = Measurement(
        id=f"size-{value}-{unit}",
        concept=private("LEN", "Size"),
        value=value,
        unit=unit,
        interval=Interval(low=value - half, high=value + half, method="hand"),
        method="hand",
        algorithm="hand 1.0.0",
        site=FindingSite(concept=private("L", "Lesion")),
    )
    return MeasurementValue(value=measured)


def change(current: MeasurementValue, **others: FlowValue) -> ToolResult:
    call = ToolCall(step_id="c", tool="change_measures", inputs={"current": current, **others})
    return ChangeMeasures().run(call, ToolContext(artifacts=ArtifactStore(Path("unused"))))


def fact(name: str, value: float, unit: str) -> FactValue:
    return FactValue(value=Fact(name=name, value=value, unit=unit))


@pytest.mark.parametrize(
    ("now", "before", "expected", "word"),
    [
        (30.0, 20.0, 5, "progressive"),
        (24.0, 20.0, 3, "stable"),
        (20.0, 20.0, 1, "stable"),
        (10.0, 20.0, 1, "partial"),
    ],
)
def test_recist_class_against_a_prior_is_undecided_where_the_error_reaches(
    now: float, before: float, expected: int, word: str
) -> None:
    result = change(size(now), prior=size(before))
    assert score(result, "recist_progression") == expected
    value = result.outputs["recist_progression"]
    assert isinstance(value, EvaluationValue)
    assert word in value.value.evidence_for + value.value.evidence_against
    assert number(result, "percent_change").value == pytest.approx(100 * (now - before) / before)


def test_errors_of_both_sizes_are_propagated() -> None:
    interval = number(change(size(30, 1), prior=size(20, 2)), "percent_change").interval
    assert interval is not None
    assert interval.high - interval.low == pytest.approx(200 * math.hypot(1 / 20, 30 * 2 / 400))


def test_doubling_time_needs_days_and_growth() -> None:
    days = fact("days_since_prior", 100, "d")
    grown = change(size(2, 0.01, "mL"), prior=size(1, 0.01, "mL"), days_between=days)
    assert number(grown, "doubling_time").value == pytest.approx(100)
    assert (
        "not grown"
        in change(size(1, 0.01, "mL"), prior=size(2, 0.01, "mL"), days_between=days).missing["doubling_time"]
    )
    assert "days" in change(size(2, 0.01, "mL"), prior=size(1, 0.01, "mL")).missing["doubling_time"]


def test_the_doubling_time_of_a_diameter_is_that_of_a_sphere() -> None:
    days = fact("days_since_prior", 90, "d")
    found = number(change(size(10 * 2 ** (1 / 3)), prior=size(10), days_between=days), "doubling_time")
    assert found.value == pytest.approx(90)
    assert "sphere" in found.method


def test_a_recorded_prior_has_no_known_error_and_another_unit_is_refused() -> None:
    result = change(size(30), prior_value=fact("prior_longest_diameter", 20, "mm"))
    assert any("recorded prior" in limit for limit in number(result, "percent_change").limitations)
    with pytest.raises(ToolFailure, match="same unit"):
        change(size(30), prior_value=fact("prior_lesion_volume", 20, "mL"))


def nodule(**inputs: FlowValue) -> ToolResult:
    call = ToolCall(step_id="n", tool="nodule_size", inputs=inputs)
    return NoduleSize().run(call, ToolContext(artifacts=ArtifactStore(Path("unused"))))


def test_a_measured_nodule_goes_before_a_recorded_one_and_disagreement_is_told() -> None:
    recorded = fact("nodule_diameter", 12, "mm")
    both = number(nodule(measured=size(7), recorded=recorded), "diameter")
    assert both.value == 7
    assert any("12 mm" in limit for limit in both.limitations)
    assert number(nodule(recorded=recorded), "diameter").value == 12
    assert "--box" in nodule().reason


def solid_volume() -> np.ndarray:
    """An ellipsoid of 24 x 16 x 10 voxels along the three axes."""
    z, y, x = np.mgrid[:40, :40, :40] - 20.0 + 0.5
    return np.asarray((z / 12) ** 2 + (y / 8) ** 2 + (x / 5) ** 2 <= 1)


@pytest.mark.parametrize(
    ("direction", "long_mm", "short_mm"),
    [
        (None, 16, 10),
        ((0.0, 0, 1, 0, 1, 0, 1, 0, 0), 16, 10),
        ((0.0, 0, 1, 1, 0, 0, 0, 1, 0), 24, 10),
    ],
    ids=["direction not stated", "axial slices", "coronal slices"],
)
def test_a_structure_in_a_volume_is_measured_in_the_axial_plane_where_it_is_longest(
    store: ArtifactStore, direction: tuple[float, ...] | None, long_mm: float, short_mm: float
) -> None:
    from clinigraph.tools.measurement.lesion_tool import axial_axis

    mask = solid_volume()
    pixels = np.zeros(mask.shape, dtype=np.int16)
    geometry = ImageGeometry(
        shape=mask.shape, spacing_mm=(1, 1, 1), spacing_source=SpacingSource.NIFTI_HEADER, direction=direction
    )
    image = Image(
        id="i", artifact_id=store.put(pixels), geometry=geometry, format=ImageFormat.NIFTI, modality=Modality.CT
    )
    segment = Segment(label="lesion", number=1, concept=private("L", "Lesion"), pixel_count=int(mask.sum()))
    masks = LabelMap(
        image_id="i", artifact_id=store.put(mask[None]), geometry=geometry, segments=(segment,), algorithm="hand 1"
    )
    call = ToolCall(
        step_id="m",
        tool="lesion_measures",
        inputs={"image": ImageValue(value=image), "masks": LabelMapValue(value=masks)},
    )
    result = LesionMeasures().run(call, ToolContext(artifacts=store))
    longest, across = number(result, "longest_diameter"), number(result, "perpendicular_diameter")
    assert (longest.value, across.value) == (pytest.approx(long_mm, abs=1.3), pytest.approx(short_mm, abs=1.3))
    assert number(result, "mean_diameter").value == pytest.approx((longest.value + across.value) / 2)
    assert number(result, "volume").value == pytest.approx(4 / 3 * math.pi * 12 * 8 * 5 / 1000, rel=0.02)
    stated = any("taken to be axial" in note for note in longest.limitations)
    assert stated == (direction is None)
    assert axial_axis(direction)[0] in (0, 1)


def test_the_diameters_of_an_oblique_volume_are_said_not_to_be_axial() -> None:
    from clinigraph.tools.measurement.lesion_tool import axial_axis

    c, s = math.cos(math.radians(35)), math.sin(math.radians(35))
    axis, notes = axial_axis((0.0, 0, 1, -s, c, 0, c, s, 0))
    assert axis == 0
    assert "oblique" in notes[0]


def test_a_single_picture_has_no_volume(store: ArtifactStore) -> None:
    result = measure(LesionMeasures(), store, ellipse(20, 40), spacing=(0.5, 0.5))
    assert "single picture" in result.missing["volume"]
