"""A report is there as a whole or not at all, and nothing else in its folder is touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import UsageError
from clinigraph.export import save_report, saving
from clinigraph.models.report import Overlay, Report

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0\0\0\x02\0\0\0\x03" + b"\0" * 8


def names(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def test_all_files_of_a_report_are_written(report: Report, artifacts: ArtifactStore, tmp_path: Path) -> None:
    saved = save_report(report, tmp_path / "new" / "out", artifacts=artifacts)
    assert names(tmp_path / "new") == {
        "out/report.json", "out/report.md", "out/report.html", "out/overlays/01-optic_disc-optic_cup.png",
        "out/evidence.json", "out/evidence.prov.json", "out/evidence.svg",
    }  # fmt: skip
    assert [p.is_file() for p in (saved.json, saved.markdown, saved.html, *saved.overlays)] == [True] * 4
    written = Report.model_validate_json(saved.json.read_text(encoding="utf-8"))
    assert [o.name for o in written.overlays] == [p.name for p in saved.overlays]
    assert written.replace(overlays=()) == report


def test_pictures_may_be_drawn_beforehand(pinned_report: Report, tmp_path: Path) -> None:
    name = pinned_report.overlays[0].name
    saved = save_report(pinned_report, tmp_path / "out", pictures={name: PNG})
    assert saved.overlays[0].read_bytes() == PNG
    assert 'width="2" height="3"' in saved.html.read_text(encoding="utf-8")


def test_a_later_report_takes_the_place_of_an_earlier_one(pinned_report: Report, tmp_path: Path) -> None:
    out = tmp_path / "out"
    old = pinned_report.replace(overlays=(Overlay(image_id="i", name="old.png", caption="Old"),))
    save_report(old, out, pictures={"old.png": PNG})
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    (out / "overlays" / "mine.png").write_bytes(b"mine")
    save_report(pinned_report.replace(question="Again?"), out, pictures={pinned_report.overlays[0].name: PNG})
    assert names(out) == {
        "report.json", "report.md", "report.html", "notes.txt", "overlays/mine.png",
        "evidence.json", "evidence.prov.json", "evidence.svg",
        f"overlays/{pinned_report.overlays[0].name}",
    }  # fmt: skip
    assert "Again?" in (out / "report.md").read_text(encoding="utf-8")


def test_a_foreign_report_json_makes_nothing_disappear(pinned_report: Report, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "overlays").mkdir(parents=True)
    (out / "report.json").write_text('{"overlays": [{"name": "../keep.png"}, {"name": "a.png"}]}', encoding="utf-8")
    (out / "overlays" / "a.png").write_bytes(b"theirs")
    (out / "keep.png").write_bytes(b"theirs")
    save_report(pinned_report, out)
    assert {"overlays/a.png", "keep.png"} <= names(out)


def test_a_crash_while_writing_leaves_the_earlier_report(
    pinned_report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    save_report(pinned_report, out)
    before = {n: (out / n).read_bytes() for n in names(out)}

    def fails(report: Report, **_: object) -> str:
        raise RuntimeError("the machine stops here")

    monkeypatch.setattr(saving, "to_html", fails)
    with pytest.raises(RuntimeError):
        save_report(pinned_report.replace(question="Another?"), out)
    assert {n: (out / n).read_bytes() for n in names(out)} == before


def test_a_disk_that_fills_up_leaves_nothing_behind(
    pinned_report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    write = saving._write

    def full(path: Path, data: bytes) -> None:
        if written:
            raise OSError(28, "No space left on device")
        written.append(path)
        write(path, data)

    monkeypatch.setattr(saving, "_write", full)
    with pytest.raises(UsageError, match="No space left") as caught:
        save_report(pinned_report, tmp_path / "out")
    assert caught.value.exit_code == 2
    assert "folder that you may write to" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_a_usage_error(pinned_report: Report, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(UsageError, match="out"):
        save_report(pinned_report, tmp_path / "out")
    assert (tmp_path / "out").read_text(encoding="utf-8") == "a file"


@pytest.mark.parametrize("name", ["../x.png", "a/b.png", "x.svg", ".png", "", "x.png\n"])
def test_a_picture_cannot_be_written_outside_its_folder(pinned_report: Report, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        save_report(pinned_report, tmp_path / "out", pictures={name: PNG})
    assert not (tmp_path / "out").exists()


def test_importing_the_package_loads_no_template_engine_and_no_imaging_library() -> None:
    code = (
        "import sys, clinigraph.export; "
        "print(sorted({'jinja2', 'PIL', 'numpy', 'scipy', 'skimage', 'markupsafe'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
