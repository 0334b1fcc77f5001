"""Where an unfinished run lives: one folder with checkpoints, artifacts and a lock."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import UsageError
from clinigraph.models.base import RunId
from clinigraph.settings import Settings


@dataclass(frozen=True, slots=True)
class RunPlace:
    """The folder of one run."""

    run_id: RunId
    folder: Path

    @property
    def checkpoints(self) -> Path:
        """SQLite file with the states of the run."""
        return self.folder / "checkpoints.sqlite"

    @property
    def artifacts(self) -> ArtifactStore:
        """Pixels and masks of the run."""
        return ArtifactStore(self.folder / "artifacts")

    @property
    def spending(self) -> Path:
        """File with what the run has spent on a model."""
        return self.folder / "spending.json"

    def lock(self) -> FileLock:
        """Return the lock that one process holds while it runs this case.

        Raises:
            UsageError: Another process runs the same case.
        """
        _make_private(self.folder.parent)
        lock = FileLock(self.folder.with_suffix(".lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise UsageError(
                "The same case is being run by another process",
                given=self.run_id,
                todo="Wait for it, or set CLINIGRAPH_STATE_DIR to another folder.",
            ) from error
        return lock

    def remove(self) -> None:
        """Delete the run with its pixels."""
        shutil.rmtree(self.folder, ignore_errors=True)


def run_place(settings: Settings, run_id: RunId) -> RunPlace:
    """Return the place of a run below the state folder."""
    return RunPlace(run_id=run_id, folder=settings.state_dir / "runs" / run_id)


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UsageError(
            "The state folder cannot be written",
            given=str(folder),
            todo="Set CLINIGRAPH_STATE_DIR to a folder that can.",
        ) from error
