"""A report as PDF, to print or to file: text is text, pictures are the overlays; no script, no link outwards."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from clinigraph.errors import UsageError
from clinigraph.export import words
from clinigraph.models.formatting import format_criterion, format_interval, format_value
from clinigraph.models.report import IndicatorRow, Report

try:
    from fpdf import FPDF
    from fpdf.fonts import FontFace
except ImportError as error:  # an extra: the report itself needs no PDF
    raise UsageError("PDF needs a package that is not installed", todo="pip install 'clinigraph[ui]'") from error

_BODY, _SMALL = 9.5, 8.0
_GREY, _BLACK, _RED = (90, 90, 90), (20, 20, 20), (150, 30, 20)


def render_pdf(report: Report, pictures: Mapping[str, bytes]) -> bytes:
    """Return the report as PDF, A4, the same bytes for the same report.

    Args:
        report: The report.
        pictures: Overlay PNGs by file name.
    """
    page = _Page(report)
    page.head()
    page.impression()
    page.pictures(pictures)
    page.indicators()
    page.statements()
    page.passages()
    page.made()
    return page.bytes()


class _Page:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._pdf = _Document(report.disclaimer)
        for style, name in (("", "DejaVuSans"), ("B", "DejaVuSans-Bold")):
            self._pdf.add_font("body", style, _font(name))
        self._pdf.set_title(f"{words.sentence_case(report.impression.condition)}: report")
        self._pdf.set_creation_date(datetime.fromtimestamp(report.run.timing.get("started_unix", 0.0), tz=UTC))
        self._pdf.add_page()

    def head(self) -> None:
        report = self._report
        self._line(
            f"{words.sentence_case(report.impression.condition)}: report of case {report.case_id}", 14, bold=True
        )
        self._line(f"Question: {report.question or 'none asked'}")
        if report.protocol_id:
            self._line(f"Protocol: {report.run.protocol or report.protocol_id}")

    def impression(self) -> None:
        impression = self._report.impression
        self._heading("Impression")
        decision = words.DECISIONS[impression.decision].lower()
        self._line(f"{words.sentence_case(impression.condition)}: {decision}.", 11, bold=True)
        self._line(f"{words.score_text(impression)}. {words.assessed_text(impression)}.")
        self._line(impression.rationale)

    def pictures(self, pictures: Mapping[str, bytes]) -> None:
        for overlay in self._report.overlays:
            png = pictures.get(overlay.name)
            if png is None:
                continue
            self._pdf.ln(2)
            self._pdf.image(io.BytesIO(png), w=self._pdf.epw, h=95, keep_aspect_ratio=True)
            self._line(overlay.caption, _SMALL, colour=_GREY)

    def indicators(self) -> None:
        rows = self._report.indicators
        if not rows:
            return
        self._heading("Indicators")
        self._pdf.set_font("body", size=_SMALL)
        heading = FontFace(emphasis="BOLD", fill_color=(232, 236, 240))
        widths = (34, 14, 20, 14, 14, 10)
        made = self._pdf.table(headings_style=heading, col_widths=widths, line_height=4.6, text_align="LEFT")
        with made as table:
            table.row(("Indicator", "Value", "Interval", "Criterion", "Outcome", "Weight"))
            for row in rows:
                table.row(tuple(_cells(row)))

    def statements(self) -> None:
        for section in self._report.sections:
            self._heading(words.SECTIONS[section.section])
            for claim in section.claims:
                self._line(f"•  {claim.text}")
        if self._report.unsupported:
            self._heading("Not supported, left out of the findings")
            for item in self._report.unsupported:
                self._line(f"•  {item.claim.text}")
                self._line(f"    {item.reason}", _SMALL, colour=_RED)
        self._list("Limitations", self._report.limitations)
        told = (f"{words.intervention_text(i)} ({words.moment(i.at_unix)})" for i in self._report.interventions)
        self._list("What people did", told)

    def passages(self) -> None:
        told = (
            f"[{n}] {p.text} — {p.source.title}, {words.passage_place(p)}, sha256 {words.short_hash(p.sha256)}"
            + (f". {p.source.superseded_by.note}" if p.source.superseded_by else "")
            for n, p in enumerate(self._report.passages, start=1)
        )
        self._list("Passages cited", told)

    def made(self) -> None:
        run = self._report.run
        self._heading("How it was made")
        commit = f", commit {run.code.git_commit[:12]}" if run.code.git_commit else ""
        self._line(f"Clinigraph {run.code.clinigraph}{commit}; report hash {self._report.report_hash()}", _SMALL)
        for tool in run.algorithms:
            weights = f", weights sha256 {words.short_hash(tool.weights_sha256)}" if tool.weights_sha256 else ""
            self._line(f"{tool.name} {tool.version}{weights}", _SMALL, colour=_GREY)

    def bytes(self) -> bytes:
        return bytes(self._pdf.output())

    def _heading(self, text: str) -> None:
        self._pdf.ln(2.5)
        self._line(text, 11.5, bold=True)

    def _list(self, title: str, lines: Iterable[str]) -> None:
        told = tuple(lines)
        if told:
            self._heading(title)
            for line in told:
                self._line(f"•  {line}", _SMALL)

    def _line(
        self, text: str, size: float = _BODY, *, bold: bool = False, colour: tuple[int, int, int] = _BLACK
    ) -> None:
        self._pdf.set_font("body", "B" if bold else "", size)
        self._pdf.set_text_color(*colour)
        self._pdf.multi_cell(0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT", align="L")


class _Document(FPDF):
    """Says on every page what the report is not."""

    def __init__(self, disclaimer: str) -> None:
        super().__init__(format="A4")
        self._disclaimer = disclaimer
        self.set_margins(16, 18, 16)
        self.set_auto_page_break(auto=True, margin=18)

    def header(self) -> None:
        """Write the disclaimer."""
        self.set_font("body", "B", 8)
        self.set_text_color(*_RED)
        self.set_y(9)
        self.cell(0, 5, self._disclaimer, align="C", new_x="LMARGIN", new_y="NEXT")
        self.ln(3)

    def footer(self) -> None:
        """Write the page number."""
        self.set_y(-12)
        self.set_font("body", "", 8)
        self.set_text_color(*_GREY)
        self.cell(0, 5, f"{self.page_no()}", align="C")


def _cells(row: IndicatorRow) -> Iterable[str]:
    beside = () if row.criterion is None else (row.criterion.threshold,)
    yield row.name
    yield words.row_value(row)
    yield format_interval(row.interval, row.unit, beside=beside) if row.interval else "–"
    yield format_criterion(row.criterion) if row.criterion else "–"
    yield words.MET[row.met]
    yield format_value(row.weight)


def _font(name: str) -> Path:
    """Return a free font that covers what reports hold; matplotlib brings it."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"
