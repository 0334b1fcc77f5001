"""The history of a run: every event on disk as one line, and whoever watches is told at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

from pydantic import JsonValue, ValidationError

from clinigraph.models.events import RunEvent
from clinigraph.ui.values import StreamEvent


class History:
    """Events of one run, in order, from its first start over every restart.

    Nothing is dropped: a watcher that comes late, or comes back after a lost connection, is given what it missed.

    Args:
        path: File with one JSON object a line; made when first written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._events = list(_read(path))
        self._changed = asyncio.Condition()
        self._closed = False

    @property
    def events(self) -> tuple[StreamEvent, ...]:
        """What happened so far."""
        return tuple(self._events)

    async def add_event(self, event: RunEvent) -> StreamEvent:
        """Keep an event of the state machine; its report is kept elsewhere."""
        detail: dict[str, JsonValue] = dict(event.detail)
        if "masks" in detail:
            detail["run"] = event.run_id
        return await self.add(event.kind.value, event.node, event.message, event.seconds, detail)

    async def add(
        self,
        kind: str,
        node: str = "",
        message: str = "",
        seconds: float | None = None,
        detail: dict[str, JsonValue] | None = None,
    ) -> StreamEvent:
        """Keep an event and wake those who watch."""
        made = StreamEvent(
            index=len(self._events),
            kind=kind,
            at_unix=time.time(),
            node=node,
            message=message,
            seconds=seconds,
            detail=detail or {},
        )
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(made.model_dump_json() + "\n")
        async with self._changed:
            self._events.append(made)
            self._changed.notify_all()
        return made

    async def close(self) -> None:
        """Say that nothing more will come until the run is resumed; watchers end."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def watch(self, start: int = 0) -> AsyncIterator[StreamEvent]:
        """Yield events from an index on, then new ones as they come, until the history is closed."""
        position = start
        while True:
            fresh = await self._after(position)
            for event in fresh:
                yield event
            position += len(fresh)
            if self._closed and position >= len(self._events):
                return

    async def batches(self, every_s: float) -> AsyncIterator[tuple[StreamEvent, ...]]:
        """Yield all events so far whenever some have come, at most once in a span of seconds, until closed."""
        position = 0
        while True:
            fresh = await self._after(position)
            if fresh or not position:
                yield self.events
            position += len(fresh)
            if self._closed and position >= len(self._events):
                return
            await asyncio.sleep(every_s)

    async def _after(self, position: int) -> list[StreamEvent]:
        async with self._changed:
            await self._changed.wait_for(lambda: position < len(self._events) or self._closed)
            return self._events[position:]


def _read(path: Path) -> list[StreamEvent]:
    """Return the events of a file; a last line that a crash cut short is left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    events: list[StreamEvent] = []
    for line in lines:
        try:
            events.append(StreamEvent.model_validate_json(line))
        except ValidationError:
            break
    return events
