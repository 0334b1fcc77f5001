"""``case.yaml``: question, facts, images and prior reports of one patient, checked against closed lists."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from clinigraph.errors import CaseInvalid, InputUnreadable
from clinigraph.intake.facts import parse_facts
from clinigraph.intake.sources import CASE_FILE
from clinigraph.intake.strict_yaml import YamlRefused, load_plain
from clinigraph.models.base import Value
from clinigraph.models.case import Fact, PriorReport
from clinigraph.models.codes import Laterality, Modality
from clinigraph.models.imaging import Box, CardiacPhase, ImageRole, Point

_OTHER_WORDS = {
    "fundus_photograph": Modality.FUNDUS,
    "chest_xray": Modality.CHEST_FILM,
    "chest_x_ray": Modality.CHEST_FILM,
    "cxr": Modality.CHEST_FILM,
    "cr": Modality.CHEST_FILM,
    "mri": Modality.MR,
    "us": Modality.ULTRASOUND,
    "pathology": Modality.HISTOLOGY,
    "oct": Modality.OTHER,
}
_MODALITY_WORDS = {word.lower(): m for m in Modality for word in (m.value, m.name)} | _OTHER_WORDS
_SIDE_WORDS = {s.value: s for s in Laterality} | {
    "l": Laterality.LEFT,
    "os": Laterality.LEFT,
    "r": Laterality.RIGHT,
    "od": Laterality.RIGHT,
    "both": Laterality.BILATERAL,
    "ou": Laterality.BILATERAL,
}
_PHASE_WORDS = {
    "ed": CardiacPhase.END_DIASTOLE,
    "es": CardiacPhase.END_SYSTOLE,
} | {p.value: p for p in CardiacPhase}
_VIEW_WORDS = frozenset({"PA", "AP", "LATERAL", "CC", "MLO", "ML", "LM"})


def _modality(value: object) -> Modality:
    word = str(value).strip().lower().replace(" ", "_").replace("-", "_")
    if word not in _MODALITY_WORDS:
        raise ValueError(f"write one of {', '.join(m.name.lower() for m in Modality)}")
    return _MODALITY_WORDS[word]


def _laterality(value: object) -> Laterality:
    word = str(value).strip().lower()
    if word not in _SIDE_WORDS:
        raise ValueError("write left, right or bilateral")
    return _SIDE_WORDS[word]


def _view(value: object) -> str:
    word = str(value).strip().upper()
    if word not in _VIEW_WORDS:
        raise ValueError(f"write one of {', '.join(sorted(_VIEW_WORDS))}")
    return word


def _phase(value: object) -> CardiacPhase:
    word = str(value).strip().lower().replace(" ", "_").replace("-", "_")
    if word not in _PHASE_WORDS:
        raise ValueError("write end_diastole or end_systole")
    return _PHASE_WORDS[word]


def _box(value: object) -> object:
    if isinstance(value, list):
        if len(value) != 4:
            raise ValueError("a box is [x0, y0, x1, y1] in pixels")
        return dict(zip(("x0", "y0", "x1", "y1"), value, strict=True))
    return value


def _point(value: object) -> object:
    if isinstance(value, list):
        if len(value) != 2:
            raise ValueError("a point is [x, y] in pixels")
        return dict(zip(("x", "y"), value, strict=True))
    return value


def _spacing(value: object) -> object:
    many = value if isinstance(value, list) else [value, value]
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and 0 < v < 1e4 for v in many):
        raise ValueError("spacing_mm is one positive number, or one per axis of the image")
    return tuple(many)


def _entry(value: object) -> object:
    return {"path": value} if isinstance(value, str) else value


def _report(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


class ImageEntry(Value):
    """One image that a case file names."""

    path: str = Field(min_length=1, max_length=1000)
    """Relative to the case folder and inside it."""
    role: ImageRole = ImageRole.CURRENT
    modality: Annotated[Modality, BeforeValidator(_modality)] = Modality.UNKNOWN
    laterality: Annotated[Laterality, BeforeValidator(_laterality)] = Laterality.UNKNOWN
    view: Annotated[str, BeforeValidator(_view)] | None = None
    phase: Annotated[CardiacPhase, BeforeValidator(_phase)] | None = None
    """Of a heart: ``end_diastole`` or ``end_systole``."""
    spacing_mm: Annotated[tuple[float, ...], BeforeValidator(_spacing)] | None = None
    """Row and column spacing, or slice, row and column spacing."""
    boxes: dict[str, Annotated[Box, BeforeValidator(_box)]] = Field(default_factory=dict)
    points: dict[str, tuple[Annotated[Point, BeforeValidator(_point)], ...]] = Field(default_factory=dict)
    """Places in a structure, ``[x, y]`` in pixels, or ``{x: , y: , inside: false}`` for places beside it."""


class SignalEntry(Value):
    """One recording over time that a case file names."""

    path: str = Field(min_length=1, max_length=1000)
    """Relative to the case folder and inside it: ``.npy``, ``.csv``, ``.edf``, or ``.hea`` with its ``.dat``."""
    kind: Literal["ecg"] = "ecg"
    sampling_rate_hz: float | None = Field(default=None, gt=0, le=100_000)
    """Samples a second; needed where the file does not state them."""
    lead: str | None = Field(default=None, pattern=r"^[A-Za-z0-9]{1,12}$")
    """Which lead, where the file holds several."""


class CaseFile(Value):
    """The fields of a ``case.yaml``."""

    question: str = Field(default="", max_length=4000)
    facts: dict[str, Any] = Field(default_factory=dict)
    images: tuple[Annotated[ImageEntry, BeforeValidator(_entry)], ...] = ()
    prior_reports: tuple[Annotated[PriorReport, BeforeValidator(_report)], ...] = ()
    signals: tuple[Annotated[SignalEntry, BeforeValidator(_entry)], ...] = Field(default=(), max_length=24)
    """Leads of an electrocardiogram; a case file that lists them lists its images too."""
    text: str = Field(default="", max_length=200_000)
    """History, examination and results in free text."""

    def parsed_facts(self, given: str) -> tuple[Fact, ...]:
        """Return the facts in the catalogue's names and units.

        Raises:
            CaseInvalid: A fact does not fit the catalogue.
        """
        return parse_facts(self.facts, given=given)


_KNOWN_FIELDS = tuple(
    {name for kind in (CaseFile, ImageEntry, SignalEntry, PriorReport, Box, Point) for name in kind.model_fields}
)


def read_case_file(folder: Path) -> CaseFile:
    """Read the ``case.yaml`` of a folder.

    Raises:
        CaseInvalid: Malformed, an unknown field, or a value of the wrong kind.
        InputUnreadable: It cannot be opened.
    """
    path = folder / CASE_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputUnreadable(
            "The case file cannot be opened", given=str(path), todo="Check that it may be read."
        ) from error
    return parse_case_file(data, given=str(path))


def parse_case_file(data: bytes, *, given: str) -> CaseFile:
    """Parse the bytes of a ``case.yaml``.

    Raises:
        CaseInvalid: Malformed, an unknown field, or a value of the wrong kind.
    """
    try:
        content = load_plain(data)
    except YamlRefused as error:
        raise CaseInvalid(f"The case file is refused: {error}", given=given, todo="Write plain YAML.") from error
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise CaseInvalid(
            "The case file is not a list of fields", given=given, todo="Write question:, facts:, images: at the left."
        )
    filled = {k: v for k, v in content.items() if v is not None}
    try:
        return CaseFile.model_validate(filled)
    except ValidationError as error:
        raise _explained(error, given) from error


def resolve_inside(folder: Path, entry: str, *, given: str) -> Path:
    """Return the path of an image that a case file names, provided it lies inside the folder.

    Raises:
        CaseInvalid: The path is absolute, climbs out, or leads out through a link; or there is nothing there.
    """
    try:
        target = folder / entry
        inside = (
            not Path(entry).is_absolute()
            and ".." not in Path(entry).parts
            and "\\" not in entry
            and target.resolve().is_relative_to(folder.resolve())
        )
        exists = inside and target.exists()
    except (OSError, ValueError, RuntimeError):
        inside, exists = True, False
    if not inside:
        raise CaseInvalid(
            "A path leads out of the case folder",
            given=f"{given}: {_short(entry)}",
            todo="Put the file into the folder.",
        )
    if not exists:
        raise CaseInvalid(
            "A file that the case file names is not there", given=f"{given}: {_short(entry)}", todo="Check the path."
        )
    return target


def _explained(error: ValidationError, given: str) -> CaseInvalid:
    first = error.errors(include_input=False, include_url=False)[0]
    words = [str(p) for p in first["loc"]]
    place = _short(".".join(words)) or "case.yaml"
    if first["type"] == "extra_forbidden":
        close = difflib.get_close_matches(words[-1], _KNOWN_FIELDS, n=2)
        todo = f"Did you mean {' or '.join(close)}?" if close else "See the fields of case.yaml in the documentation."
        return CaseInvalid(f"Unknown field {place!r}", given=given, todo=todo)
    reason = first["msg"].removeprefix("Value error, ")
    return CaseInvalid(f"The field {place!r} is wrong", given=given, todo=f"{reason[:1].upper()}{reason[1:]}.")


def _short(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:80]
