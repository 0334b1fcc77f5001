"""Images as values: geometry, studies, masks. Pixels live in the artifact store, never here."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from clinigraph.models.base import ArtifactId, ImageId, Value
from clinigraph.models.codes import Concept, Laterality, Modality


class SpacingSource(StrEnum):
    """Where a pixel spacing came from; a reader must know before trusting a millimetre."""

    PIXEL_SPACING = "PixelSpacing (0028,0030)"
    IMAGER_PIXEL_SPACING = "ImagerPixelSpacing (0018,1164)"
    """At the detector plane: not corrected for magnification."""
    NOMINAL_SCANNED = "NominalScannedPixelSpacing (0018,2010)"
    SHARED_GROUPS = "PixelMeasuresSequence (0028,9110)"
    ULTRASOUND_REGION = "SequenceOfUltrasoundRegions (0018,6011)"
    NIFTI_HEADER = "NIfTI affine"
    CASE_FILE = "case.yaml"


class ImageGeometry(Value):
    """The pixel grid of an image or volume in the LPS patient frame (x to left, y to posterior, z to head)."""

    shape: tuple[int, ...] = Field(min_length=2, max_length=3)
    """Rows and columns ``(H, W)``, or slices, rows and columns ``(D, H, W)``."""
    spacing_mm: tuple[float, ...] | None = None
    """Distance between pixel centres along each axis of ``shape``; None forbids any millimetre."""
    origin_mm: tuple[float, float, float] | None = None
    """LPS position of the centre of the first voxel; None for a plain picture."""
    direction: tuple[float, ...] | None = Field(default=None, min_length=9, max_length=9)
    """Row-major 3x3 cosines; column i is the LPS direction of axis i of ``shape`` (last axis first for 2-D).

    In a volume the columns are slice, row and column axis; in a picture with a position they are column axis (to the
    right on the screen), row axis (downwards) and the normal.
    """
    spacing_source: SpacingSource | None = None
    """The tag or file that gave ``spacing_mm``."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if any(n < 1 for n in self.shape):
            raise ValueError("every side of an image must be at least one pixel")
        if self.spacing_mm is None:
            return self
        if len(self.spacing_mm) != len(self.shape):
            raise ValueError("spacing_mm needs one value per axis of shape")
        if any(not 0 < s < 1e4 for s in self.spacing_mm):
            raise ValueError("spacing_mm must lie between 0 and 10,000")
        if self.spacing_source is None:
            raise ValueError("a spacing needs its source")
        return self

    @property
    def is_volume(self) -> bool:
        """Whether the grid has three axes."""
        return len(self.shape) == 3


class DisplayWindow(Value):
    """How grey values become brightness: the header's window, or a curve given as samples of it."""

    low: float
    """Value (after rescale) at and below which the first level is shown."""
    high: float
    """Value at and above which the last level is shown."""
    levels: tuple[int, ...] = (0, 255)
    """Brightness 0-255 at evenly spaced values from ``low`` to ``high``; (0, 255) is a straight ramp."""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not self.low < self.high:
            raise ValueError("a window needs low < high")
        if len(self.levels) < 2 or any(not 0 <= level <= 255 for level in self.levels):
            raise ValueError("a window needs at least two levels between 0 and 255")
        return self


class Box(Value):
    """An axis-aligned box in pixels of one image, edges inclusive-exclusive."""

    x0: float = Field(ge=0)
    y0: float = Field(ge=0)
    x1: float
    y1: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.x1 <= self.x0 or self.y1 <= self.y0:
            raise ValueError("a box needs x0 < x1 and y0 < y1")
        return self


class Point(Value):
    """A place on one image, in pixels; the centre of the first pixel is (0.5, 0.5)."""

    x: float = Field(ge=0)
    y: float = Field(ge=0)
    inside: bool = True
    """Whether the place lies in the structure; a point outside says what does not belong to it."""


class ImageRole(StrEnum):
    """What an image is for in a case."""

    CURRENT = "current"
    PRIOR = "prior"


class CardiacPhase(StrEnum):
    """Moment of the heartbeat that a frame shows."""

    END_DIASTOLE = "end_diastole"
    """The left ventricle is fullest."""
    END_SYSTOLE = "end_systole"
    """The left ventricle is emptiest."""


class ImageFormat(StrEnum):
    """Container the pixels came in."""

    PNG = "png"
    JPEG = "jpeg"
    TIFF = "tiff"
    DICOM = "dicom"
    NIFTI = "nifti"


