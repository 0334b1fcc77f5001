"""Whatever fits the API's own schema, and much that does not, is answered without a failure of the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from clinigraph.client.session import Session
from clinigraph.settings import Settings
from clinigraph.testing.world import World
from clinigraph.ui.hub import Hub
from clinigraph.ui.library import CasePlace
from clinigraph.ui.security import Gate
from clinigraph.ui.server import create_app

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")


def test_no_request_makes_the_server_fail(tmp_path: Path) -> None:
    world = World(tmp_path / "world")

    def make(place: CasePlace) -> Session:
        world.settings = {"state_dir": place.state, "keep_runs": True}
        return world.session()

    app = create_app(Hub(Settings(state_dir=tmp_path / "state"), make, shared=world.session()))
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", Gate(app, loopback=False))
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 15
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(max_examples=5, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def ask(case: Any) -> None:
            response = case.call(headers={"x-clinigraph-user": "a secret of a client, long enough"})
            assert response.status_code < 500, f"{case.method} {case.path}: {response.text}"

        ask()


def test_the_schema_names_every_route_of_a_case() -> None:
    paths = create_app(Hub(Settings(state_dir=Path("unused")))).openapi()["paths"]
    for route in ("files/{name}", "runs", "runs/{number}/events", "runs/{number}/answer", "runs/{number}/cancel",
                  "runs/{number}/resume", "runs/{number}/report.{kind}", "runs/{number}/ask", "compare"):  # fmt: skip
        assert f"/api/v1/cases/{{case_id}}/{route}" in paths
