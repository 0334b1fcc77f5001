"""The pictures of the API: slices, overlays, plots, and what a tool outlined while its run goes on."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse, Response

from clinigraph.errors import UsageError
from clinigraph.ui import plots
from clinigraph.ui.api_parts import CaseId, HubDep, LibraryDep, Number, UserDep, report_folder, row_of
from clinigraph.ui.hub import Hub
from clinigraph.ui.library import UserLibrary
from clinigraph.ui.trends import trends
from clinigraph.ui.viewer import MAX_SIDE, ImageView

router = APIRouter(prefix="/api/v1", tags=["pictures"])
KEPT = {"cache-control": "private, max-age=3600"}
"""A finished run does not change; only its user's browser keeps its pictures."""


@router.get("/cases/{case_id}/runs/{number}/overlays/{name}")
async def get_overlay(
    case_id: CaseId, number: Number, name: Annotated[str, Path(max_length=100)], hub: HubDep, library: LibraryDep
) -> Response:
    """Return an overlay that the report lists."""
    report = hub.report(library, case_id, number)
    if name not in {o.name for o in report.overlays}:
        raise UsageError("The report has no such picture", given=name)
    return FileResponse(report_folder(library, case_id, number) / "overlays" / name, media_type="image/png")


@router.get("/cases/{case_id}/runs/{number}/images")
async def list_images(case_id: CaseId, number: Number, hub: HubDep, library: LibraryDep) -> list[ImageView]:
    """List the images of a finished run with what can be outlined."""
    return list(await asyncio.to_thread(hub.viewer(library, case_id, number).images))


@router.get("/cases/{case_id}/runs/{number}/images/{index}.png", response_class=Response)
async def draw_image(
    case_id: CaseId,
    number: Number,
    index: Annotated[int, Path(ge=0, le=10**4)],
    hub: HubDep,
    library: LibraryDep,
    at: Annotated[int | None, Query(ge=0, le=10**5)] = None,
    low: Annotated[float | None, Query(allow_inf_nan=False)] = None,
    high: Annotated[float | None, Query(allow_inf_nan=False)] = None,
    segments: Annotated[str, Query(max_length=2000)] = "",
    side: Annotated[int, Query(ge=16, le=MAX_SIDE)] = MAX_SIDE,
) -> Response:
    """Draw an image: slice ``at``, window ``low`` to ``high``, ``segments`` as keys with commas."""
    viewer = hub.viewer(library, case_id, number)
    keys = tuple(key for key in segments.split(",") if key)
    png = await asyncio.to_thread(lambda: viewer.draw(index, at=at, low=low, high=high, segments=keys, side=side))
    return Response(png, media_type="image/png", headers=KEPT)


@router.get("/cases/{case_id}/runs/{number}/steps/{step}.png", response_class=Response)
async def draw_step(
    case_id: CaseId,
    number: Number,
    step: Annotated[str, Path(max_length=100)],
    hub: HubDep,
    user: UserDep,
    library: LibraryDep,
) -> Response:
    """Draw what a tool outlined, small, as soon as its step is done."""
    row_of(library, case_id, number)
    events = hub.runs.history(user, library, case_id, number).events
    png = await asyncio.to_thread(hub.thumbnail, library, case_id, events, step)
    return Response(png, media_type="image/png", headers=KEPT)


@router.get("/cases/{case_id}/runs/{number}/plots/{name}.png", response_class=Response)
async def draw_plot(
    case_id: CaseId,
    number: Number,
    name: Annotated[str, Path(pattern="^(contributions|intervals|trends)$")],
    hub: HubDep,
    library: LibraryDep,
    dark: Annotated[bool, Query()] = False,
) -> Response:
    """Draw a plot of a finished run: contributions, intervals, or trends."""
    png = await asyncio.to_thread(_plotted, hub, library, case_id, number, name, plots.DARK if dark else plots.LIGHT)
    return Response(png, media_type="image/png", headers=KEPT)


def _plotted(hub: Hub, library: UserLibrary, case_id: str, number: int, name: str, style: plots.Style) -> bytes:
    report = hub.report(library, case_id, number)
    if name == "trends":
        found = trends(report, hub.earlier(library, case_id, number))
        if not found:
            raise UsageError("There is no such plot", given="no number has several values")
        return plots.png(plots.trend_plot(found, style))
    draw = {"contributions": plots.contributions, "intervals": plots.intervals}[name]
    return plots.png(draw(report, style))
