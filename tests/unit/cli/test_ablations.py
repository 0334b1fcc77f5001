"""Every part of the method has a switch on the command line, and the switch does what its help says.

One case, one served model, one plan file with one number from the record; what differs is who is asked.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from clinigraph.client.sample import sample_photograph
from clinigraph.testing.models_server import Json, Turn, WireServer, no_image_support, says

RECORD = "indicator-intraocular_pressure"
FOR, AGAINST = {"speaks_for": "it is high", "speaks_against": ""}, {"reason": "it is not enough"}
SAID = {
    "VoteAnswer": {**AGAINST, "evidence_id": RECORD, "decision": "present"},
    "StatementAnswer": {**FOR, "evidence_ids": [RECORD], "decision": "present"},
    "AttendingAnswer": {**AGAINST, "sides_with": RECORD, "decision": "present"},
    "JudgementAnswer": {
        "indicators": [{"indicator": "intraocular_pressure", "reason": "high", "keep": True}], "risk": 0.2,
    },
    "DirectReply": {**AGAINST, "probability": 0.1, "decision": "absent"},
    "Phrases": {"sentences": []},
}  # fmt: skip


def kind(body: Json) -> str:
    form: Any = body.get("response_format")
    return str(form["json_schema"]["name"]) if form else "picture"


def answer(body: Json) -> Turn:
    return says(SAID[kind(body)]) if kind(body) in SAID else no_image_support()


@pytest.fixture
def plan(cli: Any, tmp_path: Path) -> str:
    """A plan of one indicator from the record, edited from a draft."""
    assert cli("plan", "glaucoma", "--out", "plan.yaml").code == 0
    file = tmp_path / "plan.yaml"
    made = yaml.safe_load(file.read_text(encoding="utf-8"))
    (pressure,) = (i for i in made["indicators"] if i["id"] == "intraocular_pressure")
    steps = [s for s in made["steps"] if "intraocular_pressure" in s["answers"].values()]
    edited = {**made, "indicators": [{**pressure, "weight": 1.0}], "steps": steps}
    file.write_text(yaml.safe_dump(edited), encoding="utf-8")
    return str(file)


CASES = [
    (("--rollouts", "1"), "combined", "present", {"VoteAnswer": 1}),
    (("--rollouts", "0", "--no-specialists"), "combined", "present", {}),
    (("--rollouts", "0", "--specialists"), "combined", "present", {"StatementAnswer": 2, "AttendingAnswer": 1}),
    (("--decider", "weighted"), "weighted", "present", {}),
    (("--decider", "graded"), "graded", "present", {}),
    (("--decider", "model"), "model", "absent", {"JudgementAnswer": 1}),
    (("--no-plan",), "direct", "absent", {"DirectReply": 1}),
    (("--direct",), "direct", "absent", {"DirectReply": 1}),
    (("--decider", "weighted", "--no-reflect"), "weighted", "present", {}),
    (("--decider", "weighted", "--writer", "model"), "weighted", "present", {"Phrases": 1}),
]


def test_every_switch_asks_whom_it_names_and_nobody_else(cli: Any, tmp_path: Path, plan: str) -> None:
    case = (str(sample_photograph()), "-q", "Does this eye show signs of glaucoma?", "--plan", plan)
    for number, (given, rule, decision, asked) in enumerate(CASES):
        with WireServer(otherwise=answer) as server:
            served = ("--model", "tiny", "--base-url", server.base_url, "--fact", "intraocular_pressure=25 mmHg")
            ran = cli("diagnose", *case, *served, *given, "--out", f"out{number}", "--json")
            assert ran.code == 0, (given, ran.err)
            counted = Counter(kind(r) for r in server.requests)
        del counted["picture"]
        impression = json.loads(ran.out)["impression"]
        assert (impression["rule"], impression["decision"]) == (rule, decision), given
        assert counted == asked, given


def test_the_run_record_names_every_switch(cli: Any, plan: str) -> None:
    given = ("--decider", "graded", "--no-reflect", "--fact", "intraocular_pressure=25 mmHg")
    ran = cli("diagnose", str(sample_photograph()), "--plan", plan, *given, "--out", "out", "--json")
    assert ran.code == 0, ran.err
    arguments = json.loads(ran.out)["run"]["arguments_given"]
    assert arguments["switch.decider"] == "graded"
    assert arguments["switch.reflect"] == "False"
    assert {k for k in arguments if k.startswith("switch.")} == {
        f"switch.{n}"
        for n in ("decider", "planner", "writer", "plan", "reflect", "direct", "rollouts", "specialists",
                  "max_questions")
    }  # fmt: skip
