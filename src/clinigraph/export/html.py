"""A report as one self-contained page: inline style, inline pictures, no script, no request."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from clinigraph.export import opinions, svg, words
from clinigraph.export.chain import Step, claim_chain, claim_contradictions
from clinigraph.export.lighting import Lighting
from clinigraph.models.formatting import format_criterion, format_interval, format_value
from clinigraph.models.report import IndicatorRow, Overlay, Report
from clinigraph.models.reporting import Claim

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATES = Path(__file__).parent / "templates"
LARGE_GRAPH = 30
"""An evidence graph with more nodes than this is collapsed at first."""


def render_html(report: Report, pictures: Mapping[str, bytes]) -> str:
    """Return the page; see :func:`clinigraph.export.to_html`."""
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8") + Lighting(report.evidence_graph).style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(
        report=report,
        page=_Page(report, pictures),
        words=words,
        opinions=opinions,
        style=Markup(style),  # noqa: S704 - a file of this package and rules made of numbers
        policy=f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


class _Page:
    """What the template asks for: words and pictures made from the report."""

    def __init__(self, report: Report, pictures: Mapping[str, bytes]) -> None:
        self._report = report
        self._pictures = pictures
        self._numbers = {str(p.id): n for n, p in enumerate(report.passages, start=1)}
        everything = (*report.claims, *(u.claim for u in report.unsupported))
        self._anchors = {str(c.id): f"claim-{n}" for n, c in enumerate(everything, start=1)}

    @property
    def score_bar(self) -> Markup:
        return svg.score_bar(self._report.impression)

    @property
    def timing(self) -> dict[str, str]:
        """Seconds by node, rounded for reading."""
        timing = self._report.run.timing
        return {k: f"{v:.2f}" for k, v in timing.items() if k != "started_unix"}

    @property
    def graph_picture(self) -> Markup:
        passages = {i: f"passage-{n}" for i, n in self._numbers.items()}
        return svg.evidence_picture(self._report.evidence_graph, {**passages, **self._anchors})

    @property
    def graph_is_large(self) -> bool:
        return len(self._report.evidence_graph.nodes) > LARGE_GRAPH

    def picture(self, overlay: Overlay) -> str:
        """Return an overlay as a data URI, or an empty text when its pixels are not at hand."""
        data = self._pictures.get(overlay.name)
        return f"data:image/png;base64,{base64.b64encode(data).decode()}" if data else ""

    def picture_size(self, overlay: Overlay) -> tuple[int, int]:
        """Return width and height from the PNG header, so that the page does not jump while it loads."""
        data = self._pictures[overlay.name]
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")

    def strip(self, row: IndicatorRow) -> Markup:
        return svg.value_strip(row)

    def interval(self, row: IndicatorRow) -> str:
        beside = () if row.criterion is None else (row.criterion.threshold,)
        return format_interval(row.interval, row.unit, beside=beside) if row.interval else ""

    def criterion(self, row: IndicatorRow) -> str:
        return format_criterion(row.criterion) if row.criterion else "none"

    def weight(self, row: IndicatorRow) -> str:
        return format_value(row.weight)

    def citation(self, passage_id: str) -> int | None:
        """Return the number of a cited passage."""
        return self._numbers.get(str(passage_id))

    def anchor(self, claim: Claim) -> str:
        return self._anchors[str(claim.id)]

    def chain(self, claim: Claim) -> tuple[Step, ...]:
        return claim_chain(claim, self._report.evidence_graph)

    def against(self, claim: Claim) -> tuple[Step, ...]:
        return claim_contradictions(claim, self._report.evidence_graph)

    def short(self, digest: str | None) -> str:
        return words.short_hash(digest) if digest else ""

    def graph_anchor(self, claim: Claim) -> str:
        """Return the id of a claim's box in the picture; empty when it is not drawn."""
        drawn = any(str(n.id) == claim.id for n in self._report.evidence_graph.nodes)
        return f"graph-{self.anchor(claim)}" if drawn else ""

    def verdict_word(self, claim: Claim) -> str:
        return words.VERDICTS[claim.verdict]

    def verdict_key(self, claim: Claim) -> str:
        return claim.verdict.value.lower() if claim.verdict else "unchecked"
