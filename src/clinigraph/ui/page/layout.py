"""The layout: case, walkthrough, evidence, from left to right."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import gradio as gr
from gradio.blocks import Block

from clinigraph.ui.page import fragments

FOLDER = Path(__file__).parent
FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "sans-serif"]
MONO = ["ui-monospace", "Menlo", "Consolas", "Liberation Mono", "monospace"]
ANY_PROTOCOL = "Let the question decide"


@dataclass(frozen=True, slots=True)
class CaseParts:
    """The left region."""

    library: gr.Dropdown
    new: gr.Button
    delete: gr.Button
    files: gr.File
    example: gr.Button
    question: gr.Textbox
    facts: gr.Textbox
    protocol: gr.Dropdown
    approve: gr.Checkbox
    sign_off: gr.Checkbox
    run: gr.Button
    stop: gr.Button
    resume: gr.Button
    message: gr.HTML


@dataclass(frozen=True, slots=True)
class WalkParts:
    """The middle region."""

    status: gr.HTML
    timeline: gr.HTML
    who: gr.Textbox
    plan_group: gr.Group
    plan: gr.Dataframe
    plan_reason: gr.Textbox
    plan_approve: gr.Button
    plan_reject: gr.Button
    ask_group: gr.Group
    asked: gr.Markdown
    fact: gr.Textbox
    fact_send: gr.Button
    fact_skip: gr.Button
    doubt_group: gr.Group
    doubted: gr.HTML
    doubt_reason: gr.Textbox
    doubt_keep: gr.Button
    doubt_withdraw: gr.Button
    sign_group: gr.Group
    signed: gr.Dataframe
    sign_reason: gr.Textbox
    sign: gr.Button
    sign_reject: gr.Button
    chat: gr.Chatbot
    chat_text: gr.Textbox


@dataclass(frozen=True, slots=True)
class EvidenceParts:
    """The right region."""

    impression: gr.HTML
    viewer: gr.HTML
    box_label: gr.Dropdown
    box: gr.Textbox
    points: gr.Textbox
    rerun: gr.Button
    claims: gr.HTML
    plots: gr.HTML
    report: gr.HTML
    first: gr.Dropdown
    second: gr.Dropdown
    compare: gr.Button
    compared: gr.HTML
    priors: gr.ImageSlider


@dataclass(frozen=True, slots=True)
class Parts:
    """Every component that a handler reads or writes."""

    place: gr.BrowserState
    """``[case id, run number]`` of what is open; kept by the browser over a reload."""
    catch_up: gr.Button
    """Pressed by the page itself when the server can be reached again; nobody sees it."""
    case: CaseParts
    walk: WalkParts
    evidence: EvidenceParts

    def shown(self) -> list[Block]:
        """Return what a handler may write, in a fixed order."""
        groups = (self.case, self.walk, self.evidence)
        return [self.place, *(getattr(g, f.name) for g in groups for f in fields(g))]


def theme() -> gr.themes.Base:
    """Return a plain theme with fonts of the reader's own machine; nothing is fetched."""
    made: gr.themes.Base = gr.themes.Base(primary_hue="blue", neutral_hue="slate", font=FONTS, font_mono=MONO).set(
        button_primary_background_fill="#14588a",
        button_primary_background_fill_hover="#0f4670",
        button_primary_background_fill_dark="#14588a",
        button_primary_text_color="white",
    )
    return made


def build_parts(protocols: list[tuple[str, str]]) -> Parts:
    """Lay out the page inside an open ``gr.Blocks``.

    Args:
        protocols: Title and id of what can be asked.
    """
    gr.HTML(fragments.banner())
    place = gr.BrowserState([], storage_key="clinigraph-place", secret="clinigraph")  # noqa: S106 - ids, no secret
    with gr.Row(elem_id="cg-regions", equal_height=False):
        with gr.Column(scale=3, min_width=260, elem_id="cg-case"):
            case = _case(protocols)
        with gr.Column(scale=4, min_width=320, elem_id="cg-walk"):
            walk = _walk()
        with gr.Column(scale=5, min_width=360, elem_id="cg-evidence"):
            evidence = _evidence()
    catch_up = gr.Button("Catch up", elem_id="cg-catch-up")
    return Parts(place, catch_up, case, walk, evidence)


def _case(protocols: list[tuple[str, str]]) -> CaseParts:
    gr.Markdown("## Case")
    library = gr.Dropdown(label="Your cases (type to search)", choices=[], value=None, filterable=True)
    with gr.Row():
        new = gr.Button("New case", size="sm", min_width=90)
        delete = gr.Button("Delete case", size="sm", variant="stop", min_width=90)
    files = gr.File(
        label="Images, DICOM, NIfTI, text, or a folder as ZIP", file_count="multiple", height=92, elem_id="cg-files"
    )
    example = gr.Button("Use the example photograph", size="sm")
    question = gr.Textbox(label="Question", lines=2, max_length=2000, placeholder="Does this eye show glaucoma?")
    facts = gr.Textbox(label="Facts, one a line", lines=2, max_length=5000, placeholder="age = 61 years")
    with gr.Accordion("Options", open=False):
        protocol = gr.Dropdown(label="Protocol", choices=[(ANY_PROTOCOL, ""), *protocols], value="")
        approve = gr.Checkbox(label="Let me approve or change the plan")
        sign_off = gr.Checkbox(label="Let me sign the claims")
    message = gr.HTML()
    with gr.Row(elem_id="cg-actions"):
        run = gr.Button("Run", variant="primary", elem_id="cg-run", min_width=80, scale=2)
        stop = gr.Button("Stop", interactive=False, min_width=60, elem_id="cg-stop")
        resume = gr.Button("Resume", interactive=False, min_width=60)
    return CaseParts(
        library, new, delete, files, example, question, facts, protocol, approve, sign_off, run, stop, resume, message
    )


