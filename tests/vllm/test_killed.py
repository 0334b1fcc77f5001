"""A server that is killed is a typed failure, a case stops where it can be resumed, and a restarted one goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from clinigraph.client.sample import QUESTION, sample_photograph
from clinigraph.errors import ModelServerError, ModelServerFaulty, ModelUnreachable
from clinigraph.llm.contract import ChatMessage
from clinigraph.llm.openai_chat import OpenAiChat
from clinigraph.llm.retrying import RetryPolicy
from clinigraph.llm.server_process import ModelServer
from clinigraph.testing.model_suite import ASK, SuiteAnswer

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(2000)]


def test_a_killed_server_is_noticed_and_a_new_one_is_used(tmp_path: Path, launch: Any) -> None:
    plan = launch("text")
    model = OpenAiChat(plan.base_url, plan.name, timeout_s=240, retry=RetryPolicy(retries=1, first_s=0.1))
    failures: list[ModelServerError] = []

    def ask() -> None:
        try:
            model.structured((ChatMessage("user", "Tell a very long story."),), SuiteAnswer, max_tokens=1500)
            model.structured(ASK, SuiteAnswer)
        except ModelServerError as error:
            failures.append(error)

    with ModelServer(plan, tmp_path / "first.log") as server:
        server.wait_ready()
        group = server.pid
        caller = threading.Thread(target=ask)
        caller.start()
        time.sleep(0.5)
        os.killpg(int(group or 0), signal.SIGKILL)
        caller.join(timeout=120)
    assert [type(f) for f in failures] in ([ModelUnreachable], [ModelServerFaulty])
    with pytest.raises(ProcessLookupError):
        os.killpg(int(group or 0), 0)
    with ModelServer(plan, tmp_path / "second.log") as server:
        server.wait_ready()
        assert model.structured(ASK, SuiteAnswer, max_tokens=200)
    with pytest.raises(ModelUnreachable):
        model.check()


def diagnosing(plan: Any, folder: Path) -> subprocess.Popen[str]:
    command = [
        str(Path(sys.executable).parent / "clinigraph"), "diagnose", str(sample_photograph()), "-q", QUESTION,
        "--model", plan.name, "--base-url", plan.base_url, "--out", str(folder / "out"),
    ]  # fmt: skip
    settings = {"STATE_DIR": str(folder / "state"), "MODEL_TIMEOUT_S": "600", "MODEL_RETRIES": "1"}
    environment = {**os.environ, **{f"CLINIGRAPH_{k}": v for k, v in settings.items()}}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def test_a_server_killed_in_mid_case_stops_the_run_and_a_new_one_finishes_it(tmp_path: Path, launch: Any) -> None:
    plan = launch("text")
    with ModelServer(plan, tmp_path / "first.log") as server:
        server.wait_ready()
        with diagnosing(plan, tmp_path) as case:
            assert case.stderr is not None
            said = []
            for line in case.stderr:  # told when the next node, the one that asks the model, has begun
                said.append(line)
                if "Judging the indicators" in line:
                    os.killpg(int(server.pid or 0), signal.SIGKILL)
                    break
            said += case.stderr.readlines()
            assert case.wait(timeout=600) == 4, said
    assert said[-1].startswith("clinigraph: The run stopped in mid-case: ")
    assert "The same command resumes; with --fallback" in said[-1]
    assert not (tmp_path / "out").exists()
    with ModelServer(plan, tmp_path / "second.log") as server:
        server.wait_ready()
        again = diagnosing(plan, tmp_path)
        _, told = again.communicate(timeout=1200)
    assert again.returncode == 0, told
    assert "resumed before consult" in told
    assert "Measuring" not in told
    assert "fundus" not in told
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["run"]["tokens"]["rollout.prompt"] > 0
    assert {c["verdict"] for c in report["claims"]} == {"SUPPORTED"}
