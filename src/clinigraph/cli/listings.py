"""``clinigraph protocols``, ``tools`` and ``models``."""

from __future__ import annotations

import json
from collections.abc import Sequence

import typer
from rich import box
from rich.console import Console
from rich.table import Table

_MANY_KINDS = 6
"""A tool that accepts more kinds of images is said to read any."""


def show_protocols(*, as_json: bool) -> None:
    """List protocols with whether they can be run here."""
    from clinigraph.client.session import Session

    session = Session()
    rows = [
        {
            "id": p.id,
            "version": p.version,
            "title": p.title,
            "modality": p.modality.label,
            "specialty": p.specialty,
            "available": session.availability[p.id].available,
            "assessable_share": session.availability[p.id].assessable_share,
            "reason": session.availability[p.id].reason,
            "gaps": list(session.availability[p.id].gaps),
            "reviewed": p.reviewed,
        }
        for p in session.protocols
    ]
    if as_json:
        _print_json({"protocols": rows})
        return
    table = _table("Protocol", "Version", "Reads", "Available", "Assessable weight", "Title")
    for r in rows:
        available = "yes" if r["available"] else f"no: {r['reason']}"
        cells = (
            r["id"],
            r["version"],
            r["modality"],
            available,
            f"{float(str(r['assessable_share'])):.0%}",
            r["title"],
        )
        table.add_row(*map(str, cells))
    _show(table)


def broken_tools(tools: object) -> dict[str, str]:
    """Return plugins and bundles that could not be loaded, with the reason; only a registry knows of such."""
    from clinigraph.tools.registry import ToolRegistry

    if not isinstance(tools, ToolRegistry):
        return {}
    return {name: reason for name, reason in tools.unavailable().items() if name not in tools}


def show_tools(*, as_json: bool) -> None:
    """List tools with inputs, outputs and availability."""
    from clinigraph.client.session import Session
    from clinigraph.client.weights import accepted

    session = Session()
    specs = sorted(session.tools.specs(), key=lambda s: s.name)
    broken = broken_tools(session.tools)
    if as_json:
        rows = [{**s.model_dump(mode="json"), "unavailable": session.unavailable[s.name]} for s in specs]
        _print_json({"tools": rows, "broken": broken})
        return
    table = _table("Tool", "Available", "Reads", "Inputs", "Outputs")
    for s in specs:
        reason = session.unavailable[s.name]
        available = f"no: {reason}" if reason else "yes"
        table.add_row(s.name, available, _reads(accepted(s)), "\n".join(s.inputs), "\n".join(s.outputs))
    for name, reason in broken.items():
        table.add_row(name, f"no: {reason}", "–", "–", "–")
    _show(table)


def _reads(kinds: Sequence[str]) -> str:
    return "any medical picture" if len(kinds) > _MANY_KINDS else ", ".join(kinds) or "–"


def show_models(*, as_json: bool) -> None:
    """List every set of weights that this installation can load."""
    from clinigraph.client.session import Session
    from clinigraph.client.weights import weights_of

    session = Session()
    rows = weights_of(session.settings, session.tools.specs())
    if as_json:
        _print_json({"models": [r.model_dump(mode="json") for r in rows]})
        return
    for row in rows:
        typer.echo(f"{row.name} {row.version}")
        stated = (("from", row.origin), ("licence", row.licence), ("reads", _reads(row.accepts)))
        for word, text in (*stated, ("sha256", row.sha256 or "not stated")):
            typer.echo(f"  {word:<8} {text}")


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for index, name in enumerate(columns):
        table.add_column(name, overflow="fold", no_wrap=index == 0)
    return table


def _show(table: Table) -> None:
    Console(highlight=False).print(table)


def _print_json(data: object) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
