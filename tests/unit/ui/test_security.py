"""Who may speak to the server: loopback names or a token; a user behind each cookie."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from clinigraph.errors import UsageError
from clinigraph.ui.security import COOKIE, Gate, RateLimit, check_binding, is_loopback, user_of

TOKEN = "t" * 32


def application() -> FastAPI:
    app = FastAPI()

    @app.get("/api/v1/me")
    def me(request: Request) -> dict[str, str]:
        return {"user": request.state.user}

    @app.post("/api/v1/me")
    def change(request: Request) -> dict[str, str]:
        return {"user": request.state.user}

    return app


def client(token: str | None = None, loopback: bool = True, limit: RateLimit | None = None) -> TestClient:
    host = "http://127.0.0.1" if loopback else "http://station.example"
    return TestClient(Gate(application(), token=token, loopback=loopback, limit=limit), base_url=host)


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("192.168.1.2", False), ("x", False)],  # noqa: S104
)
def test_only_this_machines_own_addresses_are_loopback(host: str, own: bool) -> None:
    assert is_loopback(host) is own


@pytest.mark.parametrize("token", [None, "", "short"])
def test_serving_other_machines_without_a_token_is_refused(token: str | None) -> None:
    with pytest.raises(UsageError, match="needs a token"):
        check_binding("0.0.0.0", token)  # noqa: S104
    check_binding("127.0.0.1", token)
    check_binding("0.0.0.0", TOKEN)  # noqa: S104


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_route_answers_401_without_the_token(method: str) -> None:
    asked = client(TOKEN, loopback=False)
    assert getattr(asked, method)("/api/v1/me").status_code == 401
    assert getattr(asked, method)("/anything").status_code == 401
    assert getattr(asked, method)("/api/v1/me", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert getattr(asked, method)("/api/v1/me", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_the_token_in_the_address_becomes_a_cookie() -> None:
    asked = client(TOKEN, loopback=False)
    assert asked.get(f"/api/v1/me?token={TOKEN}").status_code == 200
    assert asked.get("/api/v1/me").status_code == 200


def test_guessing_is_slowed_down_and_forgotten_after_the_window() -> None:
    now = [0.0]
    asked = client(TOKEN, loopback=False, limit=RateLimit(3, 60, lambda: now[0]))
    wrong = {"authorization": "Bearer wrong"}
    assert [asked.get("/api/v1/me", headers=wrong).status_code for _ in range(4)] == [401, 401, 401, 429]
    assert asked.get("/api/v1/me", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 429
    now[0] = 61.0
    assert asked.get("/api/v1/me", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_foreign_name_for_this_machine_is_not_answered() -> None:
    assert client().get("/api/v1/me", headers={"host": "evil.example"}).status_code == 421


def test_a_change_from_another_site_is_refused() -> None:
    asked = client()
    assert asked.post("/api/v1/me", headers={"origin": "http://evil.example"}).status_code == 403
    assert asked.post("/api/v1/me", headers={"origin": "http://127.0.0.1"}).status_code == 200


def test_a_visitor_keeps_the_user_of_the_first_visit() -> None:
    asked = client()
    first = asked.get("/api/v1/me")
    assert asked.get("/api/v1/me").json() == first.json()
    assert client().get("/api/v1/me").json() != first.json()
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_a_client_may_name_its_secret_in_a_header() -> None:
    secret = "s" * 40
    found = client().get("/api/v1/me", headers={"x-clinigraph-user": secret}).json()
    assert found == {"user": user_of(secret)}
    assert secret not in found["user"]


def test_a_secret_that_could_be_guessed_is_replaced() -> None:
    asked = client()
    asked.cookies.set(COOKIE, "short")
    assert asked.get("/api/v1/me").json() != {"user": user_of("short")}


def test_every_answer_carries_the_security_headers() -> None:
    for path in ("/api/v1/me", "/nothing"):
        headers = client().get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "SAMEORIGIN"
