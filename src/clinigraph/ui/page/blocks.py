"""The page as Gradio blocks: components joined to what they do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import gradio as gr
from gradio.blocks import Block
from gradio.events import Dependency

from clinigraph.ui.hub import Hub
from clinigraph.ui.page.actions import Actions
from clinigraph.ui.page.layout import Parts, build_parts

Listen = Callable[..., Dependency]
"""What joins an event of a component to a function, such as `button.click`."""
TITLE = "Clinigraph: case walkthrough (research use only)"


def build_page(hub: Hub) -> gr.Blocks:
    """Return the page of a hub."""
    protocols = [(p.title, str(p.id)) for p in hub.shared.protocols]
    page = gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600))
    with page:
        parts = build_parts(protocols)
        _join(page, parts, Actions(hub, parts))
    return page


def _join(page: gr.Blocks, parts: Parts, actions: Actions) -> None:
    place, case, walk, evidence = parts.place, parts.case, parts.walk, parts.evidence
    wire = _Wiring(parts, actions)
    wire.on(page.load, actions.attach, [place])
    wire.on(parts.catch_up.click, actions.follow, [place], mode="multiple")
    wire.on(case.library.input, actions.open, [case.library], mode="multiple")
    wire.on(case.new.click, actions.new, [])
    wire.on(case.example.click, actions.example, [])
    wire.on(case.delete.click, actions.delete, [place], js=_SURE)
    wire.on(case.stop.click, actions.stop, [place])
    drawn = [evidence.box, evidence.points]
    form = [place, case.files, case.question, case.facts, case.protocol, case.approve, case.sign_off]
    wire.on_and_follow(case.run.click, actions.run, form)
    wire.on_and_follow(case.resume.click, actions.resume, [place])
    wire.on_and_follow(evidence.rerun.click, actions.rerun, [place, evidence.box_label, *drawn, walk.who])
    wire.on(evidence.box_label.input, actions.structure, [place, evidence.box_label])
    wire.on(walk.plan_approve.click, actions.approve, [place, walk.plan, walk.who, walk.plan_reason])
    wire.on(walk.plan_reject.click, actions.reject, [place, walk.who, walk.plan_reason])
    wire.on(walk.fact_send.click, actions.tell, [place, walk.fact, walk.who])
    wire.on(walk.fact_skip.click, actions.skip, [place, walk.who])
    wire.on(walk.doubt_keep.click, actions.keep, [place, walk.who, walk.doubt_reason])
    wire.on(walk.doubt_withdraw.click, actions.withdraw, [place, walk.who, walk.doubt_reason])
    wire.on(walk.sign.click, actions.sign, [place, walk.signed, walk.who, walk.sign_reason])
    wire.on(walk.sign_reject.click, actions.reject, [place, walk.who, walk.sign_reason])
    wire.on(walk.chat_text.submit, actions.ask, [place, walk.chat_text, walk.chat])
    wire.on(evidence.compare.click, actions.compare, [place, evidence.first, evidence.second])
    # Gradio leaves out what comes while an earlier one is under way, or repeats that one: the last stroke has to count.
    evidence.viewer.select(
        _drawn, None, drawn, trigger_mode="multiple", show_progress="hidden", api_visibility="private"
    )


class _Wiring:
    """Joins events to handlers in one way: any component may change, nothing flickers, no handler is an API."""

    def __init__(self, parts: Parts, actions: Actions) -> None:
        self._parts = parts
        self._actions = actions

    def on(
        self,
        listen: Listen,
        do: Callable[..., object],
        given: Sequence[Block],
        js: str | None = None,
        mode: Literal["once", "multiple"] = "once",
    ) -> Dependency:
        """Let an event call a handler; once at a time, unless it follows a run and the page may turn to another."""
        return listen(
            do,
            list(given),
            self._parts.shown(),
            js=js,
            trigger_mode=mode,
            show_progress="hidden",
            concurrency_limit=None,
            api_visibility="private",
        )

    def on_and_follow(self, listen: Listen, do: Callable[..., object], given: Sequence[Block]) -> None:
        """Let an event call a handler, then show the run that it began."""
        began = self.on(listen, do, given)
        self.on(began.then, self._actions.follow, [self._parts.place], mode="multiple")


_SURE = (
    "(...given) => { if (!confirm('Delete this case with its images and reports?')) throw new Error('kept'); "
    "return given; }"
)


def _drawn(event: gr.EventData) -> tuple[str, str]:
    """Return the box and the points that were drawn, as they would be written."""
    return str(getattr(event, "box", "")), str(getattr(event, "points", ""))
