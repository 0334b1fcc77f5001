"""The application: API, page, gate; and how it is served."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp

from clinigraph.errors import ClinigraphError, InputRefused, InputTooLarge, PlanInvalid, UsageError
from clinigraph.settings import Settings
from clinigraph.ui.api import router
from clinigraph.ui.api_pictures import router as pictures
from clinigraph.ui.hub import Hub
from clinigraph.ui.security import Gate, check_binding, is_loopback
from clinigraph.version import installed_version


def create_app(hub: Hub) -> FastAPI:
    """Return the API of a hub, not yet guarded; see :func:`guarded`."""
    app = FastAPI(
        title="Clinigraph",
        version=installed_version(),
        description="Research use only. Not a medical device.",
        lifespan=_lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.hub = hub
    app.include_router(router)
    app.include_router(pictures)
    app.add_exception_handler(ClinigraphError, _refused)
    return app


def guarded(app: ASGIApp, host: str, token: str | None) -> ASGIApp:
    """Return an application behind its gate.

    Raises:
        UsageError: Other machines would reach it without a token.
    """
    check_binding(host, token)
    return Gate(app, token=token, loopback=is_loopback(host))


def create_server_app(settings: Settings, host: str, token: str | None) -> ASGIApp:
    """Return everything that `clinigraph serve` serves.

    Raises:
        UsageError: Other machines would reach it without a token.
    """
    check_binding(host, token)
    hub = Hub(settings)
    return guarded(with_page(create_app(hub), hub), host, token)


def with_page(app: FastAPI, hub: Hub) -> FastAPI:
    """Mount the page of a hub at the root."""
    import gradio as gr

    from clinigraph.ui.page.blocks import build_page
    from clinigraph.ui.page.layout import FOLDER, theme

    gr.mount_gradio_app(
        app,
        build_page(hub),
        path="/",
        server_name="127.0.0.1",
        footer_links=[],
        show_error=False,
        max_file_size=hub.limits.file_bytes,
        ssr_mode=False,
        enable_monitoring=False,
        theme=theme(),
        css_paths=[FOLDER / "style.css"],
        head=f"<script>{(FOLDER / 'connection.js').read_text(encoding='utf-8')}</script>",
    )
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    hub: Hub = app.state.hub
    hub.take_up_all()
    yield
    await hub.runs.close()


async def _refused(request: Request, error: Exception) -> JSONResponse:
    del request
    return JSONResponse({"error": str(error)}, _status(error))


def _status(error: Exception) -> int:
    if isinstance(error, InputTooLarge):
        return 413
    if isinstance(error, InputRefused | PlanInvalid):
        return 422
    if isinstance(error, UsageError):
        return 404 if str(error).startswith(("There is no such", "That is no")) else 409
    return 500
