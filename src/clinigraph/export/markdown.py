"""A report as Markdown in GitHub's dialect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from clinigraph.export import opinions, words
from clinigraph.export.chain import Step, claim_chain, claim_contradictions, node_title
from clinigraph.export.layout import reduced_edges
from clinigraph.models.evidence import EdgeKind, EvidenceGraph
from clinigraph.models.formatting import format_criterion, format_interval, format_value
from clinigraph.models.report import IndicatorRow, Report
from clinigraph.models.reporting import Claim

_SPECIAL = re.compile(r"([\\`*\[\]|~$])")
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_LINE_START = re.compile(r"^([#+\-=>]|\d+(?=[.)](?:\s|$)))")
_MERMAID_UNSAFE = re.compile(r"[^\w .,:;()%/+=–≥≤<>°²³µ×›-]")


def escape(text: str) -> str:
    """Return a text as one line of Markdown that shows exactly that text: no markup, no HTML, no link."""
    flat = " ".join(text.replace("\0", "").split())
    flat = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    flat = _UNDERSCORE.sub(r"\\_", _SPECIAL.sub(r"\\\1", flat))
    flat = flat.replace("://", r":\/\/").replace("www.", r"www\.").replace("@", "&#64;")
    return _LINE_START.sub(_escaped_start, flat)


def _escaped_start(match: re.Match[str]) -> str:
    mark = match[1]
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"


def render_markdown(report: Report) -> str:
    """Return the whole report as Markdown."""
    parts = (
        _head(report),
        _impression(report),
        _pictures(report),
        _indicators(report),
        _differentials(report),
        _claims(report),
        _unsupported(report),
        _opinions(report),
        _limitations(report),
        _people(report),
        _passages(report),
        _evidence(report.evidence_graph),
        _run(report),
    )
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _head(report: Report) -> Iterator[str]:
    yield f"> **{escape(report.disclaimer)}**"
    yield ""
    yield f"# {escape(words.sentence_case(report.impression.condition))}: report of case {escape(report.case_id)}"
    yield ""
    yield f"**Question:** {escape(report.question) or 'none asked'}"
    if report.protocol_id:
        yield ""
        yield f"**Protocol:** {escape(report.run.protocol or report.protocol_id)}"
    yield ""


def _impression(report: Report) -> Iterator[str]:
    impression = report.impression
    yield "## Impression"
    yield ""
    yield f"**{escape(words.sentence_case(impression.condition))}: {words.DECISIONS[impression.decision].lower()}.**"
    yield f"{escape(words.score_text(impression))}. {escape(words.assessed_text(impression))}."
    yield ""
    yield escape(impression.rationale)
    yield ""
    for label, text in (
        ("Urgency", opinions.urgency_text(report.urgency)),
        ("What to ask next", opinions.ask_next(report.next_question) if report.next_question else ""),
    ):
        if text:
            yield f"**{label}:** {escape(text)}"
            yield ""


def _pictures(report: Report) -> Iterator[str]:
    for overlay in report.overlays:
        if words.is_picture_name(overlay.name):
            yield f"![{escape(overlay.caption)}](overlays/{overlay.name})"
            yield ""
        yield f"*{escape(overlay.caption)}*"
        yield ""


def _indicators(report: Report) -> Iterator[str]:
    if not report.indicators:
        return
    yield "## Indicators"
    yield ""
    yield "| Indicator | Value | Interval | Criterion | Outcome | Weight | Status | Source |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for row in report.indicators:
        yield f"| {' | '.join(_cells(row, report))} |"
    yield ""
    for row in report.indicators:
        if row.reason:
            yield f"- {escape(row.name)}: {escape(row.reason)}"
    yield ""


def _cells(row: IndicatorRow, report: Report) -> Iterator[str]:
    beside = () if row.criterion is None else (row.criterion.threshold,)
    numbers = _numbers(report)
    yield escape(row.name)
    yield escape(words.row_value(row))
    yield escape(format_interval(row.interval, row.unit, beside=beside)) if row.interval else "–"
    yield escape(format_criterion(row.criterion)) if row.criterion else "–"
    yield words.MET[row.met]
    yield format_value(row.weight)
    yield words.STATUSES[row.status]
    cited = numbers.get(str(row.criterion.passage_id)) if row.criterion else None
    yield f"[{cited}](#passage-{cited})" if cited else "–"


def _numbers(report: Report) -> dict[str, int]:
    return {str(p.id): n for n, p in enumerate(report.passages, start=1)}


def _differentials(report: Report) -> Iterator[str]:
    for differential in report.differentials:
        yield "## Differential"
        yield ""
        yield "| Hypothesis | Score | For | Against | Not said |"
        yield "| --- | --- | --- | --- | --- |"
        for line in opinions.ranked(differential.hypotheses):
            name = f"{line.name} ({line.disease_id})"
            cells = (name, line.score, line.speaks_for, line.speaks_against, line.not_said)
            yield f"| {' | '.join(map(escape, cells))} |"
        yield ""
        yield f"{escape(differential.method.rstrip('.'))}. The score is no probability."
        yield ""


def _opinions(report: Report) -> Iterator[str]:
    said = opinions.opinions(report)
    if not said:
        return
    yield "## Opinions of the model"
    yield ""
    yield opinions.NOTE
    yield ""
    for opinion in said:
        decision = f": {words.DECISIONS[opinion.decision].lower()}" if opinion.decision else ""
        yield f"- **{escape(opinion.who)}{decision}**"
        yield from (f"  - {escape(label)}: {escape(text)}" for label, text in opinion.lines)
    yield ""


def _claims(report: Report) -> Iterator[str]:
    yield "## Statements and what they rest on"
    yield ""
    for section in report.sections:
        yield f"### {words.SECTIONS[section.section]}"
        yield ""
        for claim in section.claims:
            yield f"- {escape(claim.text)} **[{words.VERDICTS[claim.verdict]}]**"
            yield from _grounds(claim, report)
        yield ""


def _grounds(claim: Claim, report: Report) -> Iterator[str]:
    if claim.explanation:
        yield f"  - Check: {escape(claim.explanation)}"
    graph, numbers = report.evidence_graph, _numbers(report)
    for step in (*claim_chain(claim, graph), *claim_contradictions(claim, graph)):
        yield from _step(step, numbers, depth=1)


def _step(step: Step, numbers: Mapping[str, int], depth: int) -> Iterator[str]:
    number = numbers.get(step.passage_id)
    link = f" [{number}](#passage-{number})" if number else ""
    details = "; ".join(f"{escape(label)}: {escape(text)}" for label, text in step.details)
    tail = f" ({details})" if details else " (see above)" if step.repeated and not number else ""
    head = f"{words.sentence_case(step.relation)} {step.kind.lower()}"
    yield f"{'  ' * depth}- {head}: {escape(step.title)}{link}{tail}"
    for child in step.children:
        yield from _step(child, numbers, depth + 1)


def _unsupported(report: Report) -> Iterator[str]:
    yield "## Not supported"
    yield ""
    if not report.unsupported:
        yield "Every statement that was written passed its check."
    for item in report.unsupported:
        verdict = words.VERDICTS[item.claim.verdict]
        yield f"- {escape(item.claim.text)} **[{verdict}]** {escape(item.reason)}"
        yield from _grounds(item.claim, report)
    yield ""
    counts = (f"{words.VERDICTS[v].lower()} {n}" for v, n in report.verdict_counts.items())
    yield f"Statements checked: {', '.join(counts)}."
    yield ""
    yield f"Error rate of the claims: {escape(report.certainty.text)}."
    yield ""


def _limitations(report: Report) -> Iterator[str]:
    yield "## Limitations"
    yield ""
    yield from (f"- {escape(text)}" for text in report.limitations)
    if not report.limitations:
        yield "None were recorded."
    yield ""


def _people(report: Report) -> Iterator[str]:
    if report.interventions:
        yield "## What people did"
        yield ""
        yield from (f"- {escape(words.intervention_text(i))} ({words.moment(i.at_unix)})" for i in report.interventions)
        yield ""


def _passages(report: Report) -> Iterator[str]:
    if not report.passages:
        return
    yield "## Cited passages"
    yield ""
    for number, passage in enumerate(report.passages, start=1):
        source = passage.source
        year = f" ({source.year})" if source.year else ""
        yield f'<a id="passage-{number}"></a>'
        yield f"**[{number}]** {escape(source.publisher)}{year}. {escape(source.title)}. "
        yield f"{escape(words.passage_place(passage))}. sha256 {words.short_hash(passage.sha256)}"
        yield ""
        yield f"> {escape(passage.text)}"
        yield ""
        if source.superseded_by is not None:
            yield f"{escape(source.superseded_by.note)}."
            yield ""


def _evidence(graph: EvidenceGraph) -> Iterator[str]:
    if not graph.nodes:
        return
    yield "## Evidence graph"
    yield ""
    yield f"![Evidence graph: {len(graph.nodes)} pieces of evidence and how they hang together](evidence.svg)"
    yield ""
    yield "```mermaid"
    yield "flowchart LR"
    names = {node.id: f"n{i}" for i, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        yield f'  {names[node.id]}["{words.KINDS[node.kind]}: {_mermaid(node_title(node))}"]'
    for edge in reduced_edges(graph):
        arrow = "-. against .->" if edge.kind is EdgeKind.CONTRADICTS else "-->"
        yield f"  {names[edge.ground]} {arrow} {names[edge.dependent]}"
    yield "```"
    yield ""


def _mermaid(text: str) -> str:
    flat = _MERMAID_UNSAFE.sub(" ", " ".join(text.split()))
    short = flat if len(flat) <= 60 else f"{flat[:59].rstrip()}…"
    return short.replace("#", "").replace("<", "#lt;").replace(">", "#gt;")


def _run(report: Report) -> Iterator[str]:
    run = report.run
    commit = f", commit {run.code.git_commit[:12]}" if run.code.git_commit else ""
    dirty = " with local changes" if run.code.git_dirty else ""
    yield "## How this was made"
    yield ""
    yield f"- Code: clinigraph {escape(run.code.clinigraph)}{escape(commit)}{dirty}, Python {escape(run.code.python)}"
    yield f"- Platform: {escape(run.code.platform)}"
    for algorithm in run.algorithms:
        digest = algorithm.weights_sha256
        weights = f", weights sha256 {escape(words.short_hash(digest))}" if digest else ""
        yield f"- Algorithm: {escape(algorithm.name)} {escape(algorithm.version)}{weights}"
    yield from _pairs("Model", run.models.items())
    yield from _pairs("Tokens", ((k, str(v)) for k, v in run.tokens.items()))
    yield from _pairs("Argument", run.arguments_given.items())
    yield from _pairs("Setting", run.settings_resolved.items())
    yield from _pairs("Seed", ((k, str(v)) for k, v in run.seeds.items()))
    yield from _pairs("Package", run.packages.items())
    yield from _pairs("Card, sha256", ((k, words.short_hash(v)) for k, v in run.cards.items()))
    yield f"- Run: {escape(run.run_id)}; report hash {report.report_hash()[:12]}; schema {report.schema_version}"


def _pairs(label: str, items: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from (f"- {label} {escape(key)}: {escape(value)}" for key, value in items)
