"""Writing a report so that a crash leaves nothing half done."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from clinigraph.errors import UsageError
from clinigraph.export import to_html, to_json, to_markdown
from clinigraph.export.words import is_picture_name
from clinigraph.models.report import Report

if TYPE_CHECKING:
    from clinigraph.artifacts import ArtifactStore

JSON_NAME, MARKDOWN_NAME, HTML_NAME, OVERLAY_DIR = "report.json", "report.md", "report.html", "overlays"
EVIDENCE_NAME, PROV_NAME, PICTURE_NAME = "evidence.json", "evidence.prov.json", "evidence.svg"


def write_report(
    report: Report,
    out_dir: Path,
    artifacts: ArtifactStore | None,
    pictures: Mapping[str, bytes] | None,
) -> tuple[Path, Path, Path, tuple[Path, ...]]:
    """Write all files of a report; see :func:`clinigraph.export.save_report`."""
    report, pictures = _with_pictures(report, artifacts, pictures)
    files = {f"{OVERLAY_DIR}/{_safe_name(name)}": data for name, data in sorted(pictures.items())}
    files[JSON_NAME] = to_json(report).encode()
    files[MARKDOWN_NAME] = to_markdown(report).encode()
    files[HTML_NAME] = to_html(report, pictures=pictures).encode()
    files |= _evidence_files(report)
    try:
        _publish(files, out_dir)
    except OSError as error:
        raise UsageError(
            f"The report could not be written ({error.strerror or type(error).__name__})",
            given=str(out_dir),
            todo="Name a folder that you may write to, on a disk with free space.",
        ) from error
    drawn = tuple(out_dir / name for name in files if name.startswith(f"{OVERLAY_DIR}/"))
    return out_dir / JSON_NAME, out_dir / MARKDOWN_NAME, out_dir / HTML_NAME, drawn


def _evidence_files(report: Report) -> dict[str, bytes]:
    from clinigraph.export.prov import to_prov
    from clinigraph.export.svg import standalone_picture

    graph = report.evidence_graph
    return {
        EVIDENCE_NAME: (graph.model_dump_json(indent=2) + "\n").encode(),
        PROV_NAME: to_prov(report).encode(),
        PICTURE_NAME: standalone_picture(graph).encode(),
    }


def _with_pictures(
    report: Report, artifacts: ArtifactStore | None, pictures: Mapping[str, bytes] | None
) -> tuple[Report, Mapping[str, bytes]]:
    from clinigraph.export.overlays import list_overlays, render_overlays

    if pictures is None:
        pictures = {} if artifacts is None else render_overlays(report.evidence_graph, artifacts)
    if report.overlays or not pictures:
        return report, pictures
    listed = tuple(o for o in list_overlays(report.evidence_graph) if o.name in pictures)
    return report.replace(overlays=listed), pictures


def _safe_name(name: str) -> str:
    if not is_picture_name(name):
        raise UsageError(
            "An overlay has a name that cannot be a file",
            given=name[:60],
            todo="Use letters, digits, '-', '_' and '.', ending in .png.",
        )
    return name


def _publish(files: Mapping[str, bytes], out_dir: Path) -> None:
    if out_dir.exists() and not out_dir.is_dir():
        raise NotADirectoryError(20, "it is a file, not a folder")
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    with _staging(out_dir) as staging:
        for name, data in files.items():
            _write(staging / name, data)
        if out_dir.exists():
            _replace_files(staging, out_dir, tuple(files))
        else:
            staging.rename(out_dir)


@contextmanager
def _staging(out_dir: Path) -> Iterator[Path]:
    name = f".clinigraph-{secrets.token_hex(6)}.part"
    staging = out_dir.parent / name
    try:
        staging.mkdir()
    except PermissionError:
        if not out_dir.is_dir():
            raise
        staging = out_dir / name
        staging.mkdir()
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _replace_files(staging: Path, out_dir: Path, names: tuple[str, ...]) -> None:
    stale = _overlays_of_earlier_report(out_dir) - set(names)
    for name in names:
        target = out_dir / name
        target.parent.mkdir(exist_ok=True)
        (staging / name).replace(target)
    for name in stale:
        with suppress(FileNotFoundError):
            (out_dir / name).unlink()


def _overlays_of_earlier_report(out_dir: Path) -> set[str]:
    """Return the overlay files that a report already in the folder lists as its own."""
    try:
        earlier = Report.model_validate(json.loads((out_dir / JSON_NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return set()
    names = (o.name for o in earlier.overlays if is_picture_name(o.name))
    return {f"{OVERLAY_DIR}/{name}" for name in names}
