"""What the page shows of a case and its runs, as values for its components."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import gradio as gr
import numpy as np
from gradio.blocks import Block
from numpy.typing import NDArray
from PIL import Image as Pillow

from clinigraph.client.report import Report
from clinigraph.models.formatting import pretty_unit
from clinigraph.models.imaging import ImageRole
from clinigraph.models.planning import Criterion, DiagnosticPlan, Indicator
from clinigraph.models.reporting import Claim
from clinigraph.ui import plots
from clinigraph.ui.correcting import prompts_taken
from clinigraph.ui.hub import Hub
from clinigraph.ui.library import UserLibrary
from clinigraph.ui.page import fragments
from clinigraph.ui.page.layout import Parts
from clinigraph.ui.plan_additions import Addition
from clinigraph.ui.trends import Trend, trends
from clinigraph.ui.values import CaseRecord, RunRow, RunStatus, StreamEvent
from clinigraph.ui.viewer import ImageView, Viewer

Picture: TypeAlias = NDArray[np.uint8]
Update: TypeAlias = dict[Block, object]


def blank(parts: Parts) -> Update:
    """Return the page without a case."""
    return {
        parts.place: [],
        parts.case.files: None,
        parts.case.question: "",
        parts.case.facts: "",
        parts.case.message: "",
        **nothing_asked(parts),
        **no_report(parts),
        parts.walk.status: fragments.status_line(None),
        parts.walk.timeline: fragments.timeline([]),
        parts.walk.chat: [],
        parts.case.run: gr.Button(interactive=True),
        parts.case.stop: gr.Button(interactive=False),
        parts.case.resume: gr.Button(interactive=False),
    }


def case_form(parts: Parts, record: CaseRecord) -> Update:
    """Return what a case says of itself."""
    return {
        parts.case.question: record.form.question,
        parts.case.facts: "\n".join(f"{k} = {v}" for k, v in record.form.facts.items()),
        parts.case.files: None,
        parts.case.message: "",
        parts.evidence.compared: "",
        **runs_of(parts, record),
    }


def runs_of(parts: Parts, record: CaseRecord) -> Update:
    """Return the runs of a case as what can be compared."""
    runs = [(f"Run {r.number}: {r.decision or r.status.value}", r.number) for r in record.runs]
    numbers = [n for _, n in runs]
    return {
        parts.evidence.first: gr.Dropdown(choices=runs, value=numbers[-2] if len(numbers) > 1 else None),
        parts.evidence.second: gr.Dropdown(choices=runs, value=numbers[-1] if numbers else None),
    }


def progress(parts: Parts, row: RunRow | None, events: tuple[StreamEvent, ...], base: str = "") -> Update:
    """Return how far a run is; ``base`` is its address."""
    live = row is not None and row.status.live
    idle = row is not None and row.status in (RunStatus.STOPPED, RunStatus.FAILED)
    return {
        parts.walk.status: fragments.status_line(row),
        parts.walk.timeline: fragments.timeline(events, base),
        parts.case.run: gr.Button(interactive=not live),
        parts.case.stop: gr.Button(interactive=live),
        parts.case.resume: gr.Button(interactive=idle),
    }


def nothing_asked(parts: Parts) -> Update:
    """Return the page with no question of a run open."""
    return {
        parts.walk.plan_group: gr.Group(visible=False),
        parts.walk.ask_group: gr.Group(visible=False),
        parts.walk.doubt_group: gr.Group(visible=False),
        parts.walk.sign_group: gr.Group(visible=False),
    }


def asked(parts: Parts, hub: Hub, question: Mapping[str, object] | None) -> Update:
    """Return the panel that a paused run asks for."""
    kind = str(question.get("kind")) if question is not None else ""
    if question is None or kind not in ("approve_plan", "question", "contradicted", "sign_off"):
        return nothing_asked(parts)
    shown: Update = nothing_asked(parts)
    if kind == "approve_plan":
        plan = DiagnosticPlan.model_validate(question["plan"])
        shown |= {parts.walk.plan_group: gr.Group(visible=True), parts.walk.plan: plan_rows(plan, hub.additions(plan))}
        shown |= {parts.walk.plan_reason: ""}
    elif kind == "question":
        shown |= {parts.walk.ask_group: gr.Group(visible=True), parts.walk.fact: ""}
        shown |= {parts.walk.asked: f"### {question.get('text')}"}
    elif kind == "contradicted":
        shown |= {parts.walk.doubt_group: gr.Group(visible=True), parts.walk.doubt_reason: ""}
        shown |= {parts.walk.doubted: fragments.doubted(_claims(question))}
    else:
        found = _claims(question)
        rows = [[True, c.text, c.verdict.value.capitalize() if c.verdict else "", c.id] for c in found]
        shown |= {parts.walk.sign_group: gr.Group(visible=True), parts.walk.signed: rows, parts.walk.sign_reason: ""}
    return shown


def _claims(question: Mapping[str, object]) -> list[Claim]:
    claims = question.get("claims")
    return [Claim.model_validate(c) for c in claims] if isinstance(claims, list) else []


def plan_rows(plan: DiagnosticPlan, offered: Sequence[Addition] = ()) -> list[list[object]]:
    """Return a plan's indicators as rows of the approval table, then what may be added, not ticked."""
    return [
        *(_plan_row(True, i, i.name) for i in plan.indicators),
        *(_plan_row(False, a.indicator, f"Add: {a.indicator.name}") for a in offered),
    ]


