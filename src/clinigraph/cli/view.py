"""What is seen on the terminal: progress on standard error, the result on standard output."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich import box
from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from clinigraph.models.events import EventKind, RunEvent
from clinigraph.models.findings import IndicatorStatus, Met, Presence
from clinigraph.models.formatting import format_criterion, format_number, format_value, pretty_unit
from clinigraph.models.report import IndicatorRow, Report
from clinigraph.models.reporting import Verdict

if TYPE_CHECKING:
    from clinigraph.export import SavedReport

console = Console(stderr=True, highlight=False)

DOING = {
    "intake": "Reading the case",
    "triage": "Looking at what the image shows",
    "plan": "Making the plan",
    "survey": "Reading the record",
    "approve": "Waiting for approval",
    "schedule": "Choosing the next steps",
    "act": "Measuring",
    "reflect": "Judging the indicators",
    "ask": "Waiting for an answer",
    "consult": "Hearing the model",
    "decide": "Weighing",
    "write": "Writing claims",
    "verify": "Checking every claim",
    "sign": "Waiting for sign-off",
    "finish": "Finishing",
}
_QUIET_NODES = ("schedule", "finish", "act")
_STYLE = {Presence.PRESENT: "bold red", Presence.ABSENT: "bold green", Presence.INDETERMINATE: "bold yellow"}


class ProgressView:
    """A spinner for the node at work and a line for each that is done."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._status: Status | None = None

    def __enter__(self) -> Self:
        if not self._quiet:
            console.print("[dim]Research use only. Not a medical device.[/dim]")
            self._status = console.status("Starting") if console.is_terminal else None
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    async def ask(self, question: Mapping[str, object]) -> dict[str, object]:
        """Show what a paused run asks, and return the answer: a plan, a missing fact, a contradiction."""
        if self._status is not None:
            self._status.stop()
        asks = {"question": _fact, "contradicted": _contradicted}.get(str(question.get("kind")), _approval)
        answer = await asks(question)
        if self._status is not None:
            self._status.start()
        return answer

    def show(self, event: RunEvent) -> None:
        """Show one event."""
        if self._quiet:
            return
        if event.kind is EventKind.NODE_STARTED and self._status is not None:
            self._status.update(DOING.get(event.node, event.node))
        line = _line(event)
        if line is not None:
            console.print(line)


async def _contradicted(question: Mapping[str, object]) -> dict[str, object]:
    import typer

    claims = question.get("claims")
    for claim in claims if isinstance(claims, list) else ():
        console.print(f"  {claim['text']} ({claim['explanation']})", markup=False)
    text = "The evidence contradicts this. Keep the decision without it?"
    kept = await asyncio.to_thread(typer.confirm, text, default=False, err=True)
    return {"action": "keep" if kept else "withdraw"}


async def _approval(question: Mapping[str, object]) -> dict[str, object]:
    import typer

    plan = question.get("plan")
    steps = plan.get("steps", []) if isinstance(plan, dict) else []
    for step in steps:
        console.print(f"  {step['id']}: {step['tool']}", markup=False)
    agreed = await asyncio.to_thread(typer.confirm, "Run this plan?", err=True)
    return {"action": "approve" if agreed else "reject"}


async def _fact(question: Mapping[str, object]) -> dict[str, object]:
    import typer

    text = f"{question.get('text')} (empty: not known)"
    said = await asyncio.to_thread(typer.prompt, text, default="", show_default=False, err=True)
    return {"action": "answer", "value": said} if said.strip() else {"action": "skip"}


