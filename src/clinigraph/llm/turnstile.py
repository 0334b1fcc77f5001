"""Lets a number of calls through at a time, threads and event loops together, in the order of arrival."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager


class Turnstile:
    """A fair counting gate.

    Args:
        places: Most calls at a time, at least 1.
    """

    def __init__(self, places: int) -> None:
        if places < 1:
            raise ValueError(f"a turnstile needs at least one place, not {places}")
        self._free = places
        self._lock = threading.Lock()
        self._waiting: deque[Future[None]] = deque()

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Wait in this thread for a place and hold it."""
        ticket = self._ticket()
        if ticket is not None:
            try:
                ticket.result()
            except BaseException:  # an interrupt while waiting
                if not ticket.cancel():
                    self._leave()
                raise
        try:
            yield
        finally:
            self._leave()

    @asynccontextmanager
    async def aenter(self) -> AsyncIterator[None]:
        """Wait in this event loop for a place and hold it."""
        ticket = self._ticket()
        if ticket is not None:
            await self._wait(ticket)
        try:
            yield
        finally:
            self._leave()

    async def _wait(self, ticket: Future[None]) -> None:
        try:
            await asyncio.wrap_future(ticket)
        except asyncio.CancelledError:
            if not ticket.cancel():
                self._leave()  # the place was given while the wait was cancelled
            raise

    def _ticket(self) -> Future[None] | None:
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            ticket: Future[None] = Future()
            self._waiting.append(ticket)
            return ticket

    def _leave(self) -> None:
        with self._lock:
            while self._waiting:
                ticket = self._waiting.popleft()
                if ticket.set_running_or_notify_cancel():
                    ticket.set_result(None)
                    return
            self._free += 1
