"""Durable checkpoints in SQLite, read back under an allow-list that holds no custom type at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver


@asynccontextmanager
async def open_checkpoints(path: Path) -> AsyncIterator[AsyncSqliteSaver]:
    """Open (or create) a checkpoint file.

    The serializer is strict: besides LangGraph's own safe types nothing is rebuilt from a checkpoint, so that a file
    changed by somebody else cannot run code.

    Args:
        path: SQLite file; its folder is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    serde = JsonPlusSerializer(pickle_fallback=False, allowed_msgpack_modules=None)
    async with aiosqlite.connect(path) as connection:
        await connection.execute("PRAGMA journal_mode=WAL")
        await connection.execute("PRAGMA synchronous=NORMAL")
        yield AsyncSqliteSaver(connection, serde=serde)
