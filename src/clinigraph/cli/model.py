"""``clinigraph model …``: the server of the model."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from clinigraph.llm.serving import ServerOptions

model_app = typer.Typer(help="The server of the model.", no_args_is_help=True, rich_markup_mode=None)


@model_app.command()
def serve(
    model: Annotated[str, typer.Option("--model", help="Directory, name on a hub, or text / image for tests.")],
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    name: Annotated[str, typer.Option("--name", help="Name for clients; the model's own by default.")] = "",
    context: Annotated[int | None, typer.Option("--context", min=256, help="Tokens of context.")] = None,
    pictures: Annotated[int, typer.Option("--pictures", min=0, help="Most pictures of one prompt.")] = 4,
    wait: Annotated[float, typer.Option("--wait", min=1, help="Longest time to get ready, in seconds.")] = 900,
    extra: Annotated[list[str] | None, typer.Option("--vllm", help="Passed to vLLM, e.g. --vllm=--seed=1.")] = None,
) -> None:
    """Start vLLM in its own environment and print its address; Ctrl-C stops it."""
    from typing import cast

    from clinigraph.errors import UsageError
    from clinigraph.llm.serving import Device, ServerOptions

    if device not in ("auto", "cpu", "cuda"):
        raise UsageError("There is no such device", given=device, todo="Give auto, cpu or cuda.")
    options = ServerOptions(
        model=model,
        name=name,
        device=cast("Device", device),
        host=host,
        port=port,
        max_model_len=context,
        pictures=pictures,
        extra=tuple(extra or ()),
    )
    _serve(options, wait)


@model_app.command()
def check(
    model: Annotated[str | None, typer.Option("--model", help="Model as the server names it.")] = None,
    base_url: Annotated[str | None, typer.Option("--base-url", help="OpenAI-compatible server.")] = None,
) -> None:
    """Ask a server whether it serves the model and whether that takes pictures."""
    from clinigraph.errors import UsageError
    from clinigraph.llm.openai_chat import OpenAiChat
    from clinigraph.settings import Settings

    given = {"model_name": model, "model_base_url": base_url}
    settings = Settings().model_copy(update={k: v for k, v in given.items() if v is not None})
    chat = OpenAiChat.from_settings(settings)
    if chat is None:
        raise UsageError("No server is set", todo="Give --base-url and --model.")
    chat.check()
    eyes = "takes pictures" if chat.sees_images else "takes text only"
    typer.echo(f"{chat.name} answers and {eyes}.")


def _serve(options: ServerOptions, wait_s: float) -> None:
    from clinigraph.llm.server_process import ModelServer
    from clinigraph.llm.serving import launch_for
    from clinigraph.settings import Settings

    settings = Settings()
    launch = launch_for(options, settings)
    server = ModelServer(launch, settings.state_dir / f"model-server-{launch.port}.log")
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with server:
            typer.echo(f"Starting {launch.name}; what it says goes to {server.log}", err=True)
            server.wait_ready(wait_s, lambda s: typer.echo(f"  loading … {s:.0f} s", err=True))
            typer.echo(launch.base_url)
            typer.echo(
                f"Ready. clinigraph diagnose CASE --model {launch.name} --base-url {launch.base_url}\n"
                "Ctrl-C stops the server.",
                err=True,
            )
            server.wait()
    except KeyboardInterrupt:
        typer.echo("The model server is stopped.", err=True)
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
