"""A whole case with a real server: what the model says of medicine is noise, and nothing of it passes unsupported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clinigraph.client.sample import QUESTION, sample_photograph

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(2000)]


def report(served: Any, folder: Path) -> dict[str, Any]:
    command = [
        str(Path(sys.executable).parent / "clinigraph"), "diagnose", str(sample_photograph()), "-q", QUESTION,
        "--model", served.name, "--base-url", served.base_url, "--out", str(folder / "out"),
    ]  # fmt: skip
    environment = {**os.environ, "CLINIGRAPH_STATE_DIR": str(folder / "state"), "CLINIGRAPH_MODEL_TIMEOUT_S": "600"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((folder / "out" / "report.json").read_text())
    return found


NEED_EYES = {"parapapillary_atrophy", "disc_haemorrhage"}
"""Indicators of the glaucoma protocol that only a model that sees can grade; the order of the rim is measured."""


def readings(made: dict[str, Any]) -> list[dict[str, Any]]:
    found = [i for i in made["indicators"] if i["id"] in NEED_EYES]
    assert len(found) == len(NEED_EYES)
    return found


def test_a_case_with_a_text_model_says_what_it_did_not_assess(text_server: Any, tmp_path: Path) -> None:
    made = report(text_server, tmp_path)
    assert {c["verdict"] for c in made["claims"]} == {"SUPPORTED"}
    assert {i["met"] for i in readings(made)} == {"not assessed"}


def test_a_case_with_an_image_model_holds_its_readings(image_server: Any, tmp_path: Path) -> None:
    made = report(image_server, tmp_path)
    assert {c["verdict"] for c in made["claims"]} == {"SUPPORTED"}
    assert any(i["met"] != "not assessed" for i in readings(made))
    assert made["run"]["tokens"]["reader.prompt"] > 0
