"""Report -> report.json, report.md, report.html, overlays/*.png, and its evidence as JSON, PROV-JSON and SVG.

Cheap to import: the templating engine, the imaging library and numpy are loaded by the functions that need them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from clinigraph.models.report import Report

if TYPE_CHECKING:
    from clinigraph.artifacts import ArtifactStore

__all__ = ["SavedReport", "save_report", "to_html", "to_json", "to_markdown"]

_NO_PICTURES: Mapping[str, bytes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SavedReport:
    """Where a report was written."""

    json: Path
    markdown: Path
    html: Path
    overlays: tuple[Path, ...] = ()


def save_report(
    report: Report,
    out_dir: Path,
    *,
    artifacts: ArtifactStore | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> SavedReport:
    """Write a report as JSON, Markdown and HTML, with its overlay pictures and its evidence.

    Beside the report stand ``evidence.json`` (the graph), ``evidence.prov.json`` (W3C PROV-JSON) and ``evidence.svg``
    (its picture, which report.md shows).

    Everything is written to a folder beside ``out_dir`` first and moved when it is complete, so a crash leaves
    either the earlier report or the new one, file by file. Files in ``out_dir`` that are not part of a report are
    never touched; overlays that an earlier report there lists and this one does not are removed.

    Args:
        report: What to write. Without ``overlays`` of its own it is written with those drawn here.
        out_dir: Folder to write to; made when absent.
        artifacts: Store with the pixels and masks of the evidence graph, from which overlays are drawn.
        pictures: Overlay PNGs already drawn, by file name; used instead of ``artifacts``.

    Returns:
        The paths that were written.

    Raises:
        UsageError: The folder cannot be written to, or a picture's name is not a plain ``*.png`` file name.
    """
    from clinigraph.export.saving import write_report

    json_path, markdown, html, overlays = write_report(report, Path(out_dir), artifacts, pictures)
    return SavedReport(json=json_path, markdown=markdown, html=html, overlays=overlays)


def to_json(report: Report) -> str:
    """Return the report as indented JSON, ending in a line break; it reads back as an equal report."""
    return report.model_dump_json(indent=2) + "\n"


def to_markdown(report: Report) -> str:
    """Return the report as Markdown (GitHub's dialect); every text of the report is escaped."""
    from clinigraph.export.markdown import render_markdown

    return render_markdown(report)


def to_html(report: Report, *, pictures: Mapping[str, bytes] = _NO_PICTURES) -> str:
    """Return the report as one self-contained page: no script, no request, every text escaped.

    Args:
        report: What to show.
        pictures: PNG bytes by overlay file name, set into the page as data URIs.
    """
    from clinigraph.export.html import render_html

    return render_html(report, pictures)
