"""Runs the application and turns errors into one line and an exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from clinigraph.errors import ClinigraphError

STOPPED = 130
_RESUME = "Stopped. Run the same command again to resume."


def run_guarded(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    import typer
    from typer.exceptions import TyperException

    from clinigraph.cli.app import app

    debug = "--debug" in arguments
    try:
        result = app(args=[a for a in arguments if a != "--debug"], prog_name="clinigraph", standalone_mode=False)
    except ClinigraphError as error:
        _show(error, debug)
        return error.exit_code
    except typer.Exit as leaving:
        return int(leaving.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        print(_RESUME, file=sys.stderr)
        return STOPPED
    except TyperException as error:
        _usage(error)
        return 2
    except BrokenPipeError:
        return 0
    except Exception as error:
        _unexpected(error, debug)
        return 5
    if result == STOPPED:  # typer answers Ctrl-C itself, without a word
        print(_RESUME, file=sys.stderr)
    return int(result) if isinstance(result, int) else 0


def _show(error: ClinigraphError, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    print(f"clinigraph: {error}", file=sys.stderr)


def _usage(error: Exception) -> None:
    show = getattr(error, "show", None)
    if callable(show):
        show()
    else:
        print(f"clinigraph: {error}", file=sys.stderr)


def _unexpected(error: Exception, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    hint = "" if debug else " Run again with --debug and report what it shows."
    print(f"clinigraph: Internal failure ({type(error).__name__}).{hint}", file=sys.stderr)
