"""``clinigraph serve``: the walkthrough page and its API."""

from __future__ import annotations

import socket
from importlib.util import find_spec

import typer

from clinigraph.errors import UsageError
from clinigraph.settings import Settings


def serve_page(host: str, port: int) -> None:
    """Serve until stopped; running cases are stopped in a state from which the next start goes on.

    Raises:
        UsageError: The page's packages are missing, the address needs a token, or the port is taken.
    """
    if find_spec("uvicorn") is None or find_spec("fastapi") is None or find_spec("gradio") is None:
        raise UsageError("The page needs packages that are not installed", todo="pip install 'clinigraph[ui]'")
    import uvicorn

    from clinigraph.ui.server import create_server_app

    settings = Settings()
    token = settings.serve_token.get_secret_value() if settings.serve_token else None
    app = create_server_app(settings, host, token)
    bound = _bind(host, port)
    shown = f"http://{host}:{bound.getsockname()[1]}"
    typer.echo(f"Research use only. Not a medical device.\nServing on {shown} (Ctrl-C stops)", err=True)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5, server_header=False)
    uvicorn.Server(config).run(sockets=[bound])


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(128)  # who comes before the application is up waits, and is not refused
    except OSError as error:
        made.close()
        raise UsageError(
            "The address cannot be served", given=f"{host}:{port}", todo="Choose another --port, or stop what holds it."
        ) from error
    return made
