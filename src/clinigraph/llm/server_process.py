"""A model server under way: started in a group of its own, watched until it is healthy, stopped as a group."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from clinigraph.errors import ModelServerError, UsageError
from clinigraph.llm.serving import Launch

Progress = Callable[[float], None]

_STEP_S = 0.25
_GRACE_S = ((signal.SIGINT, 10.0), (signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))


class ModelServer:
    """One server process with its children.

    Args:
        launch: What to run.
        log: File that takes everything the server prints.

    A context manager: it starts the server and stops it however the block ends.
    """

    def __init__(self, launch: Launch, log: Path) -> None:
        self.launch = launch
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        """What clients are given."""
        return self.launch.base_url

    @property
    def pid(self) -> int | None:
        """Process id of the leader of the group, while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process; it is not ready yet.

        Raises:
            UsageError: It runs already.
            ModelServerError: It cannot be started.
        """
        if self.pid is not None:
            raise UsageError("The server runs already", given=self.base_url)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self.log.open("wb") as sink:
                self._process = subprocess.Popen(  # noqa: S603 - a fixed module of an environment that the user named
                    self.launch.command,
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    env=dict(self.launch.environment),
                    cwd=self.log.parent,
                    start_new_session=True,
                )
        except OSError as error:
            raise ModelServerError("The model server cannot be started", given=self.launch.command[0]) from error

    def wait_ready(self, timeout_s: float = 900.0, progress: Progress | None = None) -> None:
        """Wait until the server answers its health check.

        Args:
            timeout_s: Longest wait; loading a large model takes minutes.
            progress: Told the seconds so far, about every five.

        Raises:
            ModelServerError: It ended, or is not ready in time.
        """
        started, told = time.monotonic(), 0.0
        while not self._healthy():
            waited = time.monotonic() - started
            self._check_alive("The model server ended while it was starting")
            if waited > timeout_s:
                raise ModelServerError(
                    "The model server is not ready in time", given=f"{timeout_s:.0f} s", todo=f"See {self.log}."
                )
            if progress is not None and waited - told >= 5:
                told = waited
                progress(waited)
            time.sleep(_STEP_S)

    def wait(self) -> None:
        """Wait until the server ends by itself.

        Raises:
            ModelServerError: It did.
        """
        while True:
            self._check_alive("The model server ended")
            time.sleep(_STEP_S)

    def stop(self) -> None:
        """Stop the whole group: ask, insist, then end it. Does nothing when it does not run."""
        process = self._process
        if process is None:
            return
        for number, grace_s in _GRACE_S:
            if not _signal_group(process.pid, number) or _gone(process, grace_s):
                break
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        self._process = None

    def _healthy(self) -> bool:
        import httpx

        try:
            return httpx.get(self.base_url.removesuffix("/v1") + "/health", timeout=2, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def _check_alive(self, what: str) -> None:
        code = self._process.poll() if self._process else 0
        if code is not None:
            raise ModelServerError(what, given=f"exit code {code}: {self._last_words()}", todo=f"See {self.log}.")

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return "no log"
        errors = [line.strip() for line in lines if "Error" in line or "error:" in line]
        return (errors or [line.strip() for line in lines if line.strip()] or ["it said nothing"])[-1][-200:]


def _signal_group(group: int, number: int) -> bool:
    """Send a signal, 0 only asks; False when the group is gone."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def _gone(process: subprocess.Popen[bytes], grace_s: float) -> bool:
    """Wait until the whole group is gone."""
    until = time.monotonic() + grace_s
    while time.monotonic() < until:
        process.poll()
        if not _signal_group(process.pid, 0):
            return True
        time.sleep(_STEP_S / 5)
    return False
