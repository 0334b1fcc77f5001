"""A report of logs: one HTML page that needs nothing else, and the same tables as Markdown."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinigraph.errors import UsageError
from clinigraph.evals import plotting
from clinigraph.evals.comparing import calibration_error, risk_coverage
from clinigraph.evals.contract import EvalTable
from clinigraph.evals.logs import Run, cost, paired_table
from clinigraph.evals.registry import benchmark
from clinigraph.models.report import DISCLAIMER

_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:75em;margin:2em auto;padding:0 1em;color:#1b1f24}"
    "h1{margin-bottom:.2em}h2{margin-top:2em;border-bottom:2px solid #1f5a8a;padding-bottom:.2em}p{margin:.35em 0}"
    ".scroll{overflow-x:auto;margin:1em 0}table{border-collapse:collapse;font-size:13px}"
    "td,th{border:1px solid #d0d5db;padding:.3em .6em;text-align:left;vertical-align:top}th{background:#eef2f6}"
    "tr:nth-child(odd) td{background:#fafbfc}caption{text-align:left;font-weight:600;padding:.3em 0;white-space:nowrap}"
    ".note{color:#555;font-size:13px}.bad{color:#a00;font-weight:600}svg{max-width:100%;height:auto}"
    "nav a{margin-right:1em}"
)


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the report."""

    title: str
    lines: tuple[str, ...]
    tables: tuple[EvalTable, ...] = ()
    plot: str | None = None


def write_report(runs: Sequence[Run], folder: Path) -> tuple[Path, Path]:
    """Write ``report.html`` and ``report.md``.

    Args:
        runs: What is reported; runs that were cut short are marked as such.
        folder: Where; made if it is not there.

    Raises:
        UsageError: There is nothing to report, or the folder cannot be written.
    """
    if not runs:
        raise UsageError("A report needs at least one log", todo="clinigraph eval report LOG.eval --out FOLDER")
    sections = tuple(_sections(runs))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        page, text = folder / "report.html", folder / "report.md"
        page.write_text(_html(sections), encoding="utf-8")
        text.write_text(_markdown(sections), encoding="utf-8")
    except OSError as error:
        raise UsageError("The report cannot be written", given=str(folder), todo="Choose another folder.") from error
    return page, text


def _sections(runs: Sequence[Run]) -> Iterator[Section]:
    yield Section("What ran", (DISCLAIMER,), (_overview(runs),))
    plots = (
        ("Tasks", plotting.forest(runs)),
        ("Configurations", plotting.bars(runs)),
        ("Risk and coverage", plotting.curves(runs)),
    )
    for title, plot in plots:
        if plot is not None:
            yield Section(title, (), plot=plot)
    pairs = tuple(_pairs(runs))
    if pairs:
        yield Section("Pairs", ("Runs of the same task, the first against each other one.",), pairs)
    for run in runs:
        bench = benchmark(run.task)
        marks = tuple(f"Published: {m.system}: {m.figure} ({m.source})." for m in bench.spec.published)
        cut = () if run.finished else (f"CUT SHORT: {len(run.outcomes)} of {run.planned} samples.",)
        data = ", ".join(f"{n} (sha256 {d[:12]}…)" for n, d in run.data.items())
        lines = (
            *cut,
            *((f"Data: {data}.",) if data else ()),
            f"Split: {bench.spec.split}",
            *marks,
            f"Log: {run.path.name} (open it with inspect view).",
        )
        yield Section(run.label, lines, tuple(bench.tables(run.outcomes)))


def _overview(runs: Sequence[Run]) -> EvalTable:
    rows = []
    for run in runs:
        failed = sum(bool(o.error) for o in run.outcomes)
        estimate = plotting.share(run)
        revision = run.log.eval.revision
        rows.append(
            (
                run.task,
                run.version,
                run.config,
                run.model,
                str(len(run.outcomes)),
                str(failed),
                str(estimate) if estimate else "see its tables",
                _calibration(run),
                *(f"{x:.1f}" for x in cost(run.outcomes)),
                "finished" if run.finished else f"cut short, {run.planned} planned",
                revision.commit if revision else "not known",
            )
        )
    columns = (
        "task", "version", "configuration", "model", "samples", "failed", "right (95 %)", "ECE; area of risk-coverage",
        "tokens a sample", "seconds a sample", "state", "commit",
    )  # fmt: skip
    return EvalTable(title="Runs", columns=columns, rows=tuple(rows))


def _calibration(run: Run) -> str:
    confidence, right = plotting.stated_confidence(run)
    if not confidence:
        return "none stated"
    area = risk_coverage(confidence, right).area
    return f"{calibration_error(confidence, right):.3f}; {area:.3f} (n={len(right)})"


def _pairs(runs: Sequence[Run]) -> Iterator[EvalTable]:
    for task in sorted({(r.task, r.version) for r in runs}):
        same = [r for r in runs if (r.task, r.version) == task and r.finished and plotting.share(r) is not None]
        for other in same[1:]:
            if same[0].right().keys() & other.right().keys():
                yield paired_table(same[0], other)


def _html(sections: Sequence[Section]) -> str:
    links = "".join(f'<a href="#part-{i}">{html.escape(s.title)}</a> ' for i, s in enumerate(sections))
    body = "".join(_section_html(s, i) for i, s in enumerate(sections))
    parts = [f"<h1>Benchmarks</h1>\n<nav>{links}</nav>\n{body}"]
    head = f'<meta charset="utf-8"><title>Clinigraph benchmarks</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{"".join(parts)}</body></html>\n'


def _section_html(section: Section, number: int) -> str:
    lines = "".join(
        f"<p{' class=bad' if x.startswith('CUT SHORT') else ''}>{html.escape(x)}</p>\n" for x in section.lines
    )
    tables = "".join(_table_html(t) for t in section.tables)
    return f'<h2 id="part-{number}">{html.escape(section.title)}</h2>\n{lines}{section.plot or ""}{tables}'


def _table_html(table: EvalTable) -> str:
    head = "".join(f"<th>{html.escape(c)}</th>" for c in table.columns)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(c)}</td>' for c in row)}</tr>\n" for row in table.rows)
    note = f'<p class="note">{html.escape(table.note)}</p>\n' if table.note else ""
    caption = f"<caption>{html.escape(table.title)}</caption>"
    return f'<div class="scroll"><table>{caption}<tr>{head}</tr>\n{body}</table></div>\n{note}'


def _markdown(sections: Sequence[Section]) -> str:
    out = ["# Benchmarks", ""]
    for section in sections:
        if section.plot is not None and not section.tables:
            continue
        out += [f"## {section.title}", ""]
        out += [line + "\n" for line in section.lines]
        for table in section.tables:
            out += [markdown_table(table), ""]
    return "\n".join(out)


def markdown_table(table: EvalTable) -> str:
    """Return a table as Markdown; bars inside cells are escaped."""

    def row(cells: Sequence[str]) -> str:
        return f"| {' | '.join(c.replace('|', chr(92) + '|').replace(chr(10), ' ') for c in cells)} |"

    lines = [f"**{table.title}**", "", row(table.columns), row(["---"] * len(table.columns)), *map(row, table.rows)]
    return "\n".join([*lines, "", table.note] if table.note else lines)
