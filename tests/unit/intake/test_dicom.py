"""DICOM images: values, colour, window, spacing, and a header that is stripped to the allow-list."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom.data
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import MPEG2MPML, DeflatedExplicitVRLittleEndian, SegmentationStorage

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import InputRefused, InputTooLarge, InputUnreadable, InputUnsupported
from clinigraph.intake import read_case, to_display
from clinigraph.models.case import Case
from clinigraph.models.codes import Laterality, Modality
from clinigraph.models.imaging import SpacingSource
from clinigraph.settings import Settings

Read = Callable[..., Case]
Make = Callable[..., Path]

TEST_FILES = Path(pydicom.data.__file__).parent / "test_files"
RAMP = np.arange(0, 4000, 50, dtype=np.uint16).reshape(8, 10)


def test_rescale_gives_hounsfield_units_as_int16(read: Read, store: ArtifactStore, dicom: Make) -> None:
    [image] = read(dicom(RAMP, RescaleSlope=2, RescaleIntercept=-1024, RescaleType="HU")).images
    stored = store.get(image.artifact_id)
    assert stored.dtype == np.int16
    assert np.array_equal(stored, RAMP.astype(np.int32) * 2 - 1024)
    assert image.modality is Modality.CT


def test_fractional_rescale_gives_float32(read: Read, store: ArtifactStore, dicom: Make) -> None:
    [image] = read(dicom(RAMP, RescaleSlope="0.5", RescaleIntercept=0)).images
    assert store.get(image.artifact_id).dtype == np.float32


def test_monochrome1_is_inverted_with_its_window(read: Read, store: ArtifactStore, dicom: Make) -> None:
    tags = {"PhotometricInterpretation": "MONOCHROME1", "Modality": "DX", "BitsStored": 12, "HighBit": 11}
    path = dicom(RAMP, WindowCenter=1000, WindowWidth=2000, **tags)
    [image] = read(path).images
    stored = store.get(image.artifact_id)
    assert np.array_equal(stored, 4095 - RAMP)
    assert "inverted from MONOCHROME1" in image.notes
    shown = to_display(stored, image)
    assert shown[0, 0] == 255
    assert shown[-1, -1] == 0


def test_monochrome1_keeps_hounsfield_numbers_and_inverts_the_display(
    read: Read, store: ArtifactStore, dicom: Make
) -> None:
    path = dicom(
        RAMP, PhotometricInterpretation="MONOCHROME1", RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU"
    )
    [image] = read(path).images
    stored = store.get(image.artifact_id)
    assert stored[0, 0] == -1024
    assert to_display(stored, image)[0, 0] > to_display(stored, image)[-1, -1]


@pytest.mark.parametrize(
    ("function", "low", "high"), [("LINEAR", 400.0, 600.0), ("LINEAR_EXACT", 399.5, 600.5), ("SIGMOID", 198.5, 801.5)]
)
def test_window_formulas_of_the_standard(read: Read, dicom: Make, function: str, low: float, high: float) -> None:
    centre = 500.5 if function == "LINEAR" else 500.0
    [image] = read(dicom(RAMP, WindowCenter=centre, WindowWidth=201, VOILUTFunction=function)).images
    assert (image.window.low, image.window.high) == (low, high)


def test_voi_table_becomes_the_display_curve(read: Read, store: ArtifactStore, dicom: Make) -> None:
    item = Dataset()
    item.LUTDescriptor = [256, 0, 8]
    item["LUTDescriptor"].VR = "US"
    item.add_new("LUTData", "OW", (np.arange(256, dtype="<u2")[::-1]).tobytes())
    [image] = read(dicom(RAMP // 20, VOILUTSequence=Sequence([item]))).images
    assert to_display(store.get(image.artifact_id), image)[0, 0] == 255


def test_colour_is_rgb_whatever_the_planes(read: Read, store: ArtifactStore, dicom: Make) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    planar = np.ascontiguousarray(np.moveaxis(rgb, 2, 0))
    path = dicom(rgb, PlanarConfiguration=1, PixelData=planar.tobytes(), Modality="OP", ImageLaterality="L")
    [image] = read(path).images
    assert np.array_equal(store.get(image.artifact_id), rgb)
    assert image.colour
    assert image.modality is Modality.FUNDUS
    assert image.laterality is Laterality.LEFT
    assert image.window is None


def test_first_frame_of_a_cine_is_taken_and_said(read: Read, store: ArtifactStore, dicom: Make) -> None:
    frames = np.stack([RAMP, RAMP + 1, RAMP + 2])
    [image] = read(dicom(frames, Modality="XA")).images
    assert np.array_equal(store.get(image.artifact_id), RAMP)
    assert "first of 3 frames" in image.notes


@pytest.mark.parametrize(
    ("tags", "spacing", "source"),
    [
        ({"PixelSpacing": [0.5, 0.25]}, (0.5, 0.25), SpacingSource.PIXEL_SPACING),
        ({"ImagerPixelSpacing": [0.2, 0.2]}, (0.2, 0.2), SpacingSource.IMAGER_PIXEL_SPACING),
        ({"NominalScannedPixelSpacing": [0.1, 0.1]}, (0.1, 0.1), SpacingSource.NOMINAL_SCANNED),
        ({"PixelSpacing": [0.5, 0.25], "ImagerPixelSpacing": [1, 1]}, (0.5, 0.25), SpacingSource.PIXEL_SPACING),
        ({"PixelSpacing": [0, 0.25]}, None, None),
        ({"PixelSpacing": [-1, -1]}, None, None),
        ({}, None, None),
    ],
)
def test_spacing_and_its_source(
    read: Read, dicom: Make, tags: dict[str, object], spacing: tuple[float, float] | None, source: SpacingSource | None
) -> None:
    [image] = read(dicom(RAMP, **tags)).images
    assert image.geometry.spacing_mm == spacing
    assert image.geometry.spacing_source is source
    if "PixelSpacing" in tags and spacing is None:
        assert "PixelSpacing is not two positive numbers: no millimetres are reported" in image.notes


def region(delta: float) -> Dataset:
    item = Dataset()
    item.RegionSpatialFormat, item.PhysicalUnitsXDirection, item.PhysicalUnitsYDirection = 1, 3, 3
    item.PhysicalDeltaX, item.PhysicalDeltaY = delta, delta
    return item


def test_ultrasound_regions_give_spacing_only_when_they_agree(read: Read, dicom: Make) -> None:
    agreed = dicom(RAMP, "a.dcm", Modality="US", SequenceOfUltrasoundRegions=Sequence([region(0.02), region(0.02)]))
    differ = dicom(RAMP, "b.dcm", Modality="US", SequenceOfUltrasoundRegions=Sequence([region(0.02), region(0.03)]))
    [one], [other] = read(agreed).images, read(differ).images
    assert one.geometry.spacing_mm == pytest.approx((0.2, 0.2))
    assert one.geometry.spacing_source is SpacingSource.ULTRASOUND_REGION
    assert other.geometry.spacing_mm is None


@pytest.mark.parametrize(
    ("modality", "part", "expected"),
    [
        ("DX", "CHEST", Modality.CHEST_FILM),
        ("CR", "HAND", Modality.XRAY_OTHER),
        ("CR", None, Modality.UNKNOWN),
        ("SM", None, Modality.HISTOLOGY),
        ("SC", "CHEST", Modality.UNKNOWN),
    ],
)
def test_modality_of_films_depends_on_the_body_part(
    read: Read, dicom: Make, modality: str, part: str | None, expected: Modality
) -> None:
    tags = {"BodyPartExamined": part} if part else {}
    [image] = read(dicom(RAMP, Modality=modality, ViewPosition="LL", **tags)).images
    assert image.modality is expected
    assert image.body_part == part
    assert image.view == "LATERAL"


def test_nothing_identifying_leaves_the_header(read: Read, dicom: Make) -> None:
    case = read(
        dicom(RAMP, "Doe_Jane.dcm", PatientAge="064Y", PatientSex="F", BodyPartExamined="DOE JANE", ViewPosition="DOE")
    )
    text = case.model_dump_json()
    for secret in ("Doe", "DOE", "4711", "Elsewhere", "1950", "2020", "secret", "1.2.3.4", "a.dcm"):
        assert secret not in text
    assert case.fact("age").value == 64
    assert case.fact("sex").value == "female"


def test_burned_in_text_is_noted(read: Read, dicom: Make) -> None:
    [image] = read(dicom(RAMP, BurnedInAnnotation="YES")).images
    assert "the header says that text is burned into the pixels" in image.notes


def test_segmentations_and_objects_without_pixels_are_refused_with_a_hint(read: Read, dicom: Make) -> None:
    with pytest.raises(InputUnsupported, match=r"segmentation, not an image.*drawn on"):
        read(dicom(RAMP, SOPClassUID=SegmentationStorage))
    with pytest.raises(InputUnsupported, match="holds no pixels"):
        read(TEST_FILES / "test-SR.dcm")
    with pytest.raises(InputUnsupported, match="holds no pixels"):
        read(TEST_FILES / "rtstruct.dcm")


def test_a_video_syntax_is_refused_by_name(read: Read, dataset: Callable[..., Dataset], folder: Path) -> None:
    ds = dataset(RAMP)
    ds.file_meta.TransferSyntaxUID = MPEG2MPML
    ds["PixelData"].is_undefined_length = True
    ds.PixelData = b"\xfe\xff\x00\xe0\x00\x00\x00\x00" + b"\xfe\xff\x00\xe0\x04\x00\x00\x00abcd"
    ds.save_as(folder / "a.dcm", enforce_file_format=True)
    with pytest.raises(InputUnsupported, match=r"transfer syntax cannot be decoded here .MPEG2"):
        read(folder / "a.dcm")


@pytest.mark.parametrize(
    ("tags", "error"),
    [
        ({"Rows": 60000, "Columns": 60000}, InputTooLarge),
        ({"NumberOfFrames": 90_000_000}, InputTooLarge),
        ({"Rows": 0}, InputUnreadable),
        ({"Rows": 80}, InputUnreadable),
    ],
)
def test_a_header_that_claims_too_much_is_refused(
    read: Read, dicom: Make, tags: dict[str, object], error: type[InputRefused]
) -> None:
    with pytest.raises(error):
        read(dicom(RAMP, **tags))


def deflated(body: bytes, dataset: Callable[..., Dataset], folder: Path) -> Path:
    ds = dataset(RAMP)
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    path = folder / "deflated.dcm"
    ds.save_as(path, enforce_file_format=True)
    if body:
        data = path.read_bytes()
        meta_end = data.index(b"DICM") + 4 + 12 + int.from_bytes(data[140:144], "little")
        path.write_bytes(data[:meta_end] + body)
    return path


def test_deflated_dicom_is_read_and_a_deflate_bomb_is_not(
    read: Read, store: ArtifactStore, dataset: Callable[..., Dataset], folder: Path
) -> None:
    [image] = read(deflated(b"", dataset, folder)).images
    assert np.array_equal(store.get(image.artifact_id), RAMP)
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = squeezer.compress(bytes(60 * 2**20)) + squeezer.flush()
    with pytest.raises(InputTooLarge, match="deflated DICOM grows beyond"):
        read(deflated(bomb, dataset, folder))


def test_a_stream_larger_than_its_header_is_refused_before_decoding(read: Read, folder: Path) -> None:
    from pydicom import dcmread

    ds = dcmread(TEST_FILES / "JPEG2000.dcm")
    at = ds.PixelData.index(b"\xff\x4f\xff\x51") + 8
    ds.PixelData = ds.PixelData[:at] + (60_000).to_bytes(4, "big") * 2 + ds.PixelData[at + 8 :]
    ds.save_as(folder / "a.dcm")
    with pytest.raises(InputUnreadable, match="the pixel stream 60000 x 60000"):
        read(folder / "a.dcm")


@pytest.mark.parametrize(
    ("compressed", "plain"),
    [
        ("MR_small_RLE.dcm", "MR_small.dcm"),
        ("MR_small_jp2klossless.dcm", "MR_small.dcm"),
        ("MR_small_jpeg_ls_lossless.dcm", "MR_small.dcm"),
        ("MR_small_bigendian.dcm", "MR_small.dcm"),
        ("MR_small_implicit.dcm", "MR_small.dcm"),
        ("SC_rgb_rle.dcm", "SC_rgb_rle_16bit.dcm"),
    ],
)
def test_lossless_transfer_syntaxes_give_the_same_artifact(read: Read, compressed: str, plain: str) -> None:
    [one], [other] = read(TEST_FILES / compressed).images, read(TEST_FILES / plain).images
    assert one.artifact_id == other.artifact_id
    assert one.id == other.id


@pytest.mark.parametrize(
    "name",
    [
        "SC_rgb_dcmtk_+eb+cr.dcm",
        "SC_rgb_dcmtk_+eb+cy+np.dcm",
        "SC_rgb_jpeg_gdcm.dcm",
        "SC_ybr_full_422_uncompressed.dcm",
    ],
)
def test_ybr_and_rgb_jpegs_show_the_same_colour_bars(read: Read, store: ArtifactStore, name: str) -> None:
    [image] = read(TEST_FILES / name).images
    pixels = store.get(image.artifact_id)
    assert pixels[5, 50].astype(int).tolist() == pytest.approx([255, 0, 0], abs=12)
    assert pixels[95, 50].astype(int).tolist() == pytest.approx([255, 255, 255], abs=12)


def test_palette_colours_are_applied(read: Read, store: ArtifactStore) -> None:
    [image] = read(TEST_FILES / "examples_palette.dcm").images
    assert store.get(image.artifact_id).shape == (350, 800, 3)


def test_every_test_file_of_pydicom_is_a_case_or_a_refusal(read: Read) -> None:
    refusals = []
    for path in sorted(p for p in TEST_FILES.glob("*") if p.is_file()):
        try:
            case = read(path)
            assert case.images or case.texts
        except InputRefused as error:
            refusals.append(error)
    assert all(error.todo for error in refusals)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_cut_dicom_is_always_refused(
    store: ArtifactStore, tmp_path: Path, dataset: Callable[..., Dataset], data: st.DataObject
) -> None:
    path = tmp_path / "a.dcm"
    dataset(RAMP).save_as(path, enforce_file_format=True)
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(InputRefused):
        read_case([path], artifacts=store, settings=Settings())


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flipped_bytes_give_an_image_or_a_refusal(
    store: ArtifactStore, tmp_path: Path, dataset: Callable[..., Dataset], data: st.DataObject
) -> None:
    path = tmp_path / "a.dcm"
    place = {"ImagePositionPatient": [0, 0, 0], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelSpacing": [1, 1]}
    dataset(RAMP, WindowCenter=5, WindowWidth=9, PatientAge="060Y", BodyPartExamined="CHEST", **place).save_as(path)
    broken = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        broken[data.draw(st.integers(128, len(broken) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(broken))
    with contextlib.suppress(InputRefused):
        assert read_case([path], artifacts=store, settings=Settings()).images
