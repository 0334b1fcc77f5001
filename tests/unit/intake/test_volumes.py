"""Series folders and NIfTI: one volume on its own grid, in LPS."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import CaseInvalid, InputTooLarge, InputUnreadable, InputUnsupported
from clinigraph.intake.dicom_phases import split_phases
from clinigraph.intake.stack import Plane, order_planes, plane_of, ras_to_lps
from clinigraph.models.case import Case
from clinigraph.models.imaging import SpacingSource
from clinigraph.settings import Settings

Read = Callable[..., Case]
Make = Callable[..., Path]

AXIAL = [1, 0, 0, 0, 1, 0]


def slices(dicom: Make, depths: list[float], **tags: dict[str, object]) -> None:
    for n, z in enumerate(depths):
        pixels = np.full((4, 6), round(float(z)) + 100, np.int16)
        place = {"ImagePositionPatient": [-10, -20, z], "ImageOrientationPatient": AXIAL, "PixelSpacing": [0.5, 0.25]}
        dicom(pixels, f"{n:03}.dcm", **{**place, "InstanceNumber": n, **tags})


def test_a_series_folder_becomes_one_volume_sorted_along_the_normal(
    read: Read, store: ArtifactStore, dicom: Make, folder: Path
) -> None:
    slices(dicom, [30, 0, 10, 20])
    [image] = read(folder).images
    volume = store.get(image.artifact_id)
    assert volume.shape == (4, 4, 6)
    assert volume[:, 0, 0].tolist() == [100, 110, 120, 130]
    assert image.geometry.spacing_mm == (10.0, 0.5, 0.25)
    assert image.geometry.origin_mm == (-10.0, -20.0, 0.0)
    direction = np.reshape(image.geometry.direction, (3, 3))
    assert direction[:, 0].tolist() == [0, 0, 1]
    assert direction[:, 1].tolist() == [0, 1, 0]
    assert direction[:, 2].tolist() == [1, 0, 0]


def test_a_gap_forbids_millimetres_and_a_duplicate_is_left_out(
    read: Read, store: ArtifactStore, dicom: Make, folder: Path
) -> None:
    slices(dicom, [0, 10, 20, 20, 50])
    [image] = read(folder).images
    assert image.geometry.shape[0] == 4
    assert image.geometry.spacing_mm is None
    assert "gap of 30.00 mm after slice 3: no millimetres are reported" in image.notes
    assert "1 slices at a place already taken were left out" in image.notes


def test_slices_of_several_trigger_times_become_one_volume_a_moment(
    read: Read, store: ArtifactStore, dicom: Make, folder: Path
) -> None:
    for moment in (1, 0, 2):
        for z in (0, 10, 20):
            pixels = np.full((4, 6), 100 * moment + z, np.int16)
            place = {"ImagePositionPatient": [0, 0, z], "ImageOrientationPatient": AXIAL, "PixelSpacing": [1.5, 1.5]}
            time = {"TriggerTime": 40 * moment + z / 10}
            dicom(pixels, f"{moment}-{z:02}.dcm", Modality="MR", SOPInstanceUID=f"1.2.{moment}.{z}", **place, **time)
    images = read(folder).images
    assert [image.frame for image in images] == [1, 2, 3]
    for moment, image in enumerate(images):
        assert store.get(image.artifact_id)[:, 0, 0].tolist() == [100 * moment, 100 * moment + 10, 100 * moment + 20]
        assert image.geometry.spacing_mm == (10.0, 1.5, 1.5)


@pytest.mark.parametrize(
    ("depths", "times"),
    [
        ([0, 10, 0, 10], [0.0, 0.0, None, 40.0]),
        ([0, 10, 0, 10], [0.0, 0.0, 0.0, 40.0]),
        ([0, 10, 0], [0.0, 0.0, 40.0]),
        ([0, 10, 20], [0.0, 5.0, 9.0]),
        ([], []),
    ],
)
def test_without_a_full_set_of_trigger_times_there_are_no_moments(
    depths: list[float], times: list[float | None]
) -> None:
    assert split_phases(depths, times) == [list(range(len(depths)))]


def test_an_oblique_stack_keeps_its_direction(read: Read, dicom: Make, folder: Path) -> None:
    c, s = np.cos(0.3), np.sin(0.3)
    axes = [1, 0, 0, 0, float(c), float(s)]
    for n in range(3):
        place = [0, float(-s * 5 * n), float(c * 5 * n)]
        dicom(
            np.full((4, 6), n, np.int16),
            f"{n}.dcm",
            ImagePositionPatient=place,
            ImageOrientationPatient=axes,
            PixelSpacing=[1, 1],
        )
    [image] = read(folder).images
    assert image.geometry.spacing_mm == pytest.approx((5, 1, 1), abs=1e-3)
    assert np.reshape(image.geometry.direction, (3, 3))[:, 0] == pytest.approx([0, -s, c], abs=1e-6)


def test_a_tilted_gantry_is_noted(read: Read, dicom: Make, folder: Path) -> None:
    for n in range(3):
        place = {"ImagePositionPatient": [0, 2 * n, 5 * n], "ImageOrientationPatient": AXIAL}
        dicom(np.full((4, 6), n, np.int16), f"{n}.dcm", **place)
    [image] = read(folder).images
    assert any("tilted gantry" in note for note in image.notes)


def test_a_localizer_in_the_series_stays_its_own_image(read: Read, dicom: Make, folder: Path) -> None:
    slices(dicom, [0, 10, 20])
    dicom(
        np.zeros((4, 6), np.int16),
        "scout.dcm",
        ImagePositionPatient=[0, 0, 0],
        ImageOrientationPatient=[0, 1, 0, 0, 0, -1],
    )
    assert sorted(len(i.geometry.shape) for i in read(folder).images) == [2, 3]


def test_two_films_of_a_series_stay_two_images(read: Read, dicom: Make, folder: Path) -> None:
    dicom(np.zeros((4, 6), np.uint16), "a.dcm", Modality="DX", ViewPosition="PA")
    dicom(np.ones((4, 6), np.uint16), "b.dcm", Modality="DX", ViewPosition="LL")
    case = read(folder)
    assert [i.view for i in case.images] == ["PA", "LATERAL"]
    assert len(case.studies) == 1


def test_mixed_patients_are_refused_without_naming_them(read: Read, dicom: Make, folder: Path) -> None:
    dicom(np.zeros((4, 6), np.uint16), "a.dcm", PatientID="A-1")
    dicom(np.ones((4, 6), np.uint16), "b.dcm", PatientID="B-2")
    with pytest.raises(CaseInvalid, match="Mixed patients") as caught:
        read(folder)
    assert "A-1" not in str(caught.value)


def test_one_slice_folder_is_a_picture(read: Read, dicom: Make, folder: Path) -> None:
    slices(dicom, [5])
    [image] = read(folder).images
    assert image.geometry.shape == (4, 6)
    assert np.reshape(image.geometry.direction, (3, 3))[:, 0].tolist() == [1, 0, 0]


def test_nifti_is_transposed_and_stated_in_lps(read: Read, store: ArtifactStore, nifti: Make) -> None:
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    affine = np.array([[2.0, 0, 0, 10], [0, 3, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1]])
    [image] = read(nifti(values, affine)).images
    assert np.array_equal(store.get(image.artifact_id), values.transpose(2, 1, 0))
    assert image.geometry.spacing_mm == (4.0, 3.0, 2.0)
    assert image.geometry.spacing_source is SpacingSource.NIFTI_HEADER
    assert image.geometry.origin_mm == (-10.0, -20.0, 30.0)
    direction = np.reshape(image.geometry.direction, (3, 3))
    assert direction[:, 2].tolist() == [-1, 0, 0]
    assert direction[:, 1].tolist() == [0, -1, 0]
    assert direction[:, 0].tolist() == [0, 0, 1]


def test_nifti_gz_is_the_same_as_nifti(read: Read, nifti: Make) -> None:
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    assert read(nifti(values)).images == read(nifti(values, name="v.nii.gz")).images


def test_scaled_and_nan_values_are_handled_and_said(read: Read, store: ArtifactStore, nifti: Make) -> None:
    values = np.ones((2, 3, 4), np.float32)
    values[0, 0, 0] = np.nan
    [image] = read(nifti(values)).images
    assert np.isfinite(store.get(image.artifact_id)).all()
    assert "1 pixels without a number set to the smallest value" in image.notes
    with pytest.raises(InputUnreadable):
        read(nifti(np.full((2, 3, 4), np.nan, np.float32)))


def test_one_slice_nifti_is_a_picture_with_a_note(read: Read, nifti: Make) -> None:
    [image] = read(nifti(np.ones((5, 6, 1), np.int16))).images
    assert image.geometry.shape == (6, 5)
    assert "one slice, read as a picture" in image.notes


def test_a_time_series_becomes_one_image_a_frame_in_one_series(read: Read, store: ArtifactStore, nifti: Make) -> None:
    values = np.arange(2 * 3 * 4 * 5, dtype=np.int16).reshape((2, 3, 4, 5))
    case = read(nifti(values, np.diag([1.5, 1.5, 8.0, 1.0])))
    assert [image.frame for image in case.images] == [1, 2, 3, 4, 5]
    assert len(case.studies) == len(case.studies[0].series) == 1
    for number, image in enumerate(case.images):
        assert image.geometry.spacing_mm == (8.0, 1.5, 1.5)
        assert (store.get(image.artifact_id) == values[..., number].transpose(2, 1, 0)).all()


def test_frames_that_are_equal_count_once(read: Read, nifti: Make) -> None:
    assert [image.frame for image in read(nifti(np.ones((2, 3, 4, 7), np.int16))).images] == [1]


def test_the_pixels_of_a_time_series_are_scaled_frame_by_frame(read: Read, store: ArtifactStore, nifti: Make) -> None:
    stored = np.stack([np.full((2, 3, 4), 1), np.full((2, 3, 4), 2)], axis=3).astype(np.int16)
    first, second = read(nifti(stored, scl_slope=2.0, scl_inter=1.0)).images
    assert (store.get(first.artifact_id) == 3).all()
    assert (store.get(second.artifact_id) == 5).all()


def test_more_frames_than_a_heartbeat_has_and_a_fifth_dimension_are_refused(read: Read, nifti: Make) -> None:
    with pytest.raises(InputUnsupported, match=r"series of 200 volumes \(4-D\).*slicer"):
        read(nifti(np.ones((2, 3, 1, 200), np.int16)))
    with pytest.raises(InputUnsupported, match="5 dimensions"):
        read(nifti(np.ones((2, 3, 4, 2, 3), np.int16)))


def test_a_time_series_over_the_limit_is_refused_before_it_is_decoded(read: Read, nifti: Make) -> None:
    with pytest.raises(InputTooLarge):
        read(nifti(np.ones((20, 20, 2, 9), np.int16)), settings=Settings(max_decoded_bytes=10_000))


def test_voxel_sizes_of_zero_forbid_millimetres(read: Read, nifti: Make) -> None:
    path = nifti(np.ones((2, 3, 4), np.int16))
    data = bytearray(path.read_bytes())
    data[80:88], data[252:256] = np.array([0, -1], "<f4").tobytes(), bytes(4)  # pixdim, qform_code and sform_code
    path.write_bytes(bytes(data))
    [image] = read(path).images
    assert image.geometry.spacing_mm is None
    assert "the header has no positive voxel size: no millimetres are reported" in image.notes


def test_a_header_that_claims_terabytes_is_refused(read: Read, nifti: Make) -> None:
    path = nifti(np.ones((2, 3, 4), np.int16))
    data = bytearray(path.read_bytes())
    data[40:48] = np.array([3, 9000, 9000, 30000], "<i2").tobytes()
    path.write_bytes(bytes(data))
    with pytest.raises(InputTooLarge, match="TiB"):
        read(path)


def test_gzip_is_inflated_no_further_than_the_header_says(read: Read, nifti: Make, folder: Path) -> None:
    plain = nifti(np.ones((2, 3, 4), np.int16)).read_bytes()
    (folder / "bomb.nii.gz").write_bytes(gzip.compress(plain + bytes(40 * 2**20)))
    with pytest.raises(InputTooLarge, match="beyond what its header says"):
        read(folder / "bomb.nii.gz")


@pytest.mark.parametrize("name", ["v.nii", "v.nii.gz"])
def test_a_cut_nifti_is_refused(read: Read, nifti: Make, name: str) -> None:
    path = nifti(np.random.default_rng(0).integers(0, 99, (9, 9, 9), dtype=np.int16), name=name)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputUnreadable):
        read(path)


angles = st.floats(-3, 3, allow_nan=False)


@given(angles, angles, st.lists(st.floats(-500, 500), min_size=3, max_size=3), st.floats(0.1, 10))
def test_ras_and_lps_turn_into_each_other(a: float, b: float, origin: list[float], size: float) -> None:
    turn_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    turn_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turn_z @ turn_x * size, origin
    assert np.allclose(ras_to_lps(ras_to_lps(affine)), affine)
    assert np.allclose(np.linalg.norm(ras_to_lps(affine)[:3, :3], axis=0), size)
    assert np.linalg.det(ras_to_lps(affine)[:3, :3]) == pytest.approx(size**3)


@given(angles, st.permutations(range(6)), st.floats(0.5, 5))
def test_order_does_not_depend_on_the_order_of_files(angle: float, order: list[int], step: float) -> None:
    axes = (np.cos(angle), np.sin(angle), 0.0, -np.sin(angle), np.cos(angle), 0.0)
    planes = [Plane((1.0, 2.0, step * i), tuple(float(v) for v in axes)) for i in order]
    stack = order_planes(planes)
    assert [order[i] for i in stack.order] == list(range(6))
    assert stack.step_mm == pytest.approx(step)
    assert stack.notes == ()


@pytest.mark.parametrize(
    ("position", "orientation"),
    [(None, AXIAL), ([0, 0], AXIAL), ([0, 0, "x"], AXIAL), ([0, 0, 0], [1, 0, 0, 1, 0, 0]), ([0, 0, 0], [0] * 6)],
)
def test_positions_that_are_none_give_no_plane(position: list[Any] | None, orientation: list[float]) -> None:
    assert plane_of(position, orientation) is None
