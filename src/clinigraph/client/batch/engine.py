"""Engines: how the cases of a cohort are spread over processes or machines."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from clinigraph.client.batch.values import BatchCase, BatchRow, CaseStatus
from clinigraph.client.batch.work import session_maker, work

if TYPE_CHECKING:
    from clinigraph.client.session import Session

ATTEMPTS = 3
"""Times that a case is given to a worker when workers die over it."""


class Engine(Protocol):
    """Works off cases; yields each line as it comes, in no order, exactly one a case."""

    def run(self, cases: Sequence[BatchCase], out: Path) -> Iterator[BatchRow]:
        """Run cases into a folder."""
        ...


class LocalEngine:
    """Worker processes on this machine; a worker that dies loses nothing: its case goes to another one.

    Args:
        workers: Processes; 1 works in this process.
        session: ``module:callable`` that makes each worker's session.
    """

    def __init__(self, workers: int, session: str) -> None:
        self._workers = workers
        self._session = session

    def run(self, cases: Sequence[BatchCase], out: Path) -> Iterator[BatchRow]:
        """Run cases into a folder."""
        if self._workers == 1 or len(cases) == 1:
            session = session_maker(self._session)()
            for case in cases:
                yield work(session, case, out)
            return
        yield from _Pool(min(self._workers, len(cases)), self._session, out).run(cases)


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    case: BatchCase | None = None
    attempt: int = 1


class _Pool:
    def __init__(self, workers: int, session: str, out: Path) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._session = session
        self._out = out
        self._count = workers

    def run(self, cases: Sequence[BatchCase]) -> Iterator[BatchRow]:
        waiting = deque((case, 1) for case in cases)
        workers = [self._start() for _ in range(self._count)]
        try:
            while waiting or any(w.case for w in workers):
                for worker in workers:
                    _hand_out(worker, waiting)
                ready = wait([w.pipe for w in workers if w.case is not None])
                for worker in [w for w in workers if w.pipe in ready]:
                    row = self._receive(worker, workers, waiting)
                    if row is not None:
                        yield row
        finally:
            for worker in workers:
                worker.pipe.close()
                worker.process.terminate()
            for worker in workers:
                worker.process.join(5)

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._session, self._out), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _receive(
        self, worker: _Worker, workers: list[_Worker], waiting: deque[tuple[BatchCase, int]]
    ) -> BatchRow | None:
        case, attempt = worker.case, worker.attempt
        try:
            row: BatchRow = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join(5)
            workers[workers.index(worker)] = self._start()
            if case is None:
                return None
            if attempt < ATTEMPTS:
                waiting.appendleft((case, attempt + 1))
                return None
            message = f"The worker died {attempt} times over this case."
            return BatchRow(id=case.id, status=CaseStatus.FAILED, message=message, attempts=attempt)
        worker.case = None
        return row.replace(attempts=attempt)


def _hand_out(worker: _Worker, waiting: deque[tuple[BatchCase, int]]) -> None:
    if worker.case is None and waiting:
        worker.case, worker.attempt = waiting.popleft()
        try:
            worker.pipe.send(worker.case)
        except OSError:  # it died while idle; the pipe reports it and the case goes to another
            return


def _serve(pipe: Connection, session: str, out: Path) -> None:
    """Work off what comes through the pipe until it is closed; the body of a worker process."""
    made: Session = session_maker(session)()
    while True:
        try:
            case: BatchCase = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(work(made, case, out))


class RayEngine:
    """A Ray cluster: the folder must be reachable from every machine; Ray gives the case of a lost worker to another.

    Args:
        workers: Most cases at once.
        session: ``module:callable`` that makes each worker's session.
        address: Of the cluster; None starts one on this machine.
    """

    def __init__(self, workers: int, session: str, address: str | None = None) -> None:
        self._workers = workers
        self._session = session
        self._address = address

    def run(self, cases: Sequence[BatchCase], out: Path) -> Iterator[BatchRow]:
        """Run cases into a folder.

        Raises:
            UsageError: Ray is not installed.
        """
        from clinigraph.client.batch.ray_engine import run_on_ray

        yield from run_on_ray(cases, out, self._workers, self._session, self._address)
