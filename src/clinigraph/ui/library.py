"""Cases on disk, one folder a user and a case; nothing of one user is reachable from another's id."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import RLock

from pydantic import ValidationError

from clinigraph.errors import UsageError
from clinigraph.ui.values import CaseForm, CaseRecord, Correction, RunForm, RunRow, RunStatus, UserId

_ID = re.compile(r"^[0-9a-f]{32}$")
_RECORD = "case.json"


class CasePlace:
    """The folder of one case."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def uploads(self) -> Path:
        """What the user gave."""
        return self.folder / "uploads"

    @property
    def state(self) -> Path:
        """Checkpoints, pixels and stored tool results of this case's runs."""
        return self.folder / "state"

    def run(self, number: int) -> Path:
        """History and report of one run."""
        return self.folder / "reports" / f"{number:04d}"

    def inputs(self) -> tuple[Path, ...]:
        """Return the paths that make the case: a case folder where there is one, else the uploaded files."""
        cases = sorted(self.uploads.rglob("case.yaml"))
        if cases:
            return (cases[0].parent,)
        return tuple(sorted(p for p in self.uploads.iterdir())) if self.uploads.is_dir() else ()


class UserLibrary:
    """One user's cases.

    Args:
        root: Folder of all users.
        user: Whose.
    """

    def __init__(self, root: Path, user: UserId) -> None:
        if not _ID.match(user):
            raise UsageError("That is no user", given=user[:40])
        self._root = root / user
        self._lock = RLock()

    def create(self, form: CaseForm) -> CaseRecord:
        """Make an empty case."""
        record = CaseRecord(id=secrets.token_hex(16), form=form, created_unix=time.time())
        place = self.place(record.id)
        place.uploads.mkdir(parents=True, mode=0o700)
        self._write(record)
        return record

    def place(self, case_id: str) -> CasePlace:
        """Return the folder of a case, whether or not it exists.

        Raises:
            UsageError: The id has not the form of one.
        """
        if not _ID.match(case_id):
            raise UsageError("There is no such case", given=case_id[:40])
        return CasePlace(self._root / case_id)

    def get(self, case_id: str) -> CaseRecord:
        """Return a case.

        Raises:
            UsageError: This user has no such case.
        """
        path = self.place(case_id).folder / _RECORD
        try:
            return CaseRecord.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise UsageError("There is no such case", given=case_id) from error

    def search(self, text: str = "") -> tuple[CaseRecord, ...]:
        """Return cases whose title, question, conditions or decisions hold every word, newest first."""
        words = text.lower().split()
        found = [record for record in self._all() if all(word in _text(record) for word in words)]
        return tuple(sorted(found, key=lambda r: -r.created_unix))

    def change(self, case_id: str, change: Callable[[CaseRecord], CaseRecord]) -> CaseRecord:
        """Read, change and write a record, one writer at a time."""
        with self._lock:
            changed = change(self.get(case_id))
            self._write(changed)
            return changed

    def add_files(self, case_id: str, names: tuple[str, ...]) -> CaseRecord:
        """Note what was uploaded."""
        return self.change(case_id, lambda r: r.replace(files=tuple(dict.fromkeys((*r.files, *names)))))

    def begin_run(self, case_id: str, form: RunForm, drawn: Correction | None = None) -> RunRow:
        """Add a run; its number follows the last. What was drawn becomes part of the case.

        Raises:
            UsageError: A run of this case is going on.
        """
        made: list[RunRow] = []

        def add(record: CaseRecord) -> CaseRecord:
            busy = next((r for r in record.runs if r.status.live), None)
            if busy is not None:
                raise UsageError(
                    "A run of this case is going on", given=f"run {busy.number}", todo="Answer, stop or wait for it."
                )
            case = record.form if drawn is None else record.form.corrected(drawn)
            number = 1 + max((r.number for r in record.runs), default=0)
            row = RunRow(number=number, form=form, case=case, status=RunStatus.QUEUED, started_unix=time.time())
            made.append(row)
            return record.replace(form=case, runs=(*record.runs, row))

        self.change(case_id, add)
        return made[0]

    def update_run(self, case_id: str, number: int, **changes: object) -> RunRow:
        """Change a run's row.

        Raises:
            UsageError: There is no such run.
        """
        rows: list[RunRow] = []

        def update(record: CaseRecord) -> CaseRecord:
            old = record.run(number)
            if old is None:
                raise UsageError("There is no such run", given=str(number))
            rows.append(old.replace(**changes))
            return record.replace(runs=tuple(rows[0] if r.number == number else r for r in record.runs))

        self.change(case_id, update)
        return rows[0]

    def delete(self, case_id: str) -> None:
        """Delete a case with its pixels, masks and reports.

        Raises:
            UsageError: There is no such case, or files could not be removed.
        """
        folder = self.place(self.get(case_id).id).folder
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            raise UsageError("Some files of the case could not be deleted", given=case_id, todo="Delete it again.")

    def _all(self) -> Iterator[CaseRecord]:
        for path in self._root.glob(f"*/{_RECORD}"):
            try:
                yield CaseRecord.model_validate_json(path.read_bytes())
            except (OSError, ValidationError):
                continue

    def _write(self, record: CaseRecord) -> None:
        folder = self.place(record.id).folder
        handle, name = tempfile.mkstemp(dir=folder, prefix=".case-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(record.model_dump_json(indent=1))
        Path(name).replace(folder / _RECORD)


def _text(record: CaseRecord) -> str:
    runs = (f"{r.condition or ''} {r.decision or ''}" for r in record.runs)
    return " ".join((record.form.title, record.form.question, *runs)).lower()
