"""``clinigraph plan``: a model drafts a plan from guideline criteria; a person edits the file; ``diagnose`` runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from clinigraph.client.sample import sample_photograph
from clinigraph.testing.models_server import Json, Turn, WireServer, no_image_support, says


def indicator(name: str, tool: str, output: str, **fields: object) -> dict[str, object]:
    empty = {"comparator": "", "threshold": 0.0, "unit": "", "passage_id": "", "question": "", "rubric": ""}
    base = {"id": name, "name": name.replace("_", " "), "tool": tool, "output": output, "weight": 0.25}
    return {**empty, **base, "rationale": "It speaks for glaucoma.", **fields}


RATIO = indicator(
    "vertical_cup_disc_ratio", "cup_disc_measures", "vertical_cup_disc_ratio",
    comparator=">=", threshold=0.7, unit="1", passage_id="isgeo-2002#vcdr-percentile",
)  # fmt: skip
RIM = indicator(
    "min_rim_disc_ratio", "cup_disc_measures", "min_rim_disc_ratio",
    comparator="<=", threshold=0.1, unit="1", passage_id="isgeo-2002#rim-width",
)  # fmt: skip
PRESSURE = indicator(
    "intraocular_pressure", "record_fact", "measurement",
    comparator=">", threshold=21, unit="mm[Hg]", passage_id="egs-2020#iop",
)  # fmt: skip
GOOD = {"indicators": [RATIO, RIM, PRESSURE], "threshold": 0.4}
INVENTED = {"indicators": [{**RATIO, "threshold": 0.5}, RIM, PRESSURE], "threshold": 0.4}


def planning(*drafts: dict[str, object]) -> WireServer:
    """Serve a text model that writes these drafts in order, and whatever comes last again."""
    left = list(drafts)

    def answer(body: Json) -> Turn:
        if "PlanDraft" not in str(body.get("response_format")):
            return no_image_support()
        return says(left.pop(0) if len(left) > 1 else left[0])

    return WireServer(otherwise=answer)


def plan(cli: Any, server: WireServer, *more: str) -> Any:
    return cli("plan", "glaucoma", "--model", "tiny", "--base-url", server.base_url, "--out", "plan.yaml", *more)


def test_a_plan_is_drafted_saved_edited_and_run(cli: Any, tmp_path: Path) -> None:
    with planning(GOOD) as server:
        ran = plan(cli, server)
        assert ran.code == 0, ran.err
        assert "0.33  intraocular pressure > 21 mm[Hg]" in ran.out
        assert "Draft, not reviewed: plan.yaml" in ran.out
    file = tmp_path / "plan.yaml"
    made = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert made["reviewed"] == "draft, not reviewed"
    assert [s["tool"] for s in made["steps"]][-1] == "record_fact"
    assert any("not reviewed by a person" in text for text in made["limitations"])
    (pressure,) = (i for i in made["indicators"] if i["id"] == "intraocular_pressure")
    edited = {
        **made, "id": "mine", "threshold": 0.5, "indicators": [{**pressure, "weight": 1.0}],
        "steps": [s for s in made["steps"] if s["tool"] == "record_fact"], "reviewed": "2026-11-26",
    }  # fmt: skip
    file.write_text(yaml.safe_dump(edited), encoding="utf-8")
    given = (str(sample_photograph()), "--plan", "plan.yaml", "--fact", "intraocular_pressure=25 mmHg")
    ran = cli("diagnose", *given, "--out", "out", "--json")
    assert ran.code == 0, ran.err
    report = json.loads(ran.out)
    assert (report["protocol_id"], report["impression"]["threshold"]) == ("mine", 0.5)
    assert report["impression"]["decision"] == "present"
    assert {c["verdict"] for c in report["claims"]} == {"SUPPORTED"}


def test_a_draft_with_an_invented_threshold_goes_back_once_and_is_not_asked_for_again(cli: Any) -> None:
    with planning(INVENTED, GOOD) as server:
        assert plan(cli, server).code == 0
        asked = [r for r in server.requests if "PlanDraft" in str(r.get("response_format"))]
        assert len(asked) == 2
        assert "states vertical_cup_disc_ratio >= 0.7" in str(asked[1]["messages"])
        assert plan(cli, server, "--json").code == 0
        assert len([r for r in server.requests if "PlanDraft" in str(r.get("response_format"))]) == 2


def test_a_draft_that_stays_wrong_is_refused_and_nothing_is_written(cli: Any, tmp_path: Path) -> None:
    with planning(INVENTED) as server:
        ran = plan(cli, server)
    assert ran.code == 5
    assert "The model's plan for glaucoma was refused twice" in ran.err
    assert "states vertical_cup_disc_ratio >= 0.7" in ran.err
    assert not (tmp_path / "plan.yaml").exists()


def test_an_absent_server_ends_with_exit_code_4(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIGRAPH_MODEL_RETRIES", "0")
    with planning(GOOD) as server:
        pass
    ran = plan(cli, server)
    assert ran.code == 4
    assert "cannot be reached" in ran.err
    assert not (tmp_path / "plan.yaml").exists()


def test_without_a_model_the_cards_criteria_make_the_draft(cli: Any, tmp_path: Path) -> None:
    ran = cli("plan", "glaucoma", "--out", "plan.yaml", "--json")
    assert ran.code == 0, ran.err
    drafted = json.loads(ran.out)
    assert {i["criterion"]["passage_id"] for i in drafted["indicators"]} >= {"isgeo-2002#vcdr-percentile"}
    assert (tmp_path / "plan.yaml").exists()
