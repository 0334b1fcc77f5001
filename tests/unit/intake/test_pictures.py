"""PNG, JPEG and TIFF become pixels, and nothing else."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL.PngImagePlugin import PngInfo

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import InputRefused, InputTooLarge, InputUnreadable, InputUnsupported
from clinigraph.intake import read_case
from clinigraph.models.case import Case
from clinigraph.models.imaging import ImageFormat
from clinigraph.settings import Settings

Read = Callable[..., Case]
Make = Callable[..., Path]
Grey = NDArray[np.uint8]


@pytest.mark.parametrize(
    ("mode", "name", "shape", "dtype"),
    [
        ("L", "a.png", (16, 24), "uint8"),
        ("1", "a.png", (16, 24), "uint8"),
        ("P", "a.png", (16, 24, 3), "uint8"),
        ("RGB", "a.png", (16, 24, 3), "uint8"),
        ("RGBA", "a.png", (16, 24, 3), "uint8"),
        ("LA", "a.png", (16, 24), "uint8"),
        ("I;16", "a.png", (16, 24), "uint16"),
        ("L", "a.jpg", (16, 24), "uint8"),
        ("RGB", "a.jpg", (16, 24, 3), "uint8"),
        ("CMYK", "a.jpg", (16, 24, 3), "uint8"),
        ("L", "a.tif", (16, 24), "uint8"),
        ("I;16", "a.tif", (16, 24), "uint16"),
        ("F", "a.tif", (16, 24), "float32"),
        ("RGB", "a.tif", (16, 24, 3), "uint8"),
        ("RGBA", "a.tif", (16, 24, 3), "uint8"),
        ("P", "a.tif", (16, 24, 3), "uint8"),
        ("CMYK", "a.tif", (16, 24, 3), "uint8"),
    ],
)
def test_each_mode_gives_rgb_or_grey_in_its_own_depth(
    read: Read,
    store: ArtifactStore,
    picture: Make,
    gradient: Grey,
    mode: str,
    name: str,
    shape: tuple[int, ...],
    dtype: str,
) -> None:
    source = PilImage.fromarray(gradient)
    image = source.convert("I").convert(mode) if mode in ("I;16", "F") else source.convert(mode)
    [read_image] = read(picture(image, name)).images
    pixels = store.get(read_image.artifact_id)
    assert pixels.shape == shape
    assert pixels.dtype == dtype
    assert read_image.colour is (len(shape) == 3)
    assert read_image.geometry.shape == (16, 24)
    assert read_image.geometry.spacing_mm is None


def test_grey_values_survive_exactly(read: Read, store: ArtifactStore, picture: Make) -> None:
    values = np.arange(0, 60000, 500, dtype=np.uint16).reshape(10, 12)
    [image] = read(picture(values)).images
    assert np.array_equal(store.get(image.artifact_id), values)


@pytest.mark.parametrize("planes", ["contig", "separate"])
def test_sixteen_bit_colour_tiff_is_scaled_by_its_range(
    read: Read, store: ArtifactStore, folder: Path, planes: str
) -> None:
    import tifffile

    values = np.zeros((8, 9, 3), np.uint16)
    values[..., 0], values[..., 1] = 65535, 32768
    stored = values if planes == "contig" else np.moveaxis(values, 2, 0)
    tifffile.imwrite(folder / "a.tif", stored, photometric="rgb", planarconfig=planes)
    [image] = read(folder / "a.tif").images
    assert store.get(image.artifact_id)[0, 0].tolist() in ([255, 127, 0], [255, 128, 0])


def test_white_is_zero_is_inverted(read: Read, store: ArtifactStore, folder: Path, gradient: Grey) -> None:
    import tifffile

    tifffile.imwrite(folder / "a.tif", gradient.astype(np.uint16) * 200, photometric="miniswhite")
    [image] = read(folder / "a.tif").images
    assert store.get(image.artifact_id)[0, 0] == 65535


UPRIGHT = {
    2: PilImage.Transpose.FLIP_LEFT_RIGHT,
    3: PilImage.Transpose.ROTATE_180,
    4: PilImage.Transpose.FLIP_TOP_BOTTOM,
    5: PilImage.Transpose.TRANSPOSE,
    6: PilImage.Transpose.ROTATE_270,
    7: PilImage.Transpose.TRANSVERSE,
    8: PilImage.Transpose.ROTATE_90,
}


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_exif_orientation_is_turned_upright(
    read: Read, store: ArtifactStore, picture: Make, gradient: Grey, name: str, orientation: int
) -> None:
    original = gradient.copy()
    original[:4, :4] = 255
    exif = PilImage.Exif()
    exif[0x0112] = orientation
    path = picture(original, name, exif=exif)
    [image] = read(path).images
    expected = PilImage.fromarray(original).transpose(UPRIGHT[orientation])
    assert np.asarray(expected, dtype=int) == pytest.approx(store.get(image.artifact_id).astype(int), abs=40)
    assert any("orientation" in note for note in image.notes)


def test_a_float_picture_with_gaps_is_filled_and_says_so(read: Read, store: ArtifactStore, picture: Make) -> None:
    values = np.ones((4, 5), np.float32)
    values[0, 0] = np.nan
    [image] = read(picture(values, "a.tif")).images
    assert store.get(image.artifact_id)[0, 0] == 1
    assert "1 pixels without a number set to the smallest value" in image.notes
    with pytest.raises(InputUnreadable, match="No pixel of the image is a number"):
        read(picture(values * np.nan, "b.tif"))


def test_transparency_is_laid_over_black(read: Read, store: ArtifactStore, picture: Make) -> None:
    pixels = np.full((4, 4, 4), 200, np.uint8)
    pixels[0, 0, 3] = 0
    [image] = read(picture(pixels)).images
    stored = store.get(image.artifact_id)
    assert stored[0, 0].tolist() == [0, 0, 0]
    assert "transparent parts laid over black" in image.notes


def test_text_in_the_file_does_not_enter_the_case(read: Read, picture: Make, gradient: Grey) -> None:
    info = PngInfo()
    info.add_text("Patient", "Jane Doe")
    case = read(picture(gradient, "Doe_Jane_1950.png", pnginfo=info))
    assert "Doe" not in case.model_dump_json()


def test_the_content_counts_not_the_name(read: Read, picture: Make, gradient: Grey, folder: Path) -> None:
    picture(gradient, "a.png").rename(folder / "a.dcm")
    assert read(folder / "a.dcm").images[0].format is ImageFormat.PNG


def test_several_pages_give_the_first_with_a_note(read: Read, picture: Make, gradient: Grey) -> None:
    pages = [PilImage.fromarray(gradient), PilImage.fromarray(gradient[:, ::-1].copy())]
    [image] = read(picture(pages[0], "a.tif", save_all=True, append_images=pages[1:])).images
    assert "first of 2 pages" in image.notes


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_a_huge_png_of_a_few_bytes_is_refused_by_its_header(read: Read, folder: Path) -> None:
    (folder / "a.png").write_bytes(png(20_000, 20_000, b""))
    with pytest.raises(InputTooLarge, match=r"20000 x 20000 pixels .*200 megapixels: .*a\.png\. .*raise CLINI"):
        read(folder / "a.png")


def test_inflation_is_judged_above_32_mib(read: Read, folder: Path) -> None:
    (folder / "small.png").write_bytes(png(5_000, 5_000, b"\0" * 5_001 * 5_000))
    (folder / "large.png").write_bytes(png(6_000, 6_000, b"\0" * 6_001 * 6_000))
    assert read(folder / "small.png").images[0].geometry.shape == (5_000, 5_000)
    with pytest.raises(InputTooLarge, match="would grow"):
        read(folder / "large.png")


def test_pillows_own_limit_never_shows(read: Read, folder: Path) -> None:
    (folder / "a.png").write_bytes(png(10_000, 10_000, b"\0" * 10_001 * 10_000))
    [image] = read(folder / "a.png", settings=Settings(max_inflation=1e6)).images
    assert image.geometry.shape == (10_000, 10_000)


def test_decoded_bytes_have_a_limit(read: Read, picture: Make, gradient: Grey) -> None:
    with pytest.raises(InputTooLarge, match="the limit is"):
        read(picture(gradient, compress_level=9), settings=Settings(max_decoded_bytes=300))


def test_a_wrong_checksum_is_refused(read: Read, folder: Path, png_bytes: bytes) -> None:
    broken = bytearray(png_bytes)
    broken[-20] ^= 0xFF
    (folder / "a.png").write_bytes(bytes(broken))
    with pytest.raises(InputUnreadable, match="damaged"):
        read(folder / "a.png")


def test_twelve_bit_jpeg_is_unsupported(read: Read, picture: Make, gradient: Grey, folder: Path) -> None:
    data = bytearray(picture(gradient, "a.jpg").read_bytes())
    data[data.find(b"\xff\xc0") + 4] = 12
    (folder / "a.jpg").write_bytes(bytes(data))
    with pytest.raises(InputUnsupported):
        read(folder / "a.jpg")


def encoded(kind: str) -> bytes:
    values = np.random.default_rng(1).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    out = io.BytesIO()
    PilImage.fromarray(values).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_cut_file_is_always_refused(store: ArtifactStore, tmp_path: Path, kind: str, data: st.DataObject) -> None:
    whole = encoded(kind)
    end = data.draw(st.integers(0, len(whole) - 1 if kind != "TIFF" else len(whole) // 2))
    path = tmp_path / "cut"
    path.write_bytes(whole[:end])
    with pytest.raises(InputRefused) as caught:
        read_case([path], artifacts=store, settings=Settings())
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flipped_bytes_give_an_image_or_a_refusal(
    store: ArtifactStore, tmp_path: Path, kind: str, data: st.DataObject
) -> None:
    broken = bytearray(encoded(kind))
    for _ in range(data.draw(st.integers(1, 5))):
        broken[data.draw(st.integers(0, min(len(broken) - 1, 600)))] = data.draw(st.integers(0, 255))
    path = tmp_path / "flipped"
    path.write_bytes(bytes(broken))
    with contextlib.suppress(InputRefused):
        assert read_case([path], artifacts=store, settings=Settings()).images
