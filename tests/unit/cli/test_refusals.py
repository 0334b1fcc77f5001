"""Bad input: exit code 3 and one line that says what, what was given, what to do; nothing is written."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Make = Callable[[Path], Path]


def _png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 4096, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def missing(folder: Path) -> Path:
    return folder / "nothing.png"


def empty(folder: Path) -> Path:
    path = folder / "empty.png"
    path.touch()
    return path


def text_named_png(folder: Path) -> Path:
    path = folder / "text.png"
    path.write_text("This is not a picture. " * 50)
    return path


def truncated_jpeg(folder: Path) -> Path:
    path = folder / "cut.jpg"
    noise = np.random.default_rng(0).integers(0, 255, (256, 256, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def huge_png(folder: Path) -> Path:
    path = folder / "huge.png"
    path.write_bytes(_png_header(20_000, 20_000))
    return path


def dicom_without_pixels(folder: Path) -> Path:
    from pydicom.data import get_testdata_file

    return Path(str(get_testdata_file("rtplan.dcm")))


def terabyte_nifti(folder: Path) -> Path:
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, 26000, 26000, 26000, 1, 1, 1, 1)
    struct.pack_into("<hh", header, 70, 16, 32)
    struct.pack_into("<8f", header, 76, 1, 1, 1, 1, 1, 1, 1, 1)
    struct.pack_into("<f", header, 108, 352)
    header[344:348] = b"n+1\0"
    path = folder / "big.nii"
    path.write_bytes(bytes(header) + b"\0" * 4)
    return path


def unknown_field(folder: Path) -> Path:
    case = folder / "case"
    case.mkdir()
    (case / "case.yaml").write_text("question: x\npatient_name: Somebody\n")
    return case


def wrong_unit(folder: Path) -> Path:
    case = folder / "case"
    case.mkdir()
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(case / "eye.png")
    (case / "case.yaml").write_text(
        "question: x\nfacts:\n  intraocular_pressure: 16 mmol/L\nimages:\n  - path: eye.png\n"
    )
    return case


def empty_folder(folder: Path) -> Path:
    path = folder / "nothing"
    path.mkdir()
    return path


@pytest.mark.parametrize(
    "make",
    [
        missing, empty, text_named_png, truncated_jpeg, huge_png, dicom_without_pixels, terabyte_nifti, unknown_field,
        wrong_unit, empty_folder,
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_one_line(cli: Any, tmp_path: Path, make: Make) -> None:
    path = make(tmp_path)
    ran = cli("diagnose", str(path), "--question", "glaucoma?", "--out", "out", "--json")
    assert ran.code == 3, ran.err
    assert ran.out == ""
    (line,) = ran.err.strip().splitlines()
    assert line.startswith("clinigraph: ")
    assert path.name in line
    assert "Traceback" not in line
    assert "Somebody" not in line
    assert not (tmp_path / "out").exists()


def test_debug_shows_the_traceback(cli: Any, tmp_path: Path) -> None:
    ran = cli("diagnose", str(missing(tmp_path)), "--debug")
    assert ran.code == 3
    assert "Traceback" in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("diagnose", "eye.png", "--box", "disc"), "LABEL=x0,y0,x1,y1"),
        (("diagnose", "eye.png", "--box", "disc=9,9,1,1"), "x0 < x1"),
        (("diagnose", "eye.png", "--fact", "age"), "NAME=VALUE"),
        (("diagnose", "eye.png", "--protocol", "nothing"), "Known are"),
        (("diagnose",), "Missing argument"),
        (("nonsense",), "nonsense"),
    ],
)
def test_wrong_usage_is_code_2(cli: Any, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(tmp_path / "eye.png")
    ran = cli(*arguments)
    assert ran.code == 2, ran.err
    assert words in ran.err


def test_a_model_server_that_is_not_there_is_code_4(cli: Any, tmp_path: Path) -> None:
    Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(tmp_path / "eye.png")
    ran = cli("diagnose", "eye.png", "--model", "tiny", "--base-url", "http://127.0.0.1:9/v1")
    assert ran.code == 4
    assert "cannot be reached" in ran.err


def test_an_unknown_fact_or_implausible_value_is_code_3(cli: Any, tmp_path: Path) -> None:
    Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(tmp_path / "eye.png")
    for fact in ("shoe_size=43", "age=900 years", "intraocular_pressure=16 mmol/L"):
        assert cli("diagnose", "eye.png", "--fact", fact).code == 3


def test_version_and_help(cli: Any) -> None:
    import clinigraph

    assert cli("--version").out.strip() == clinigraph.__version__
    assert "diagnose" in cli("--help").out
