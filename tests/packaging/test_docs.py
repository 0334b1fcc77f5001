"""Every command and every example in the documents runs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clinigraph.client.sample import sample_photograph

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> list[str]:
    lines = [line.partition("#")[0].strip() if line.startswith("make") else line.strip()
             for block in blocks("bash") for line in block.splitlines()]  # fmt: skip
    return [line for line in lines if line]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the README speaks of."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copy(sample_photograph(), folder / "eye.jpg")
    (folder / "case").mkdir()
    shutil.copy(sample_photograph(), folder / "case" / "eye.jpg")
    (folder / "case" / "case.yaml").write_text(blocks("yaml")[0])
    (folder / "guideline.md").write_text("# Discs\n\n## Size\n\nA large disc has a large cup.\n")
    return folder


def run(arguments: list[str], desk: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CLINIGRAPH_STATE_DIR": str(desk / "state")}
    return subprocess.run(
        arguments, cwd=desk, env=environment, capture_output=True, text=True, timeout=280, check=False
    )


def test_the_readme_names_the_two_commands() -> None:
    assert {"make demo", "make test"} <= set(commands())
    makefile = (ROOT / "Makefile").read_text()
    assert "\ndemo:" in makefile
    assert "\ntest:" in makefile


OWN = [c for c in commands() if not c.startswith("make")]


@pytest.mark.slow
@pytest.mark.parametrize("command", OWN)
def test_a_command_of_the_readme_runs(desk: Path, command: str) -> None:
    """In the order of the document: a later command may read what an earlier one wrote."""
    name, *arguments = shlex.split(command)
    assert name == "clinigraph"
    done = run([str(Path(sys.executable).parent / "clinigraph"), *arguments], desk)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    if "--out" in arguments:
        assert (desk / arguments[arguments.index("--out") + 1] / "report.html").is_file()


@pytest.mark.slow
def test_the_python_example_of_the_readme_runs(desk: Path) -> None:
    (code,) = blocks("python")
    done = run([sys.executable, "-W", "error", "-c", code], desk)
    assert done.returncode == 0, done.stderr
    assert "SUPPORTED" in done.stdout
    assert (desk / "out" / "report.json").is_file()


def test_every_link_of_the_documents_leads_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_disclaimer_stands_in_the_first_lines() -> None:
    from clinigraph.models.report import DISCLAIMER

    assert DISCLAIMER.rstrip(".") in README[:200]
