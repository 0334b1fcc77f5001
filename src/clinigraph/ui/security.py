"""Who may speak to the server: loopback or a token, limits on guessing, a user behind each cookie, safe headers."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clinigraph.errors import UsageError
from clinigraph.ui.values import UserId

COOKIE = "clinigraph_user"
"""Holds 256 random bits; the user's folder is named by their hash."""
TOKEN_COOKIE = "clinigraph_token"  # noqa: S105 - a cookie's name
_YEAR_S = 365 * 24 * 3600
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
API_POLICY = "default-src 'none'; frame-ancestors 'self'"
"""Content policy of everything but the page: what the API serves runs nothing."""


def check_binding(host: str, token: str | None) -> None:
    """Refuse to serve other machines without a token.

    Raises:
        UsageError: The address is not a loopback one and there is no token of at least 16 characters.
    """
    if is_loopback(host):
        return
    if token is None or len(token) < 16:
        raise UsageError(
            "An address that other machines reach needs a token",
            given=host,
            todo="Set CLINIGRAPH_SERVE_TOKEN to at least 16 random characters, or serve on 127.0.0.1.",
        )


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def user_of(secret: str) -> UserId:
    """Return the id of the user who holds a secret."""
    return UserId(hashlib.sha256(b"clinigraph user\0" + secret.encode()).hexdigest()[:32])


class RateLimit:
    """At most so many failures per address in a window of time; old addresses are forgotten.

    Args:
        failures: Most failures.
        window_s: Length of the window in seconds.
        clock: Gives seconds.
    """

    def __init__(self, failures: int = 10, window_s: float = 60, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures = failures
        self._window_s = window_s
        self._clock = clock
        self._seen: OrderedDict[str, list[float]] = OrderedDict()

    def blocked(self, address: str) -> bool:
        """Whether an address has failed too often."""
        since = self._clock() - self._window_s
        return sum(t > since for t in self._seen.get(address, ())) >= self._failures

    def failed(self, address: str) -> None:
        """Count a failure."""
        since = self._clock() - self._window_s
        self._seen[address] = [*(t for t in self._seen.get(address, ()) if t > since), self._clock()]
        self._seen.move_to_end(address)
        while len(self._seen) > 10_000:
            self._seen.popitem(last=False)


class Gate:
    """ASGI middleware: host, token, origin, user and headers, in this order.

    - Host: on loopback only loopback names are answered (a page of another site cannot reach it by DNS rebinding).
    - Token: where one is set, every route answers 401 without it (``Authorization: Bearer`` or the cookie that
      ``/?token=`` sets); compared in constant time, failures limited per address.
    - Origin: a request that changes something and names a foreign origin is refused.
    - User: ``scope["state"]["user"]``; a new visitor gets a cookie.

    Args:
        app: What is guarded.
        token: The server's token, or None on loopback.
        loopback: Whether only this machine is served.
        limit: Counts wrong tokens.
    """

    def __init__(
        self, app: ASGIApp, *, token: str | None = None, loopback: bool = True, limit: RateLimit | None = None
    ) -> None:
        self._app = app
        self._token = token
        self._loopback = loopback
        self._limit = limit or RateLimit()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            status, text = refusal
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4000 + status, "reason": text})
                return
            await JSONResponse({"error": text}, status, SECURITY_HEADERS)(scope, receive, send)
            return
        cookies = _cookies(headers)
        secret = headers.get("x-clinigraph-user") or cookies.get(COOKIE, "")
        fresh = len(secret) < 32
        if fresh:
            secret = secrets.token_urlsafe(32)
        scope.setdefault("state", {})["user"] = user_of(secret)
        await self._app(scope, receive, _sender(scope, send, self._cookies_to_set(scope, secret if fresh else None)))

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0].strip("[]") if not host.endswith("]") else host.strip("[]")
        if self._loopback and not is_loopback(name):
            return 421, "This server answers to loopback names only."
        if self._token is not None:
            refused = self._token_refusal(scope, headers, self._token)
            if refused is not None:
                return refused
        origin = headers.get("origin")
        if origin is not None and origin.split("://", 1)[-1] != host and scope.get("method") not in ("GET", "HEAD"):
            return 403, "Requests from other sites are refused."
        return None

    def _token_refusal(self, scope: Scope, headers: Headers, token: str) -> tuple[int, str] | None:
        client = scope.get("client")
        address = str(client[0]) if client else ""
        if self._limit.blocked(address):
            return 429, "Too many wrong tokens; wait a minute."
        given = headers.get("authorization", "").removeprefix("Bearer ") or _query_token(scope)
        given = given or _cookies(headers).get(TOKEN_COOKIE, "")
        if hmac.compare_digest(given.encode(), token.encode()):
            return None
        if given:
            self._limit.failed(address)
        return 401, "A token is needed: Authorization: Bearer TOKEN, or open the page with ?token=TOKEN."

    def _cookies_to_set(self, scope: Scope, secret: str | None) -> list[str]:
        flags = "Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if scope.get("scheme") == "https" else "")
        made = [f"{COOKIE}={secret}; Max-Age={_YEAR_S}; {flags}"] if secret is not None else []
        if self._token is not None and _query_token(scope):
            made.append(f"{TOKEN_COOKIE}={self._token}; {flags}")
        return made


def _sender(scope: Scope, send: Send, cookies: list[str]) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers[name] = value
            if scope["path"].startswith("/api/") and "content-security-policy" not in headers:
                headers["content-security-policy"] = API_POLICY
            for cookie in cookies:
                headers.append("set-cookie", cookie)
        await send(message)

    return wrapped


def _cookies(headers: Headers) -> dict[str, str]:
    try:
        return {k: m.value for k, m in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


def _query_token(scope: Scope) -> str:
    from urllib.parse import parse_qs

    query: bytes = scope.get("query_string", b"")
    return parse_qs(query.decode("latin-1")).get("token", [""])[0]