def _walk() -> WalkParts:
    gr.Markdown("## Walkthrough")
    status = gr.HTML(fragments.status_line(None), elem_id="cg-status")
    who = gr.Textbox(label="Your name, for what you approve and sign", max_length=80, lines=1)
    with gr.Group(visible=False) as plan_group:
        gr.Markdown("### The plan waits for your approval")
        plan = gr.Dataframe(
            headers=["Use", "Indicator", "Weight", "Limit", "id"],
            datatype=["bool", "str", "number", "str", "str"],
            type="array",
            column_count=5,
            column_widths=["72px", "158px", "78px", "78px", "160px"],
            static_columns=[1, 4],
            wrap=True,
            buttons=[],
            show_label=False,
            label="Indicators",
            elem_classes="cg-grid",
        )
        plan_reason = gr.Textbox(label="Reason, when you change it", max_length=1000, lines=1)
        with gr.Row():
            plan_approve = gr.Button("Approve", variant="primary")
            plan_reject = gr.Button("Reject", variant="stop")
    with gr.Group(visible=False) as ask_group:
        asked = gr.Markdown()
        fact = gr.Textbox(label="Your answer, with its unit", max_length=200, lines=1)
        with gr.Row():
            fact_send = gr.Button("Answer", variant="primary")
            fact_skip = gr.Button("Not known")
    with gr.Group(visible=False) as doubt_group:
        gr.Markdown("### The evidence contradicts what the decision rests on")
        doubted = gr.HTML()
        doubt_reason = gr.Textbox(label="Reason", max_length=1000, lines=1)
        with gr.Row():
            doubt_withdraw = gr.Button("Withdraw the decision", variant="primary")
            doubt_keep = gr.Button("Keep it without these claims")
    with gr.Group(visible=False) as sign_group:
        gr.Markdown("### The claims wait for your signature")
        signed = gr.Dataframe(
            headers=["Accept", "Claim", "Verdict", "id"], datatype=["bool", "str", "str", "str"], type="array",
            column_count=4, column_widths=["104px", "194px", "106px", "160px"], static_columns=[2, 3], wrap=True,
            buttons=[], show_label=False, label="Claims; you may amend the text", elem_classes="cg-grid",
        )  # fmt: skip
        sign_reason = gr.Textbox(label="Reason, when you reject or amend", max_length=1000, lines=1)
        with gr.Row():
            sign = gr.Button("Sign", variant="primary")
            sign_reject = gr.Button("Do not sign", variant="stop")
    timeline = gr.HTML(fragments.timeline([]), min_height=120)
    chat = gr.Chatbot(
        label="Ask about this case", show_label=False, buttons=[], height=210, elem_id="cg-chat",
        sanitize_html=True, render_markdown=False, feedback_options=None,
        placeholder="Ask why, what is missing, “show me the cup”, or “what if the pressure were 28?”",
    )  # fmt: skip
    chat_text = gr.Textbox(label="Your question about the report", max_length=1000, lines=1, submit_btn="Ask")
    return WalkParts(
        status, timeline, who, plan_group, plan, plan_reason, plan_approve, plan_reject, ask_group, asked, fact,
        fact_send, fact_skip, doubt_group, doubted, doubt_reason, doubt_keep, doubt_withdraw, sign_group, signed,
        sign_reason, sign, sign_reject, chat, chat_text,
    )  # fmt: skip


def _evidence() -> EvidenceParts:
    gr.Markdown("## Evidence")
    impression = gr.HTML()
    with gr.Tabs():
        with gr.Tab("Image"):
            viewer = gr.HTML({}, html_template=_text("viewer.html"), js_on_load=_text("viewer.js"), elem_id="cg-viewer")
            with gr.Accordion("Correct an outline", open=False, elem_id="cg-correct"):
                gr.Markdown("Draw a box or points on the image, or write them here.")
                box_label = gr.Dropdown(
                    label="Structure", choices=["optic_disc", "lesion"], value="optic_disc", allow_custom_value=True
                )
                box = gr.Textbox(label="Box in pixels: left, top, right, bottom", max_length=80, lines=1)
                points = gr.Textbox(
                    label="Points in pixels: x, y, + inside or - beside; the next one after ;", max_length=2000, lines=1
                )
                rerun = gr.Button("Run again with this")
        with gr.Tab("Claims"):
            claims = gr.HTML(elem_id="cg-claims")
        with gr.Tab("Plots"):
            plots = gr.HTML('<p class="cg-empty">Plots appear here when a run is done.</p>')
        with gr.Tab("Report"):
            report = gr.HTML()
        with gr.Tab("Compare"):
            with gr.Row():
                first = gr.Dropdown(label="Run before", choices=[])
                second = gr.Dropdown(label="Run after", choices=[])
            compare = gr.Button("Compare", size="sm")
            compared = gr.HTML('<p class="cg-empty">Choose two runs of the case that is open.</p>')
            priors = gr.ImageSlider(
                label="Prior image left of the slider, current one right of it", interactive=False, buttons=[],
                visible=False,
            )  # fmt: skip
    return EvidenceParts(
        impression, viewer, box_label, box, points, rerun, claims, plots, report, first, second, compare,
        compared, priors,
    )  # fmt: skip


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
