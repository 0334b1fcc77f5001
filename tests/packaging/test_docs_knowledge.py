"""Every command of docs/knowledge.md runs, in its order, in one folder."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from clinigraph.cli.running import run_guarded
from clinigraph.evals.bench.umls_import import write_release

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "knowledge.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines() if line]


def test_every_knowledge_command_is_on_the_page() -> None:
    said = {" ".join(shlex.split(c)[1:3]) for c in COMMANDS}
    assert said == {f"knowledge {name}" for name in ("add", "draft", "link", "search", "stats", "umls", "verify")}


@pytest.mark.slow
def test_the_commands_of_the_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLINIGRAPH_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "guideline.md").write_text("# Discs\n\n## Size\n\nA large disc has a large cup.\n", encoding="utf-8")
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "valves.txt").write_text("VALVES\n\nA tight valve is heard.\n", encoding="utf-8")
    write_release(tmp_path / "META", 2000)
    for command in COMMANDS:
        name, *arguments = shlex.split(command)
        assert name == "clinigraph"
        assert run_guarded(arguments) == 0, f"{command}\n{capsys.readouterr().err}"
    assert (tmp_path / "aortic-stenosis.yaml").is_file()