def _plan_row(used: bool, indicator: Indicator, name: str) -> list[object]:
    criterion = indicator.criterion
    return [used, f"{name}{_rule(criterion)}", indicator.weight, _limit(criterion), str(indicator.id)]


def _rule(criterion: Criterion | None) -> str:
    return (
        f" ({criterion.comparator.value} {_limit(criterion)} {pretty_unit(criterion.unit)}".rstrip() + ")"
        if criterion
        else ""
    )


def _limit(criterion: Criterion | None) -> str:
    return "" if criterion is None else f"{criterion.threshold:g}"


def no_report(parts: Parts) -> Update:
    """Return the evidence region before there is a report."""
    return {
        parts.evidence.impression: "",
        parts.evidence.viewer: {},
        parts.evidence.claims: '<p class="cg-empty">Claims and what they rest on appear here.</p>',
        parts.evidence.plots: '<p class="cg-empty">Plots appear here when a run is done.</p>',
        parts.evidence.box: "",
        parts.evidence.points: "",
        parts.evidence.report: '<p class="cg-empty">The report appears here.</p>',
        parts.evidence.priors: gr.ImageSlider(value=None, visible=False),
    }


def finished(parts: Parts, hub: Hub, library: UserLibrary, case_id: str, number: int) -> Update:
    """Return the evidence of a finished run."""
    report: Report = hub.report(library, case_id, number)
    viewer = hub.viewer(library, case_id, number)
    images = viewer.images()
    base = fragments.address(case_id, number)
    labels = list(prompts_taken(hub, report)) or sorted({n for i in images for n in (*i.boxes, *i.points)})
    label = labels[0] if labels else ""
    beside = _beside(viewer)
    return {
        parts.evidence.impression: fragments.impression(report),
        parts.evidence.viewer: {
            "base": base,
            "image": 0,
            "label": label,
            "empty": not images,
            "images": [i.model_dump(mode="json") for i in images],
        },
        parts.evidence.claims: fragments.claims(report, base, images),
        parts.evidence.plots: _plots(report, trends(report, hub.earlier(library, case_id, number)), base),
        parts.evidence.report: fragments.links(case_id, number),
        parts.evidence.priors: gr.ImageSlider(value=beside, visible=beside is not None),
        parts.evidence.box_label: gr.Dropdown(choices=labels, value=label or None),
        **prompts(parts, images, label),
    }


def prompts(parts: Parts, images: Sequence[ImageView], label: str) -> Update:
    """Return what the run was given for a structure, as it would be written."""
    first = images[0] if images else None
    box = first.boxes.get(label) if first is not None else None
    points = first.points.get(label, ()) if first is not None else ()
    return {
        parts.evidence.box: "" if box is None else f"{box.x0:g}, {box.y0:g}, {box.x1:g}, {box.y1:g}",
        parts.evidence.points: "; ".join(f"{p.x:g}, {p.y:g}, {'+' if p.inside else '-'}" for p in points),
    }


def _plots(report: Report, found: Sequence[Trend], base: str) -> str:
    made = []
    if report.indicators:
        made.append(fragments.plot(base, "contributions", plots.contributions_in_words(report)))
        made.append(fragments.plot(base, "intervals", plots.intervals_in_words(report)))
    if found:
        made.append(fragments.plot(base, "trends", plots.trends_in_words(found)))
    return "".join(made) or '<p class="cg-empty">No indicator was judged, so there is nothing to plot.</p>'


def _beside(viewer: Viewer) -> tuple[Picture, Picture] | None:
    """Return prior and current image with their outlines; None where the case has no prior one."""
    images = viewer.images()
    prior = next((i for i in images if i.name.startswith(ImageRole.PRIOR.value)), None)
    current = next((i for i in images if i.name.startswith(ImageRole.CURRENT.value)), None)
    if prior is None or current is None:
        return None
    drawn = [viewer.draw(i.index, segments=tuple(s.key for s in i.segments if s.pixels)) for i in (prior, current)]
    return _decoded(drawn[0]), _decoded(drawn[1])


def _decoded(png: bytes) -> Picture:
    return np.asarray(Pillow.open(io.BytesIO(png)).convert("RGB"))


def choices(library: UserLibrary) -> list[tuple[str, str]]:
    """Return the library as choices, newest first."""
    return [(fragments.case_label(r), r.id) for r in library.search()]
