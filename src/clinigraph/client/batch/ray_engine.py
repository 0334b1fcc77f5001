"""Cases on a Ray cluster, one actor a worker; imported only when asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from clinigraph.client.batch.values import BatchCase, BatchRow, CaseStatus
from clinigraph.client.batch.work import session_maker, work
from clinigraph.errors import UsageError

if TYPE_CHECKING:
    import ray

    from clinigraph.client.session import Session

ATTEMPTS = 3


class Worker:
    """An actor: makes its session once, works off one case after another."""

    def __init__(self, session: str) -> None:
        self._session: Session = session_maker(session)()

    def work(self, case: BatchCase, out: str) -> BatchRow:
        """Run one case."""
        return work(self._session, case, Path(out))


class _Method(Protocol):
    def remote(self, case: BatchCase, out: str) -> ray.ObjectRef[BatchRow]: ...


class _Handle(Protocol):
    """A worker as its owner sees it."""

    work: _Method


def run_on_ray(
    cases: Sequence[BatchCase], out: Path, workers: int, session: str, address: str | None
) -> Iterator[BatchRow]:
    """Run cases on a cluster; see :class:`clinigraph.client.batch.engine.RayEngine`.

    Raises:
        UsageError: Ray is not installed.
    """
    if find_spec("ray") is None:
        raise UsageError(
            "The engine ray needs a package that is not installed", todo="pip install 'clinigraph[cluster]'"
        )
    import ray

    started = not ray.is_initialized()
    if started:
        ray.init(address=address, include_dashboard=False, log_to_driver=False, configure_logging=False)
    try:
        yield from _spread(cases, out, workers, session)
    finally:
        if started:
            ray.shutdown()


def _spread(cases: Sequence[BatchCase], out: Path, workers: int, session: str) -> Iterator[BatchRow]:
    import ray

    remote = ray.remote(num_cpus=1, max_restarts=0)(Worker)
    idle = deque(cast("_Handle", remote.remote(session)) for _ in range(min(workers, len(cases))))
    waiting = deque((case, 1) for case in cases)
    running: dict[ray.ObjectRef[BatchRow], tuple[_Handle, BatchCase, int]] = {}
    while waiting or running:
        while waiting and idle:
            case, attempt = waiting.popleft()
            actor = idle.popleft()
            running[actor.work.remote(case, str(out))] = (actor, case, attempt)
        ready, _ = ray.wait(list(running), num_returns=1)
        actor, case, attempt = running.pop(ready[0])
        try:
            row: BatchRow = ray.get(ready[0])
            idle.append(actor)
            yield row.replace(attempts=attempt)
        except ray.exceptions.RayError:
            idle.append(cast("_Handle", remote.remote(session)))  # a lost actor takes no call while it restarts
            if attempt < ATTEMPTS:
                waiting.append((case, attempt + 1))
                continue
            message = f"The worker was lost {attempt} times over this case."
            yield BatchRow(id=case.id, status=CaseStatus.FAILED, message=message, attempts=attempt)
