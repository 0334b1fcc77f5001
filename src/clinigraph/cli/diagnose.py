"""``clinigraph diagnose`` and ``clinigraph demo``."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path

import typer
from pydantic import ValidationError

from clinigraph.cli.prompts import parse_boxes, parse_facts, parse_points
from clinigraph.cli.view import ProgressView, show_report
from clinigraph.errors import ClinigraphError, PlanInvalid, UsageError
from clinigraph.models.base import ProtocolId
from clinigraph.models.events import EventKind
from clinigraph.models.planning import DiagnosticProtocol
from clinigraph.models.switches import Switches
from clinigraph.settings import Settings


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked on the command line."""

    paths: tuple[Path, ...]
    out: Path
    question: str = ""
    protocol: str | None = None
    boxes: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    model: str | None = None
    base_url: str | None = None
    alpha: float | None = None
    fallback: bool = False
    plan: Path | None = None
    switches: Switches = field(default_factory=Switches)
    approve: bool = False
    resume: bool = True
    as_json: bool = False


def run_and_save(request: Request) -> None:
    """Run the case, save the report, show it.

    Raises:
        ClinigraphError: Whatever stopped the run; nothing is written then.
    """
    from clinigraph.client.report import Report

    report = asyncio.run(_run(request))
    if not isinstance(report, Report):
        raise ClinigraphError("The run ended without a report", todo="Run it again with --debug.")
    saved = report.save(request.out)
    if request.as_json:
        typer.echo(json.dumps(report.model_dump(mode="json"), ensure_ascii=False, indent=2))
        return
    show_report(report, saved)


async def _run(request: Request) -> object:
    from clinigraph.client.options import RunOptions
    from clinigraph.client.session import Session
    from clinigraph.client.sources import PathSource

    boxes, points, facts = parse_boxes(request.boxes), parse_points(request.points), parse_facts(request.facts)
    session = Session(_settings(request))
    source = PathSource(request.paths, session.settings, request.question, boxes, facts, points)
    report: object = None
    with ProgressView(quiet=request.as_json) as view:
        options = RunOptions(
            protocol=ProtocolId(request.protocol) if request.protocol else None,
            approve=request.approve,
            resume=request.resume,
            switches=request.switches,
            plan=_plan(request.plan),
            on_pause=view.ask if request.approve or request.switches.max_questions else None,
        )
        async for event in session.stream(source, options):
            view.show(event)
            if event.kind is EventKind.REPORT_READY:
                report = event.report
    return report


def switches(**given: object) -> Switches:
    """Return the switches of the command line.

    Raises:
        UsageError: A value is none of those that an option takes.
    """
    try:
        return Switches.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = f"--{first['loc'][0]}"
        raise UsageError("That value cannot be", given=f"{name} {first['input']}", todo=f"{first['msg']}.") from error


def _plan(path: Path | None) -> DiagnosticProtocol | None:
    from clinigraph.knowledge.protocols import load_protocol

    if path is None:
        return None
    try:
        return load_protocol(path)
    except PlanInvalid as error:
        raise UsageError("The plan file cannot be used", given=error.given, todo=error.todo) from error


def _settings(request: Request) -> Settings:
    settings = Settings()
    changes = {
        "model_name": request.model,
        "model_base_url": request.base_url,
        "alpha": request.alpha,
        "model_fallback": request.fallback or None,
    }
    given = {k: v for k, v in changes.items() if v is not None}
    return settings.model_copy(update=given) if given else settings
