"""What docs/evals.md says of tasks, configurations and commands is so."""

from __future__ import annotations

import re
from pathlib import Path

from typer.testing import CliRunner

from clinigraph.cli.app import app
from clinigraph.evals.registry import specs

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "evals.md").read_text(encoding="utf-8")
SPECS = {s.name: s for s in specs()}


def test_every_task_that_the_page_lists_exists_with_its_folder() -> None:
    rows = [r.split("|")[1:4] for r in TEXT.splitlines() if r.startswith("| `")]
    assert len(rows) >= 8
    for tasks, folders, _ in rows:
        names, places = re.findall(r"`(\w+)`", tasks), re.findall(r"`(\w+)`", folders)
        assert names
        for place, name in enumerate(names):
            own = tuple(places) if len(names) == 1 else tuple(places[place : place + 1])
            assert SPECS[name].folders == own


def test_every_configuration_that_the_page_names_is_one() -> None:
    for name in re.findall(r"config(?:=| )(\w+)", TEXT):
        if name not in ("and", "or"):
            assert name in SPECS["medqa"].configs
    assert set(SPECS["asking"].configs) == {"full", "direct", "all"}


def test_every_option_of_the_commands_is_known() -> None:
    known = CliRunner().invoke(app, ["eval", "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    blocks = re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL)
    commands = [line[2:] for b in blocks for line in b.splitlines() if line.startswith("$ clinigraph eval")]
    assert len(commands) >= 7
    for command in commands:
        for option in re.findall(r"--[a-z-]+", command):
            assert option in known, option


def test_the_number_of_awkward_answers_is_the_one_of_the_file() -> None:
    import yaml

    cases = yaml.safe_load((ROOT / "tests/unit/evals/extraction_cases.yaml").read_text(encoding="utf-8"))
    assert f"{sum(map(len, cases.values()))} awkward answers" in " ".join(TEXT.split())


def test_every_benchmark_in_the_results_exists_in_that_version() -> None:
    text = (ROOT / "RESULTS.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| (\w+) (\d+\.\d+\.\d+)", text, re.MULTILINE)
    assert len(named) >= 4
    for name, version in named:
        assert SPECS[name].version == version
    assert set(re.findall(r"`clinigraph eval (\w+)", text)) <= set(SPECS)
