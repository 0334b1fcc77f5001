"""What model roles see of a case: one short line of quoted data for each piece of evidence, with its id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clinigraph.agents.writer import fact_text
from clinigraph.models.base import EvidenceId, Value
from clinigraph.models.evidence import EvaluationNode, EvidenceGraph, FactNode, FindingNode, MeasurementNode
from clinigraph.models.findings import IndicatorResult, Met
from clinigraph.models.formatting import format_criterion, format_measured

MAX_LINES = 40
"""Most lines that are shown; a plan has at most seven indicators, the rest are facts of the record."""
_WIDTH = 240


class EvidenceLine(Value):
    """One line."""

    id: EvidenceId
    text: str


class EvidenceTable(Value):
    """What may be named in an answer."""

    lines: tuple[EvidenceLine, ...]

    @property
    def text(self) -> str:
        """The lines as a model sees them."""
        return "\n".join(f"[{line.id}] {line.text}" for line in self.lines)

    def has(self, evidence_id: str) -> bool:
        """Whether an id stands in the table."""
        return any(line.id == evidence_id for line in self.lines)

    def unknown(self, ids: Sequence[str]) -> str:
        """Return what to tell a model that named evidence which does not exist, or an empty string."""
        bad = [i for i in ids if not self.has(i)]
        if not bad:
            return ""
        known = ", ".join(line.id for line in self.lines)
        return f"There is no evidence with the id {', '.join(b[:60] for b in bad)}. The ids are: {known}."


def evidence_table(results: Sequence[IndicatorResult], graph: EvidenceGraph, *, raw: bool = False) -> EvidenceTable:
    """Return the table: indicators first, then what was measured beside them, then the record.

    Args:
        results: Indicator results.
        graph: Holds measurements, readings, findings and facts.
        raw: Leave out indicators and criteria: what tools gave, as it is.
    """
    lines = [] if raw else [EvidenceLine(id=r.id, text=_short(_result(r))) for r in results]
    told = set() if raw else {i for r in results for i in r.evidence_ids}
    lines += [EvidenceLine(id=i, text=_short(text)) for i, text in _nodes(graph) if i not in told]
    return EvidenceTable(lines=tuple(lines[:MAX_LINES]))


def _result(result: IndicatorResult) -> str:
    if result.met is Met.NOT_ASSESSED and result.value is None:
        return f"{result.name}: not assessed"
    if result.kind == "qualitative":
        return f"{result.name}: read as {result.value:g} of 5 ({result.met.value})"
    value = format_measured(result.value or 0.0, result.unit or "1", result.interval)
    rule = f"; criterion {format_criterion(result.criterion)}: {result.met.value}" if result.criterion else ""
    return f"{result.name}: {value}{rule}"


def _nodes(graph: EvidenceGraph) -> Iterator[tuple[EvidenceId, str]]:
    for node in graph.nodes:
        match node:
            case MeasurementNode():
                measured = node.value
                yield (
                    node.id,
                    f"{measured.concept.meaning}: {format_measured(measured.value, measured.unit, measured.interval)}",
                )
            case EvaluationNode():
                yield node.id, f"{node.value.concept.meaning}: {node.value.score} of 5"
            case FactNode():
                yield node.id, f"Record, {node.value.name.replace('_', ' ')}: {fact_text(node.value)}"
            case FindingNode():
                yield node.id, node.value.text
            case _:
                continue


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _WIDTH else f"{flat[: _WIDTH - 1]}…"