class Image(Value):
    """One image or volume of a case, its pixels held as an artifact."""

    id: ImageId
    """Stable within a case: derived from the pixels and the role."""
    artifact_id: ArtifactId
    """Pixels: uint8 ``(H, W, 3)`` RGB, or ``(H, W)`` / ``(D, H, W)`` grey as stored after rescale."""
    geometry: ImageGeometry
    format: ImageFormat
    role: ImageRole = ImageRole.CURRENT
    phase: CardiacPhase | None = None
    """Of a heart: from the user, the file names, or chosen by the volume of the left ventricle (see ``notes``)."""
    frame: int | None = Field(default=None, ge=1)
    """Number of this volume in the time series it came in, from 1; None when it came alone."""
    modality: Modality = Modality.UNKNOWN
    """From the header or the user; UNKNOWN lets triage look at the pixels."""
    laterality: Laterality = Laterality.UNKNOWN
    body_part: str | None = None
    """DICOM defined term such as ``CHEST``, upper case."""
    view: str | None = None
    """View position such as ``PA``, ``AP``, ``LATERAL``."""
    colour: bool = False
    """True when the artifact is RGB."""
    window: DisplayWindow | None = None
    """From the header; None lets ``intake.display.to_display`` use percentiles."""
    boxes: dict[str, Box] = Field(default_factory=dict)
    """Prompts given by the user, by structure label."""
    points: dict[str, tuple[Point, ...]] = Field(default_factory=dict)
    """Points given by the user, by structure label."""
    header: dict[str, str] = Field(default_factory=dict)
    """Allow-listed, non-identifying header values (transfer syntax, photometric interpretation, ...)."""
    notes: tuple[str, ...] = ()
    """What was done to the pixels on the way in, in words (inverted MONOCHROME1, first of 30 frames, ...)."""


class Series(Value):
    """Images that were made in one go."""

    id: str
    modality: Modality
    images: tuple[Image, ...] = Field(min_length=1)


class Study(Value):
    """Series of one visit."""

    id: str
    series: tuple[Series, ...] = Field(min_length=1)


class Segment(Value):
    """One structure of a label map."""

    label: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """Name used by plans, for example ``optic_disc``."""
    number: int = Field(ge=1, le=255)
    """DICOM segment number, counted from 1 in the order of the planes."""
    concept: Concept
    pixel_count: int = Field(ge=0)
    """Pixels set; 0 is an honest empty mask, explained in ``reason``."""
    reason: str | None = None
    """Why the mask is empty or partial."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """The algorithm's own confidence, where it has one; uncalibrated unless its model card says otherwise."""


class Calibration(Value):
    """How far a number taken from an algorithm's masks lay from the reference on held-out images."""

    halfwidth: float = Field(gt=0)
    """Absolute error that the share ``level`` of the held-out images did not exceed, in the number's own unit."""
    level: float = Field(gt=0, lt=1)
    n: int = Field(ge=1)
    """Held-out images."""
    caveat: str = ""
    """Why the stated level may not be reached, in a few words; empty when the images had no part in any choice."""


class LabelMap(Value):
    """Masks on the image's own grid.

    The artifact is an array of bool ``(N, *image.shape)``, one plane per segment in the order of ``segments``
    (structures may nest: a cup lies inside its disc).
    """

    image_id: ImageId
    artifact_id: ArtifactId
    geometry: ImageGeometry
    segments: tuple[Segment, ...] = Field(min_length=1)
    algorithm: str
    """Tool name and version that made it."""
    samples: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """Measure name, for example ``vertical_cup_disc_ratio``, to its value in each test-time-augmented pass."""
    calibration: dict[str, Calibration] = Field(default_factory=dict)
    """Measure name to its error on held-out images, from the model card."""

    @model_validator(mode="after")
    def _unique(self) -> Self:
        labels = [s.label for s in self.segments]
        if len(set(labels)) != len(labels):
            raise ValueError("segment labels must be unique")
        return self

    def segment(self, label: str) -> Segment | None:
        """Return the segment with this label, or None."""
        return next((s for s in self.segments if s.label == label), None)

    def plane(self, label: str) -> int:
        """Return the index of a segment's plane in the artifact.

        Raises:
            KeyError: There is no such segment.
        """
        for index, segment in enumerate(self.segments):
            if segment.label == label:
                return index
        raise KeyError(label)
