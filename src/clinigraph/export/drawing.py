"""Drawing one overlay picture with Pillow: panels, contours with a dark casing, calipers, legend."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from clinigraph.export.calipers import Caliper, Extent, Mask, extent_of

PALETTE = ("#56b4e9", "#f0e442", "#e69f00", "#cc79a7", "#009e73", "#d55e00", "#ffffff")
"""Okabe and Ito's colours, told apart with any colour vision, the lightest and most distant first."""

PANEL_HEIGHT = 640
"""Height of a panel in pixels."""
PANEL_MAX_WIDTH = 1000
CLOSE_UP_SHARE = 0.45
"""A close-up is drawn when the structures reach over less than this share of both sides of the picture."""
CLOSE_UP_MARGIN = 0.35
"""Margin of the close-up around the structures, as a share of their longer side."""
SCALE = 2
"""Lines are drawn at twice the size and reduced, which smooths them."""
GAP, LINE, CASING = 12, 2, 4
_BACKGROUND, _INK = (16, 19, 23), (236, 239, 242)

Pixels = NDArray[np.uint8]
Point = tuple[float, float]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Scene:
    """What to draw."""

    display: Pixels
    """uint8 ``(H, W)`` or ``(H, W, 3)``."""
    masks: Mapping[str, Mask]
    calipers: Sequence[Caliper]
    legend: Mapping[str, str]
    """Text by label; labels without a mask are groups, such as the thorax."""
    row_to_column: float
    """Row spacing over column spacing, so that a millimetre is as long down as across."""
    title: str


@dataclass(frozen=True, slots=True)
class _Panel:
    """A window of the image and the scale at which it is shown."""

    window: Extent
    scale_x: float
    scale_y: float

    @property
    def size(self) -> tuple[int, int]:
        width = max(1, round(self.window.width * self.scale_x))
        return width, max(1, round(self.window.height * self.scale_y))

    def place(self, row: float, col: float) -> Point:
        """Return where a pixel edge lies on the panel drawn at SCALE."""
        x = (col - self.window.col0) * self.scale_x * SCALE
        return x, (row - self.window.row0) * self.scale_y * SCALE


def draw_scene(scene: Scene) -> bytes:
    """Return the picture as PNG bytes."""
    height, width = scene.display.shape[:2]
    whole = _fit(Extent(0, height, 0, width), scene.row_to_column)
    reach = _reach(scene.masks)
    small = reach is not None and _is_small(reach, width, height)
    detail = _fit(_close_up(reach, width, height), scene.row_to_column) if reach and small else None
    colours = _colours(scene)
    first = _draw_panel(scene, whole, colours, calipers=detail is None)
    panels = [first]
    if detail is not None:
        _mark_window(first, whole, detail.window)
        panels.append(_draw_panel(scene, detail, colours, calipers=True))
    return _png(_with_legend(_side_by_side(panels), scene, colours))


def _colours(scene: Scene) -> dict[str, str]:
    labels = dict.fromkeys([*scene.masks, *(c.label for c in scene.calipers)])
    return {label: PALETTE[i % len(PALETTE)] for i, label in enumerate(labels)}


def _reach(masks: Mapping[str, Mask]) -> Extent | None:
    extents = [e for e in (extent_of(m) for m in masks.values()) if e is not None]
    if not extents:
        return None
    joined = extents[0]
    for extent in extents[1:]:
        joined = joined.joined(extent)
    return joined


def _is_small(reach: Extent, width: int, height: int) -> bool:
    return reach.width < CLOSE_UP_SHARE * width and reach.height < CLOSE_UP_SHARE * height


