"""Decoded images and what was said of them -> a stored ``Case``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import CaseInvalid, UsageError
from clinigraph.intake.case_file import ImageEntry
from clinigraph.intake.files import check_one_patient
from clinigraph.intake.raw import Origin, RawImage
from clinigraph.intake.text_facts import facts_in_texts
from clinigraph.models.base import CaseId, ImageId
from clinigraph.models.case import Case, Fact, PriorReport, RecordText
from clinigraph.models.codes import Laterality, Modality
from clinigraph.models.imaging import Box, Image, ImageRole, Point, Series, SpacingSource, Study
from clinigraph.models.signals import Signal

_ROLE_INDEX = {ImageRole.CURRENT: 0, ImageRole.PRIOR: 1}


def build_case(
    loaded: Sequence[tuple[ImageEntry, Sequence[RawImage]]],
    *,
    question: str,
    file_facts: Sequence[Fact],
    user_facts: Sequence[Fact],
    prior_reports: tuple[PriorReport, ...],
    texts: tuple[RecordText, ...] = (),
    signals: tuple[Signal, ...] = (),
    boxes: Mapping[str, Box],
    points: Mapping[str, tuple[Point, ...]],
    given: str,
    artifacts: ArtifactStore,
) -> Case:
    """Store pixels and put the case together.

    Args:
        loaded: Entries of the case file (or one empty entry) with the images they led to.
        question: What to find out.
        file_facts: Facts of the case file; they stand above facts of image headers.
        user_facts: Facts given beside the files; they stand above all others.
        prior_reports: Earlier reports.
        texts: The record in free text; its numbers become facts, below those that were stated.
        signals: Recordings over time, already stored.
        boxes: Prompts for the one current image.
        points: Likewise.
        given: The path for messages.
        artifacts: Where pixels go.

    Raises:
        CaseInvalid: Several patients, the same image twice in one role with different statements, a box or spacing that
            does not fit, or statements for one image on an entry that holds several.
        UsageError: Boxes without exactly one current image.
    """
    check_one_patient({r.origin.patient for _, many in loaded for r in many} - {""}, given)
    images: list[Image] = []
    origins: list[Origin] = []
    for entry, many in loaded:
        _check_single(entry, many, given)
        for raw in many:
            image = _image(raw, entry, artifacts, given)
            if _is_new(image, images, given):
                images.append(image)
                origins.append(raw.origin)
    images = _with_prompts(images, boxes, points, given)
    header_facts = [f for _, many in loaded for raw in many for f in raw.facts]
    told = facts_in_texts(texts)
    facts = _merged(user_facts, file_facts, told.facts, header_facts)
    studies = _studies(images, origins)
    return Case(
        id=_case_id(question, facts, images, (*prior_reports, *texts, *signals)),
        question=question,
        facts=facts,
        studies=studies,
        prior_reports=prior_reports,
        texts=texts,
        signals=signals,
        notes=told.notes,
    )


def _check_single(entry: ImageEntry, many: Sequence[RawImage], given: str) -> None:
    prompts = entry.boxes or entry.points
    stated = prompts or entry.spacing_mm or entry.phase or entry.laterality is not Laterality.UNKNOWN
    if len(many) > 1 and stated:
        raise CaseInvalid(
            "Boxes, points, spacing, phase or side are stated for a path that holds several images",
            given=given,
            todo="List each image by its own path.",
        )


def _image(raw: RawImage, entry: ImageEntry, artifacts: ArtifactStore, given: str) -> Image:
    artifact = artifacts.put(raw.array)
    short = artifact.removeprefix("sha256:")[:12]
    header_or_user = raw.modality if entry.modality is Modality.UNKNOWN else entry.modality
    side = raw.laterality if entry.laterality is Laterality.UNKNOWN else entry.laterality
    image = Image(
        id=ImageId(f"img-{short}-{_ROLE_INDEX[entry.role]}"),
        artifact_id=artifact,
        geometry=raw.geometry,
        format=raw.format,
        role=entry.role,
        phase=entry.phase,
        frame=raw.frame,
        modality=header_or_user,
        laterality=side,
        body_part=raw.body_part,
        view=entry.view or raw.view,
        colour=raw.colour,
        window=raw.window,
        header=raw.header,
        notes=(*raw.notes, *_contradictions(raw, entry)),
    )
    image = _with_spacing(image, entry.spacing_mm, given)
    return image.replace(boxes=_fitting(image, entry.boxes, given), points=_inside(image, entry.points, given))


def _contradictions(raw: RawImage, entry: ImageEntry) -> list[str]:
    notes = []
    if Modality.UNKNOWN not in (raw.modality, entry.modality) and raw.modality is not entry.modality:
        notes.append(_overruled(raw.modality.label, entry.modality.label))
    if Laterality.UNKNOWN not in (raw.laterality, entry.laterality) and raw.laterality is not entry.laterality:
        notes.append(_overruled(raw.laterality.value, entry.laterality.value))
    return notes


def _overruled(header: str, case_file: str) -> str:
    return f"the header says {header}, the case file {case_file}; the case file counts"


def _with_spacing(image: Image, spacing: tuple[float, ...] | None, given: str) -> Image:
    if spacing is None:
        return image
    sides = len(image.geometry.shape)
    if len(spacing) == 2 and sides == 3:
        spacing = ()
    if len(spacing) != sides:
        raise CaseInvalid(
            f"spacing_mm does not fit an image with {sides} axes", given=given, todo=f"Give {sides} numbers, in mm."
        )
    note = () if image.geometry.spacing_mm is None else ("spacing of the header replaced by the case file",)
    geometry = image.geometry.replace(spacing_mm=spacing, spacing_source=SpacingSource.CASE_FILE)
    return image.replace(geometry=geometry, notes=(*image.notes, *note))


def _fitting(image: Image, boxes: Mapping[str, Box], given: str) -> dict[str, Box]:
    rows, columns = image.geometry.shape[-2:]
    for label, box in boxes.items():
        if box.x1 > columns or box.y1 > rows:
            raise CaseInvalid(
                f"The box {label[:40]!r} reaches beyond the image of {columns} x {rows} pixels",
                given=given,
                todo="Give x0,y0,x1,y1 in pixels of the image as it is shown upright.",
            )
    return dict(boxes)


def _inside(image: Image, points: Mapping[str, tuple[Point, ...]], given: str) -> dict[str, tuple[Point, ...]]:
    rows, columns = image.geometry.shape[-2:]
    for label, many in points.items():
        if any(point.x > columns or point.y > rows for point in many):
            raise CaseInvalid(
                f"A point of {label[:40]!r} lies outside the image of {columns} x {rows} pixels",
                given=given,
                todo="Give x,y in pixels of the image as it is shown upright.",
            )
    return dict(points)


def _is_new(image: Image, images: Sequence[Image], given: str) -> bool:
    twin = next((i for i in images if i.id == image.id), None)
    if twin is None:
        return True
    if twin.replace(notes=(), frame=None) != image.replace(notes=(), frame=None):
        raise CaseInvalid(
            "The same pixels are listed twice with different statements", given=given, todo="List each image once."
        )
    return False


def _with_prompts(
    images: list[Image], boxes: Mapping[str, Box], points: Mapping[str, tuple[Point, ...]], given: str
) -> list[Image]:
    if not boxes and not points:
        return images
    current = [i for i in images if i.role is ImageRole.CURRENT]
    if len(current) != 1:
        raise UsageError(
            f"A {'box' if boxes else 'point'} was given for {len(current)} current images",
            given=given,
            todo="Write boxes and points into case.yaml, per image.",
        )
    filled = current[0].replace(
        boxes={**current[0].boxes, **_fitting(current[0], boxes, given)},
        points={**current[0].points, **_inside(current[0], points, given)},
    )
    return [filled if i.id == filled.id else i for i in images]


def _merged(*layers: Sequence[Fact]) -> tuple[Fact, ...]:
    """Return facts of all layers; a name stated in a higher layer hides the same name and side below it."""
    kept: dict[tuple[str, Laterality], Fact] = {}
    for layer in layers:
        for fact in layer:
            kept.setdefault((fact.name, fact.laterality), fact)
    return tuple(kept.values())


def _studies(images: Sequence[Image], origins: Sequence[Origin]) -> tuple[Study, ...]:
    """Group images by the identifiers of their headers; plain pictures of one role form one study."""
    groups: dict[tuple[str, str], dict[str, list[Image]]] = {}
    for index, (image, origin) in enumerate(zip(images, origins, strict=True)):
        series = origin.series or f"alone {index}"
        groups.setdefault((image.role.value, origin.study), {}).setdefault(series, []).append(image)
    studies = []
    for number, by_series in enumerate(groups.values(), start=1):
        series_values = tuple(
            Series(id=f"series-{number}-{n}", modality=_common(many), images=tuple(many))
            for n, many in enumerate(by_series.values(), start=1)
        )
        studies.append(Study(id=f"study-{number}", series=series_values))
    return tuple(studies)


def _common(images: Sequence[Image]) -> Modality:
    kinds = {i.modality for i in images}
    return next(iter(kinds)) if len(kinds) == 1 else Modality.UNKNOWN


def _case_id(
    question: str, facts: Sequence[Fact], images: Sequence[Image], words: Sequence[PriorReport | RecordText | Signal]
) -> CaseId:
    total = hashlib.sha256(question.encode("utf-8", "surrogatepass"))
    for value in (*facts, *images, *words):
        total.update(value.canonical_json().encode("utf-8", "surrogatepass"))
    return CaseId(f"case-{total.hexdigest()[:16]}")
