"""A server that is killed while it answers is a typed failure, and a restarted one goes on."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

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