def _close_up(reach: Extent, width: int, height: int) -> Extent:
    half = round(max(reach.width, reach.height) * (0.5 + CLOSE_UP_MARGIN)) + 1
    side = min(2 * half, width, height)
    row0 = min(max((reach.row0 + reach.row1) // 2 - side // 2, 0), height - side)
    col0 = min(max((reach.col0 + reach.col1) // 2 - side // 2, 0), width - side)
    return Extent(row0, row0 + side, col0, col0 + side)


def _fit(window: Extent, row_to_column: float) -> _Panel:
    scale = PANEL_HEIGHT / (window.height * row_to_column)
    scale = min(scale, PANEL_MAX_WIDTH / window.width)
    return _Panel(window, scale, scale * row_to_column)


def _draw_panel(scene: Scene, panel: _Panel, colours: Mapping[str, str], *, calipers: bool) -> Picture.Image:
    w = panel.window
    cut = Picture.fromarray(np.ascontiguousarray(scene.display[w.row0 : w.row1, w.col0 : w.col1])).convert("RGB")
    shrinks = panel.scale_x < 1
    base = cut.resize(panel.size, Picture.Resampling.LANCZOS if shrinks else Picture.Resampling.BICUBIC)
    ink = Picture.new("RGBA", (panel.size[0] * SCALE, panel.size[1] * SCALE), (0, 0, 0, 0))
    pen = ImageDraw.Draw(ink)
    for label, mask in scene.masks.items():
        for line in _contours(mask):
            _cased_line(pen, [panel.place(row, col) for row, col in line], colours[label])
    reach = _reach(scene.masks)
    if calipers and reach is not None:
        for number, caliper in enumerate(scene.calipers):
            _draw_caliper(pen, panel, caliper, colours[caliper.label], after=number % 2 == 0, reach=reach)
    base.paste(ink.resize(panel.size, Picture.Resampling.LANCZOS), (0, 0), _alpha(ink, panel.size))
    return base


def _alpha(ink: Picture.Image, size: tuple[int, int]) -> Picture.Image:
    return ink.getchannel("A").resize(size, Picture.Resampling.LANCZOS)


def _contours(mask: Mask) -> list[list[Point]]:
    """Return the outlines of a mask as (row, column) of pixel edges, closed at the border of the picture."""
    if not mask.any():
        return []
    from skimage.measure import find_contours

    padded = np.pad(mask, 1).astype(np.float32)
    return [[(float(r) - 0.5, float(c) - 0.5) for r, c in line] for line in find_contours(padded, 0.5)]  # type: ignore[no-untyped-call]


def _cased_line(pen: ImageDraw.ImageDraw, points: Sequence[Point], colour: str, width: int = LINE) -> None:
    pen.line(points, fill=(0, 0, 0, 150), width=(width + CASING - LINE) * SCALE, joint="curve")
    pen.line(points, fill=colour, width=width * SCALE, joint="curve")


def _draw_caliper(
    pen: ImageDraw.ImageDraw, panel: _Panel, caliper: Caliper, colour: str, *, after: bool, reach: Extent
) -> None:
    """Draw a dimension line outside all structures, with leaders from the two edges, as on a technical drawing."""
    extent = caliper.extent
    start, end = panel.place(extent.row0, extent.col0), panel.place(extent.row1, extent.col1)
    outside = panel.place(reach.row1, reach.col1) if after else panel.place(reach.row0, reach.col0)
    axis = 0 if caliper.vertical else 1
    limit = panel.size[axis] * SCALE
    at = outside[axis] + (14 if after else -14) * SCALE
    at = min(max(at, 6 * SCALE), limit - 6 * SCALE)
    touches = [panel.place(t, t)[axis] for t in caliper.touches]
    tick = 5 * SCALE

    def point(along: float, across: float) -> Point:
        return (across, along) if caliper.vertical else (along, across)

    first, last = start[1 - axis], end[1 - axis]
    for edge, touch in zip((first, last), touches, strict=True):
        _dashes(pen, point(edge, touch), point(edge, at), colour)
        _cased_line(pen, [point(edge, at - tick), point(edge, at + tick)], colour)
    _cased_line(pen, [point(first, at), point(last, at)], colour)


def _dashes(pen: ImageDraw.ImageDraw, start: Point, end: Point, colour: str) -> None:
    length = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1.0)
    step = 8 * SCALE
    for i in range(int(length // step) + 1):
        a, b = i * step / length, min((i + 0.45) * step / length, 1.0)
        ends = [(start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t) for t in (a, b)]
        pen.line(ends, fill=colour, width=SCALE)


def _mark_window(picture: Picture.Image, panel: _Panel, window: Extent) -> None:
    pen = ImageDraw.Draw(picture)
    x0, y0 = (v / SCALE for v in panel.place(window.row0, window.col0))
    x1, y1 = (v / SCALE for v in panel.place(window.row1, window.col1))
    pen.rectangle((x0 - 1, y0 - 1, x1 + 1, y1 + 1), outline=(0, 0, 0), width=1)
    pen.rectangle((x0, y0, x1, y1), outline=(255, 255, 255), width=2)


def _side_by_side(panels: Sequence[Picture.Image]) -> Picture.Image:
    width = sum(p.width for p in panels) + GAP * (len(panels) - 1)
    canvas = Picture.new("RGB", (width, max(p.height for p in panels)), _BACKGROUND)
    x = 0
    for panel in panels:
        canvas.paste(panel, (x, (canvas.height - panel.height) // 2))
        x += panel.width + GAP
    return canvas


def _with_legend(picture: Picture.Image, scene: Scene, colours: Mapping[str, str]) -> Picture.Image:
    font = ImageFont.load_default(size=18)
    entries = [(colours[label], text) for label, text in scene.legend.items()]
    widths = [round(font.getlength(text)) + 52 for _, text in entries]
    rows = _rows(widths, max(picture.width, 320) - 2 * GAP)
    lines = len(rows) + (1 if scene.title else 0)
    width = max(picture.width, *(sum(widths[i] for i in row) + 2 * GAP for row in rows))
    canvas = Picture.new("RGB", (width, picture.height + 30 * lines + GAP), _BACKGROUND)
    canvas.paste(picture, ((width - picture.width) // 2, 0))
    pen, y = ImageDraw.Draw(canvas), picture.height + GAP
    if scene.title:
        pen.text((GAP, y), scene.title, fill=_INK, font=font)
        y += 30
    for row in rows:
        x = GAP
        for i in row:
            pen.line((x, y + 11, x + 26, y + 11), fill=entries[i][0], width=4)
            pen.text((x + 34, y), entries[i][1], fill=_INK, font=font)
            x += widths[i]
        y += 30
    return canvas


def _rows(widths: Sequence[int], room: int) -> list[list[int]]:
    """Return the indices of the legend's entries line by line, as many on a line as fit."""
    rows: list[list[int]] = [[]]
    used = 0
    for i, width in enumerate(widths):
        if rows[-1] and used + width > room:
            rows.append([])
            used = 0
        rows[-1].append(i)
        used += width
    return rows


def _png(picture: Picture.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()
