"""Every route of the server, those of the page included, is behind the token."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import _IncludedRouter
from fastapi.testclient import TestClient
from starlette.routing import BaseRoute, Mount, Route

from clinigraph.settings import Settings
from clinigraph.testing.world import World
from clinigraph.ui.hub import Hub
from clinigraph.ui.server import create_app, guarded, with_page

TOKEN = "t" * 32
Asked = tuple[str, str]


def asked(routes: Sequence[BaseRoute], prefix: str = "") -> Iterator[Asked]:
    """Yield method and address of every route, and one address below every mounted folder."""
    for route in routes:
        if isinstance(route, _IncludedRouter):
            yield from asked(route.original_router.routes, prefix + route.include_context.prefix)
        elif isinstance(route, Route):
            path = re.sub(r"\{[^}]*\}", "x", route.path)
            yield from ((method, prefix + path) for method in sorted(route.methods or {"GET"}))
        elif isinstance(route, Mount):
            inner = route.routes
            yield from asked(inner, prefix + route.path) if inner else [("GET", f"{prefix}{route.path}/x")]


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore")
def test_every_route_off_loopback_answers_401_without_a_token(tmp_path: Path) -> None:
    hub = Hub(Settings(state_dir=tmp_path / "state"), shared=World(tmp_path / "world").session())

    async def built() -> FastAPI:
        return with_page(create_app(hub), hub)  # outside of a loop Gradio makes loops that it never closes

    app = asyncio.run(built())
    found = sorted(set(asked(app.routes)))
    paths = {path for _, path in found}
    assert {"/api/v1/cases", "/api/v1/openapi.json", "/gradio_api/upload", "/gradio_api/queue/join"} <= paths
    client = TestClient(guarded(app, "0.0.0.0", TOKEN), base_url="http://station.example")  # noqa: S104
    answers = {(method, path): client.request(method, path).status_code for method, path in found}
    assert {a: status for a, status in answers.items() if status != 401} == {}
    headers = {"authorization": f"Bearer {TOKEN}"}
    assert client.get("/api/v1/health", headers=headers).status_code == 200
