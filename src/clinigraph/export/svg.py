"""Small inline SVG pictures. Every text is escaped; colours come from classes of the page, so both themes fit."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from markupsafe import Markup, escape

from clinigraph.export import words
from clinigraph.export.chain import node_title
from clinigraph.export.layout import BOX_HEIGHT, BOX_WIDTH, Placed, lay_out
from clinigraph.export.lighting import Lighting
from clinigraph.models.evidence import ClaimNode, EdgeKind, EvidenceEdge, EvidenceGraph, EvidenceNode, PassageNode
from clinigraph.models.findings import Impression
from clinigraph.models.formatting import format_interval, format_value
from clinigraph.models.report import IndicatorRow
from clinigraph.models.reporting import Verdict

_LINE_CHARACTERS = 23
_LINES = 3


def score_bar(impression: Impression) -> Markup:
    """Return the score from 0 to 1 as a bar with its range and threshold; empty without a score."""
    if impression.score is None:
        return Markup()
    low = impression.score if impression.score_low is None else impression.score_low
    high = impression.score if impression.score_high is None else impression.score_high
    parts = [_line("track", 0, 100, 32)]
    if high > low:
        parts.append(_line("range", low * 100, high * 100, 32))
    if impression.threshold is not None:
        parts.append(_threshold_mark(impression.threshold))
    parts.append(f'<circle class="value" cx="{impression.score * 100:.2f}%" cy="32" r="8"/>')
    parts.append('<text class="scale" x="0" y="60">0</text>')
    parts.append('<text class="scale" x="100%" y="60" text-anchor="end">1</text>')
    text = f"{words.score_text(impression)}, on a scale from 0 to 1"
    return _svg("bar", 64, text, parts)


def _threshold_mark(threshold: float) -> str:
    anchor = "start" if threshold < 0.2 else "end" if threshold > 0.8 else "middle"
    at = f"{threshold * 100:.2f}%"
    return (
        f'<line class="threshold" x1="{at}" x2="{at}" y1="17" y2="47"/>'
        f'<text class="scale" x="{at}" y="12" text-anchor="{anchor}">threshold {threshold:.10g}</text>'
    )


def value_strip(row: IndicatorRow) -> Markup:
    """Return the value of an indicator, with its interval, against its threshold; empty without a value.

    The side on which the criterion is met is tinted.
    """
    if row.value is None:
        return Markup()
    if row.kind == "qualitative":
        return _grade(row.value)
    ends = [row.interval.low, row.interval.high] if row.interval else []
    marks = [row.value, *ends, *([row.criterion.threshold] if row.criterion else [])]
    start, stop = _domain(marks, row.unit)
    at = {m: (m - start) / (stop - start) * 100 for m in marks}
    parts = []
    if row.criterion:
        edge, upward = at[row.criterion.threshold], row.criterion.comparator.upward
        left, width = (edge, 100 - edge) if upward else (0.0, edge)
        parts.append(f'<rect class="met-side" x="{left:.2f}%" y="3" width="{width:.2f}%" height="16" rx="2"/>')
    parts.append(_line("track", 0, 100, 11))
    if row.interval:
        parts.append(_line("range", at[row.interval.low], at[row.interval.high], 11))
    if row.criterion:
        parts.append(f'<line class="threshold" x1="{edge:.2f}%" x2="{edge:.2f}%" y1="1" y2="21"/>')
    parts.append(f'<circle class="value" cx="{at[row.value]:.2f}%" cy="11" r="4.5"/>')
    return _svg("strip", 22, _strip_text(row), parts)


def evidence_picture(graph: EvidenceGraph, anchors: dict[str, str]) -> Markup:
    """Return the evidence graph, grounds left and claims right.

    Args:
        graph: What to draw.
        anchors: Element id on the page by node id, for the nodes that are links.
    """
    placed, light = lay_out(graph), Lighting(graph)
    paths = [_path(edge, route, placed, light.line(edge)) for edge, route in placed.routes.items()]
    boxes = [_box(node, placed.boxes[node.id], anchors.get(node.id), light.box(node.id)) for node in graph.nodes]
    size = f'width="{placed.width:g}" height="{placed.height:g}" viewBox="0 0 {placed.width:g} {placed.height:g}"'
    label = f"Evidence graph of {len(graph.nodes)} nodes: images and facts on the left, claims on the right."
    head = f'<svg class="graph" {size} role="group" aria-label="{label}">'
    return Markup(head + "".join(paths) + "".join(boxes) + "</svg>")  # noqa: S704 - texts are escaped in _box


def standalone_picture(graph: EvidenceGraph) -> str:
    """Return the evidence graph as an SVG file of its own, in light colours and without links."""
    picture = str(evidence_picture(graph, {}))
    head = '<svg xmlns="http://www.w3.org/2000/svg" class="graph"'
    start, _, rest = picture.replace('<svg class="graph"', head, 1).partition(">")
    return f"{start}><style>{_FILE_STYLE}</style>{rest}\n"


_FILE_STYLE = (
    "svg{background:#fff;font-family:system-ui,sans-serif}.edge{fill:none;stroke:#7f8d9b;stroke-width:1.25}"
    ".edge.against{stroke:#a1260d;stroke-dasharray:5 4}.box{fill:#fff;stroke:#d5dce3;stroke-width:1.25}"
    "text{fill:#18212b;font-size:12px}text.kind{fill:#4d5a67;font-size:11px;font-weight:600}"
    ".stripe{fill:#7f8d9b}.kind-claim{fill:#14456b}.kind-passage{fill:#6b4c9a}.kind-image,.kind-fact{fill:#4d7a36}"
    ".kind-measurement,.kind-label_map,.kind-evaluation{fill:#b06a1f}"
)


def _path(edge: EvidenceEdge, route: Sequence[tuple[float, float]], placed: Placed, lit: str) -> str:
    """Return the line of an edge: from its ground, straight through the columns that it passes, to its dependent."""
    (x, y), (last_x, last_y) = placed.boxes[edge.ground], placed.boxes[edge.dependent]
    x, y = x + BOX_WIDTH, y + BOX_HEIGHT / 2
    line = f"M{x:g} {y:g}"
    for next_x, next_y in (*route, (last_x, last_y + BOX_HEIGHT / 2)):
        half = (x + next_x) / 2
        line += f"C{half:g} {y:g} {half:g} {next_y:g} {next_x:g} {next_y:g}h{BOX_WIDTH}"
        x, y = next_x + BOX_WIDTH, next_y
    kind = "against" if edge.kind is EdgeKind.CONTRADICTS else "for"
    return f'<path class="edge {kind} {lit}" d="{line.removesuffix(f"h{BOX_WIDTH}")}"/>'


def _box(node: EvidenceNode, corner: tuple[float, float], anchor: str | None, lit: str) -> str:
    x, y = corner
    title = node_title(node)
    lines = textwrap.wrap(title, _LINE_CHARACTERS, max_lines=_LINES, placeholder=" …", break_long_words=True)
    text = "".join(
        f'<text class="what" x="{x + 14:g}" y="{y + 33 + 14.5 * i:g}">{escape(line)}</text>'
        for i, line in enumerate(lines)
    )
    verdict = _verdict_word(node)
    body = (
        f"<title>{escape(words.KINDS[node.kind])}: {escape(title)}</title>"
        f'<rect class="box" x="{x:g}" y="{y:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6"/>'
        f'<rect class="stripe kind-{node.kind.value}" x="{x:g}" y="{y:g}" width="6" height="{BOX_HEIGHT}" rx="3"/>'
        f'<text class="kind" x="{x + 14:g}" y="{y + 17:g}">{escape(words.KINDS[node.kind])}{verdict}</text>{text}'
    )
    if not anchor:
        return f'<g class="{lit}">{body}</g>'
    return f'<a id="graph-{escape(anchor)}" class="{lit}" href="#{escape(anchor)}">{body}</a>'


def _verdict_word(node: EvidenceNode) -> str:
    if isinstance(node, ClaimNode):
        unsure = node.value.verdict is Verdict.UNVERIFIABLE
        return " · not judged" if unsure else f" · {words.VERDICTS[node.value.verdict].lower()}"
    if isinstance(node, PassageNode) and node.value.source.year:
        return f" · {node.value.source.year}"
    return ""


def _grade(score: float) -> Markup:
    """Return a reading from 1 to 5 as five dots, those up to the score filled."""
    dots = [
        f'<circle class="{"value" if i <= score else "hollow"}" cx="{4 + 23 * (i - 1)}%" cy="11" r="4.5"/>'
        for i in range(1, 6)
    ]
    return _svg("strip grade", 22, f"{score:g} of 5: 1 clearly absent, 3 undecided, 5 clearly present", dots)


def _domain(marks: list[float], unit: str | None) -> tuple[float, float]:
    low, high = min(marks), max(marks)
    if (unit or "1") == "1" and low >= 0 and high <= 1:
        return 0.0, 1.0
    room = 0.35 * (high - low) or max(abs(high) * 0.2, 1.0)
    start = low - room
    return (max(0.0, start) if low >= 0 else start), high + room


def _strip_text(row: IndicatorRow) -> str:
    beside = () if row.criterion is None else (row.criterion.threshold,)
    text = format_value(row.value or 0.0, row.unit, beside=beside)
    interval = f", {format_interval(row.interval, row.unit, beside=beside)}" if row.interval else ""
    rule = f", threshold {format_value(row.criterion.threshold, row.criterion.unit)}" if row.criterion else ""
    return text + interval + rule


def _line(kind: str, start: float, end: float, y: float) -> str:
    return f'<line class="{kind}" x1="{start:.2f}%" x2="{end:.2f}%" y1="{y:g}" y2="{y:g}"/>'


def _svg(kind: str, height: int, label: str, parts: list[str]) -> Markup:
    head = f'<svg class="{kind}" width="100%" height="{height}" role="img" aria-label="{escape(label)}">'
    return Markup(head + "".join(parts) + "</svg>")  # noqa: S704 - numbers formatted here, the label is escaped
