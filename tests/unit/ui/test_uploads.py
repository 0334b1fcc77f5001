"""Uploads are taken under limits; an archive can place nothing outside its folder."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.errors import InputRefused, InputTooLarge, InputUnreadable, InputUnsupported
from clinigraph.ui.uploads import SUFFIXES, UploadLimits, receive, safe_name, take

LIMITS = UploadLimits(file_bytes=10_000, unpacked_bytes=20_000, entries=3)


def kept_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def stream(data: bytes, step: int = 1000) -> AsyncIterator[bytes]:
    for i in range(0, len(data), step):
        yield data[i : i + step]


def left(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def archive(files: dict[str, bytes], mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(entry, data)
    return buffer.getvalue()


@given(st.text(max_size=200))
def test_a_name_never_leads_out_of_its_folder(name: str) -> None:
    try:
        safe = safe_name(name)
    except InputUnsupported:
        return
    assert safe == Path(safe).name
    assert safe not in ("", ".", "..")
    assert len(safe) <= 120
    suffix = Path(safe).suffix.lower()
    assert suffix in SUFFIXES or suffix[1:].isdigit()


@pytest.mark.parametrize("name", ["run.exe", "page.html", "script.svg", "..", "", "x/..", "a.py"])
def test_kinds_that_are_no_case_are_refused(name: str) -> None:
    with pytest.raises(InputUnsupported):
        safe_name(name)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("../../eye.png", "eye.png"), ("C:\\a\\eye.jpg", "eye.jpg"), ("IM.0.1", "IM.0.1")],
)
def test_a_name_loses_its_folders(given: str, kept: str) -> None:
    assert safe_name(given) == kept


async def test_a_stream_is_written_whole(tmp_path: Path) -> None:
    assert await receive(stream(b"x" * 5000), "eye.png", tmp_path, LIMITS) == ("eye.png",)
    assert (tmp_path / "eye.png").stat().st_size == 5000


async def test_a_stream_over_the_limit_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputTooLarge):
        await receive(stream(b"x" * 10_001), "eye.png", tmp_path, LIMITS)
    assert left(tmp_path) == []


async def test_a_file_announced_over_the_limit_is_refused_before_a_byte_is_read(tmp_path: Path) -> None:
    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("the stream was read")
        yield b""

    with pytest.raises(InputTooLarge):
        await receive(unread(), "eye.png", tmp_path, UploadLimits(), announced=3 * 2**30)
    assert kept_in(tmp_path) == []


async def test_a_file_that_the_disk_cannot_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(free=10)
    monkeypatch.setattr("clinigraph.ui.uploads.shutil.disk_usage", lambda _: usage)
    with pytest.raises(InputTooLarge, match="no room"):
        await receive(stream(b"abc"), "eye.png", tmp_path, UploadLimits(), announced=3)
    assert kept_in(tmp_path) == []


async def test_a_stream_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await receive(broken(), "eye.png", tmp_path, LIMITS)
    assert left(tmp_path) == []


async def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match="empty"):
        await receive(stream(b""), "eye.png", tmp_path, LIMITS)


async def test_an_archive_keeps_its_folders(tmp_path: Path) -> None:
    data = archive({"case/case.yaml": b"question: x", "case/eye.png": b"x", "__MACOSX/._eye.png": b"x"})
    names = await receive(stream(data), "case.zip", tmp_path, LIMITS)
    assert names == ("case/case/case.yaml", "case/case/eye.png")
    assert (tmp_path / "case" / "case" / "eye.png").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("files", "mode"),
    [
        ({"../eye.png": b"x"}, 0),
        ({"/etc/eye.png": b"x"}, 0),
        ({"a\\..\\..\\eye.png": b"x"}, 0),
        ({"link.png": b"/etc/passwd"}, stat.S_IFLNK | 0o777),
        ({f"{i}.png": b"x" for i in range(4)}, 0),
        ({"big.png": b"\0" * 30_000}, 0),
        ({"run.exe": b"x"}, 0),
    ],
)
async def test_an_archive_that_cannot_be_trusted_leaves_nothing(
    tmp_path: Path, files: dict[str, bytes], mode: int
) -> None:
    with pytest.raises(InputRefused):
        await receive(stream(archive(files, mode)), "case.zip", tmp_path, LIMITS)
    assert left(tmp_path) == []


async def test_text_named_zip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match="archive cannot be read"):
        await receive(stream(b"no archive"), "case.zip", tmp_path, LIMITS)


def test_a_local_file_is_copied_not_moved(tmp_path: Path) -> None:
    source = tmp_path / "from.png"
    source.write_bytes(b"x")
    folder = tmp_path / "to"
    folder.mkdir()
    assert take(source, "eye.png", folder, LIMITS) == ("eye.png",)
    assert source.exists()
