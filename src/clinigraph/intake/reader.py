"""``read_case``: from paths to a stored ``Case``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import CaseInvalid, UsageError
from clinigraph.intake.assemble import build_case
from clinigraph.intake.case_file import CaseFile, ImageEntry, SignalEntry, read_case_file, resolve_inside
from clinigraph.intake.facts import check_facts
from clinigraph.intake.files import read_files
from clinigraph.intake.phases import with_phases
from clinigraph.intake.signal_files import read_lead
from clinigraph.intake.sources import CASE_FILE, Source, case_folder, expand
from clinigraph.intake.texts import read_text, split_texts
from clinigraph.models.case import Case, Fact, PriorReport, RecordText
from clinigraph.models.imaging import Box, Point
from clinigraph.models.signals import Signal
from clinigraph.settings import Settings


@dataclass(frozen=True, slots=True)
class _Content:
    """What the paths held: images with what the user said of them."""

    images: list[tuple[ImageEntry, Sequence[Source]]]
    question: str = ""
    facts: tuple[Fact, ...] = ()
    prior_reports: tuple[PriorReport, ...] = field(default=())
    texts: tuple[RecordText, ...] = field(default=())
    signals: tuple[tuple[SignalEntry, Path], ...] = field(default=())


def read_case(
    paths: Sequence[Path],
    *,
    question: str = "",
    artifacts: ArtifactStore,
    settings: Settings,
    boxes: Mapping[str, Box] | None = None,
    points: Mapping[str, tuple[Point, ...]] | None = None,
    facts: Sequence[Fact] = (),
) -> Case:
    """Read files or folders into one case; pixels go to the artifact store, header values through an allow-list.

    Args:
        paths: Image files, folders of images, texts (``.txt``, ``.md``), or one case folder with a ``case.yaml``.
        question: What to find out; empty takes the question of the case file.
        artifacts: Where pixels are stored.
        settings: Holds the limits.
        boxes: Box prompts by structure label, in pixels of the one current image.
        points: Point prompts by structure label, likewise.
        facts: Facts given beside the files; they replace facts of the same name and side from files.

    Returns:
        The case. The same bytes, question, boxes and facts give the same case, ids included.

    Raises:
        InputUnreadable: Missing, empty, cut short, or not what its name says.
        InputTooLarge: Over a limit of the settings.
        InputUnsupported: A format or transfer syntax that cannot be decoded.
        CaseInvalid: The folder or case file does not describe one case, or a fact does not fit the catalogue.
        UsageError: No path, or boxes or points without exactly one current image.
    """
    if not paths:
        raise UsageError("No path was given", todo="Name an image file or a case folder.")
    paths = [Path(p) for p in paths]
    content = _content(paths)
    loaded = [(entry, read_files(sources, settings)) for entry, sources in content.images]
    return build_case(
        loaded,
        question=question or content.question,
        file_facts=content.facts,
        user_facts=check_facts(facts),
        prior_reports=content.prior_reports,
        texts=content.texts,
        signals=tuple(_signal(entry, path, artifacts, settings) for entry, path in content.signals),
        boxes=dict(boxes or {}),
        points=dict(points or {}),
        given=str(paths[0]),
        artifacts=artifacts,
    )


def _content(paths: Sequence[Path]) -> _Content:
    folder = case_folder(paths)
    if folder is None:
        words, others = split_texts(paths)
        texts = tuple(read_text(path, number) for number, path in enumerate(words, start=1))
        return _Content(with_phases(expand(others)) if others else [], texts=texts)
    file = read_case_file(folder)
    given = str(folder / CASE_FILE)
    texts = (RecordText(text=file.text, source=CASE_FILE),) if file.text.strip() else ()
    images = _listed(folder, file, given)
    signals = tuple((entry, resolve_inside(folder, entry.path, given=given)) for entry in file.signals)
    return _Content(images, file.question, file.parsed_facts(given), file.prior_reports, texts, signals)


def _signal(entry: SignalEntry, path: Path, artifacts: ArtifactStore, settings: Settings) -> Signal:
    limit = settings.max_decoded_bytes
    samples, rate, lead = read_lead(path, lead=entry.lead, rate_hz=entry.sampling_rate_hz, limit=limit, given=str(path))
    return Signal(artifact_id=artifacts.put(samples), sampling_rate_hz=rate, lead=lead)


def _listed(folder: Path, file: CaseFile, given: str) -> list[tuple[ImageEntry, Sequence[Source]]]:
    if not file.images and file.signals:
        return []
    if not file.images:
        others = [s for s in expand([folder]) if s.path.name != CASE_FILE]
        if not others and (file.text.strip() or file.facts):
            return []
        if not others:
            raise CaseInvalid("The case folder holds no image", given=given, todo="Put an image beside the case file.")
        return with_phases(others)
    return [(entry, expand([resolve_inside(folder, entry.path, given=given)])) for entry in file.images]
