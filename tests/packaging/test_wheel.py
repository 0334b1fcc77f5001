"""What is built must hold what the tree holds, however it is built."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINKED = ("agents", "tools", "knowledge", "graphs", "evals")
DATA_SUFFIXES = (".py", ".yaml", ".json", ".safetensors", ".md", ".j2", ".css", ".txt", ".typed", ".html")


def _tree() -> set[str]:
    own = {
        f"clinigraph/{p.relative_to(ROOT / 'src/clinigraph')}"
        for p in (ROOT / "src/clinigraph").rglob("*")
        if p.is_file() and p.relative_to(ROOT / "src/clinigraph").parts[0] not in LINKED
    }
    linked = {
        f"clinigraph/{folder}/{p.relative_to(ROOT / folder)}"
        for folder in LINKED
        for p in (ROOT / folder).rglob("*")
        if p.is_file()
    }
    return {n for n in own | linked if "__pycache__" not in n and (n.endswith(DATA_SUFFIXES) or n.endswith("py.typed"))}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build the sdist from the tree and the wheel from the sdist."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return sdist, wheel


def test_the_wheel_holds_every_module_and_data_file_of_the_tree(built: tuple[Path, Path]) -> None:
    names = set(zipfile.ZipFile(built[1]).namelist())
    assert _tree() - names == set()


def test_the_wheel_holds_nothing_but_the_package(built: tuple[Path, Path]) -> None:
    tops = {n.split("/")[0] for n in zipfile.ZipFile(built[1]).namelist()}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"clinigraph"}
    assert not [n for n in zipfile.ZipFile(built[1]).namelist() if "__pycache__" in n or n.startswith("tests")]


def test_the_sdist_holds_tests_and_licence(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as archive:
        names = {n.split("/", 1)[1] for n in archive.getnames() if "/" in n}
    assert {"LICENSE", "README.md", "constraints.txt"} <= names
    assert any(n.startswith("tests/graph/") for n in names)


def test_the_five_links_point_to_the_folders_at_the_top() -> None:
    for name in LINKED:
        link = ROOT / "src/clinigraph" / name
        assert link.is_symlink()
        assert link.readlink() == Path(f"../../{name}")