def _line(event: RunEvent) -> Text | None:
    match event.kind:
        case EventKind.RUN_RESUMED:
            return Text(f"  ↻ {event.message}", style="yellow")
        case EventKind.NODE_FINISHED if event.node not in _QUIET_NODES:
            seconds = f"{event.seconds or 0:6.2f} s"
            return Text.assemble(("  ✓ ", "green"), f"{DOING.get(event.node, event.node):34}", (seconds, "dim"))
        case EventKind.TOOL_RESULT:
            good = event.detail.get("status") == "ok"
            mark = ("    • ", "green") if good else ("    ◦ ", "yellow")
            reason = f": {event.message}" if event.message else ""
            return Text.assemble(mark, f"{event.node}{reason}")
        case _:
            return None


def show_report(report: Report, saved: SavedReport) -> None:
    """Print impression, indicator table, verdict counts and where the report lies."""
    out = Console(highlight=False)
    out.print()
    out.print(Text(report.disclaimer, style="dim"))
    impression = report.impression
    out.print(
        Text.assemble(
            f"{impression.condition[:1].upper()}{impression.condition[1:]}: ",
            (impression.decision.value.upper(), _STYLE[impression.decision]),
            _score(report),
        )
    )
    out.print(Text(impression.rationale))
    if report.indicators:
        _show_indicators(out, report)
    counts = ", ".join(f"{n} {v.value}" for v, n in report.verdict_counts.items() if n or v is Verdict.SUPPORTED)
    out.print(f"Claims: {counts}")
    if report.next_question is not None and report.next_question.would_change:
        out.print(Text(f"An answer that would change the decision: {report.next_question.text}"))
    for text in report.limitations if not report.indicators else ():
        out.print(Text(f"• {text}"))
    out.print(f"Report: {saved.html}", soft_wrap=True)


def _score(report: Report) -> str:
    impression = report.impression
    if impression.score is None or impression.threshold is None:
        return ""
    beside = (impression.threshold,)
    low, high = (format_value(x or 0.0, beside=beside) for x in (impression.score_low, impression.score_high))
    span = f" ({low} to {high})" if low != high else ""
    return f"   score {format_value(impression.score, beside=beside)}{span}, threshold {impression.threshold:g}"


def _show_indicators(out: Console, report: Report) -> None:
    """Print the table, then what was not assessed with the reason, then the cited passages."""
    cited = list(dict.fromkeys(r.criterion.passage_id for r in report.indicators if r.criterion))
    numbers = {passage_id: f"[{n}]" for n, passage_id in enumerate(cited, start=1)}
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in ("Indicator", "Value", "Interval", "Criterion", "Met", "Weight", "Cite"):
        table.add_column(name, justify="right" if name in ("Value", "Weight") else "left", no_wrap=name != "Indicator")
    for row in report.indicators:
        citation = numbers[row.criterion.passage_id] if row.criterion else ""
        table.add_row(*(Text(cell) for cell in (*_cells(row), citation)))
    out.print(table)
    for row in report.indicators:
        if row.status is not IndicatorStatus.COMPLETE:
            out.print(Text(f"– {row.name}: not assessed, {row.reason}", style="dim"))
    passages = {p.id: p for p in report.passages}
    for passage_id, number in numbers.items():
        out.print(Text(f"{number} {passages[passage_id].citation} ({passage_id})", style="dim"))


def _cells(row: IndicatorRow) -> tuple[str, ...]:
    criterion = row.criterion
    beside = (criterion.threshold,) if criterion else ()
    value = "–"
    if row.value is not None:
        value = f"{row.value:g} of 5" if row.kind == "qualitative" else format_value(row.value, row.unit, beside=beside)
    interval = ""
    if row.interval is not None:
        ends = (format_number(x, row.unit, beside=beside) for x in (row.interval.low, row.interval.high))
        interval = " to ".join(ends) + (f" {pretty_unit(row.unit)}" if pretty_unit(row.unit) else "")
    assessed = row.status is IndicatorStatus.COMPLETE and row.met is not Met.NOT_ASSESSED
    return (
        row.name,
        value,
        interval,
        format_criterion(criterion) if criterion else "",
        row.met.value if assessed else "–",
        f"{row.weight:.2f}",
    )
