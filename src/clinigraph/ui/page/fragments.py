"""Fragments of HTML for the page. Every text goes through escaping; nothing of a case is ever markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from markupsafe import Markup, escape
from pydantic import JsonValue

from clinigraph.export import words
from clinigraph.export.chain import Step, claim_chain
from clinigraph.models.report import DISCLAIMER, Report
from clinigraph.models.reporting import Claim
from clinigraph.ui.comparison import Change, Comparison
from clinigraph.ui.values import CaseRecord, RunRow, RunStatus, StreamEvent
from clinigraph.ui.viewer import ImageView

NODES: Final = {
    "intake": "Read the case",
    "triage": "See what the images show",
    "plan": "Make a plan",
    "approve": "Approve the plan",
    "act": "Measure",
    "reflect": "Judge the indicators",
    "ask": "Ask for what is missing",
    "consult": "Hear the model",
    "decide": "Weigh",
    "write": "Write claims",
    "verify": "Check every claim",
    "sign": "Sign",
}
"""Nodes that a reader sees, in the order of a run; others are plumbing."""
TOOL_STATUS: Final = {"ok": "gave its result", "empty": "found nothing", "failed": "failed"}
OFFLINE: Final = Markup(
    '<p id="cg-offline" role="alert">The server cannot be reached. Nothing is lost: the run goes on, or is taken up '
    "again when the server starts, and this page catches up by itself.</p>"
)
STATUS: Final = {
    RunStatus.QUEUED: ("waits for its turn", "wait"),
    RunStatus.RUNNING: ("is running", "live"),
    RunStatus.PAUSED: ("waits for you", "ask"),
    RunStatus.DONE: ("is done", "good"),
    RunStatus.STOPPED: ("is stopped; resume goes on where it stopped", "wait"),
    RunStatus.FAILED: ("failed", "bad"),
}


def banner() -> str:
    """Return what the product is not."""
    return str(Markup('<p class="cg-banner" role="note">{}</p>{}').format(DISCLAIMER, OFFLINE))


def status_line(row: RunRow | None) -> str:
    """Return where a run stands, announced to screen readers when it changes."""
    if row is None:
        text, tone = "No run yet. Give a picture and a question, then press Run.", "wait"
    else:
        said, tone = STATUS[row.status]
        outcome = f": {row.condition} {row.decision}" if row.decision else ""
        text = f"Run {row.number} {said}{outcome}. {row.message}".strip()
    return str(Markup('<p class="cg-status cg-{}" role="status" aria-live="polite">{}</p>').format(tone, text))


def timeline(events: Sequence[StreamEvent], base: str = "") -> str:
    """Return the steps of a run so far; a step is listed once, with what its tools gave below it.

    Args:
        events: The run's history.
        base: Address of the run, for pictures of what was outlined.
    """
    if not events:
        return str(Markup('<p class="cg-empty">The steps of a run appear here while it works.</p>'))
    return str(
        Markup('<ol class="cg-timeline" aria-label="Steps of the run">{}</ol>').format(
            Markup().join(_steps(events, base))
        )
    )


def _steps(events: Sequence[StreamEvent], base: str) -> Iterable[Markup]:
    steps: dict[str, list[StreamEvent]] = {}
    for event in events:
        if event.kind in ("node_started", "node_finished") and event.node in NODES:
            steps.setdefault(event.node, []).append(event)
        elif event.kind == "tool_result":
            steps.setdefault("act", []).append(event)
        elif event.kind == "claim_verdict":
            steps.setdefault("verify", []).append(event)
        elif event.kind in ("question", "intervention", "run_resumed", "stopped", "failed"):
            steps.setdefault(f"{event.kind}-{event.index}", []).append(event)
    over = bool(events) and events[-1].kind in ("stopped", "failed")
    for key, found in steps.items():
        yield _step(key, found, base, over)


def _step(key: str, events: Sequence[StreamEvent], base: str, over: bool) -> Markup:
    if "-" in key:
        return _remark(events[0])
    finished = [e for e in events if e.kind == "node_finished"]
    state = "done" if finished and not _going_on(key, events) else "live"
    time = _seconds(sum(e.seconds or 0.0 for e in finished)) if state == "done" else Markup("")
    if state == "live" and over:
        state = "cut"  # the run ended within this step
    mark = {"done": "✓", "live": "…", "cut": "✕"}[state]
    body = _tools(events, base) if key == "act" else _verdicts(events) if key == "verify" else Markup("")
    return Markup('<li class="cg-{}"><span class="cg-mark" aria-hidden="true">{}</span>{}{}{}</li>').format(
        state, mark, NODES[key], time, body
    )


def _going_on(key: str, events: Sequence[StreamEvent]) -> bool:
    """Whether a step works: tools run side by side and are counted; other steps begin again after a pause."""
    kinds = [e.kind for e in events if e.kind in ("node_started", "node_finished")]
    if key == "act":
        return kinds.count("node_started") > kinds.count("node_finished")
    return kinds[-1] == "node_started"


def _tools(events: Sequence[StreamEvent], base: str) -> Markup:
    last = {str(e.detail.get("step")): e for e in events if e.kind == "tool_result"}
    rows = (_tool(step, event.detail, base) for step, event in last.items())
    return Markup("<ul>{}</ul>").format(Markup().join(rows)) if last else Markup("")


def _tool(step: str, told: Mapping[str, JsonValue], base: str) -> Markup:
    picture = Markup("")
    if base and told.get("masks"):
        # The masks name the picture: a step that is run again shows its new one.
        source = f"{base}/steps/{quote(step, safe='')}.png?of={str(told['masks'])[-12:]}"
        picture = Markup('<img class="cg-thumb" height="72" alt="What {} outlined" src="{}">').format(
            told.get("tool", step), source
        )
    return Markup('<li class="cg-tool-{}"><code>{}</code> {}{}{}{}</li>').format(
        told.get("status", ""),
        told.get("tool", step),
        TOOL_STATUS.get(str(told.get("status")), ""),
        f": {told['reason']}" if told.get("reason") else "",
        _seconds(float(str(told["seconds"]))) if told.get("seconds") else "",
        picture,
    )


def _seconds(seconds: float) -> Markup:
    return Markup(' <span class="cg-time">{:.2f} s</span>').format(seconds)


def _verdicts(events: Sequence[StreamEvent]) -> Markup:
    last = {str(e.detail.get("claim")): str(e.detail.get("verdict")) for e in events if e.kind == "claim_verdict"}
    if not last:
        return Markup("")
    supported = sum(v == "SUPPORTED" for v in last.values())
    return Markup("<ul><li>{} of {} claims supported</li></ul>").format(supported, len(last))


def _remark(event: StreamEvent) -> Markup:
    text = {
        "question": "Waits for an answer",
        "intervention": f"{event.detail.get('who', 'Somebody')}: {event.message}",
        "run_resumed": "Taken up again",
        "stopped": "Stopped",
        "failed": f"Failed: {event.message}",
    }[event.kind]
    reason = str(event.detail.get("reason") or "") if event.kind == "intervention" else ""
    return Markup('<li class="cg-remark cg-remark-{}">{}{}</li>').format(
        event.kind, text, f" ({reason})" if reason else ""
    )


def impression(report: Report) -> str:
    """Return the conclusion."""
    said = report.impression
    head = Markup('<p class="cg-decision cg-{}">{}: <strong>{}</strong></p>').format(
        said.decision.value,
        words.sentence_case(said.condition or "no protocol"),
        words.DECISIONS[said.decision].lower(),
    )
    return str(head + Markup("<p>{}</p>").format(said.rationale))


def claims(report: Report, base: str = "", images: Sequence[ImageView] = ()) -> str:
    """Return the claims, each to be opened to what it rests on; a click lights up its outline in the viewer.

    Args:
        report: The finished report.
        base: Address of its run.
        images: What can be shown; an opened claim shows the outlines that it rests on.
    """
    parts = [
        Markup('<h3>{}</h3><ul class="cg-claims">{}</ul>').format(
            words.SECTIONS[section.section], Markup().join(_claim(c, report, base, images) for c in section.claims)
        )
        for section in report.sections
    ]
    if report.unsupported:
        rows = (
            Markup("<li>{}<br><span class='cg-fine'>{}</span></li>").format(u.claim.text, u.reason)
            for u in report.unsupported
        )
        parts.append(
            Markup('<h3>Not supported, left out of the findings</h3><ul class="cg-claims cg-bad">{}</ul>').format(
                Markup().join(rows)
            )
        )
    if report.limitations:
        rows = (Markup("<li>{}</li>").format(text) for text in report.limitations)
        parts.append(Markup('<h3>Limitations</h3><ul class="cg-fine">{}</ul>').format(Markup().join(rows)))
    return str(Markup().join(parts))


def _claim(claim: Claim, report: Report, base: str, images: Sequence[ImageView]) -> Markup:
    ids = " ".join(str(n.id) for e in claim.evidence_ids for n in report.evidence_graph.support(e).nodes)
    chain = Markup().join(_chain(s) for s in claim_chain(claim, report.evidence_graph))
    return Markup(
        '<li><details data-evidence="{}"><summary><span class="cg-verdict cg-v-{}">{}</span> {}</summary>'
        '<p class="cg-fine">{}</p>{}<ul class="cg-chain">{}</ul></details></li>'
    ).format(
        ids,
        (claim.verdict.value if claim.verdict else "none").lower(),
        words.VERDICTS[claim.verdict],
        claim.text,
        claim.explanation,
        Markup().join(_outlined(image, ids.split(), base) for image in images),
        chain,
    )


def _outlined(image: ImageView, ids: Sequence[str], base: str) -> Markup:
    """Return an image with the outlines that a claim rests on, fetched when the claim is opened."""
    found = [s for s in image.segments if str(s.evidence_id) in ids and s.pixels]
    if not found:
        return Markup("")
    source = f"{base}/images/{image.index}.png?side=480&segments={','.join(s.key for s in found)}"
    return Markup('<img class="cg-ground" loading="lazy" alt="{}: {}" src="{}">').format(
        image.name, ", ".join(s.name for s in found), source
    )


def _chain(step: Step) -> Markup:
    quoted = Markup("<blockquote>{}</blockquote>").format(step.quote) if step.quote else Markup("")
    details = Markup().join(Markup("<dt>{}</dt><dd>{}</dd>").format(k, v) for k, v in step.details)
    inner = Markup().join(_chain(child) for child in step.children)
    below = Markup("<ul>{}</ul>").format(inner) if inner else Markup("")
    shown = Markup("<dl>{}</dl>").format(details) if details else Markup("")
    return Markup('<li><span class="cg-kind">{}</span> {}{}{}{}</li>').format(
        step.kind, step.title, quoted, shown, below
    )


def doubted(found: Sequence[Claim]) -> str:
    """Return claims that the evidence contradicts, each with what speaks against it."""
    rows = (Markup("<li>{}<br><span class='cg-fine'>{}</span></li>").format(c.text, c.explanation) for c in found)
    return str(Markup('<ul class="cg-claims cg-bad">{}</ul>').format(Markup().join(rows)))


def plot(base: str, name: str, in_words: str) -> str:
    """Return a plot in both schemes with what it shows in words; the style sheet picks one."""
    pictures = Markup().join(
        Markup('<img class="cg-{}" loading="lazy" alt="{}" src="{}/plots/{}.png{}">').format(
            scheme, in_words, base, name, query
        )
        for scheme, query in (("light", ""), ("dark", "?dark=true"))
    )
    return str(Markup('<figure class="cg-plot">{}</figure>').format(pictures))


def address(case_id: str, number: int) -> str:
    """Return where the API has a run."""
    return f"/api/v1/cases/{case_id}/runs/{number}"


def links(case_id: str, number: int) -> str:
    """Return the exports of a run."""
    names = (("html", "HTML"), ("pdf", "PDF"), ("md", "Markdown"), ("json", "JSON"))
    base = f"{address(case_id, number)}/report"
    made = Markup(" ").join(
        Markup('<a class="cg-export" href="{}.{}" download="report.{}">{}</a>').format(base, kind, kind, name)
        for kind, name in names
    )
    frame = Markup('<iframe class="cg-report" title="Report of run {}" src="{}.html"></iframe>').format(number, base)
    return str(Markup('<p class="cg-exports">Save as {}</p>{}').format(made, frame))


def comparison(found: Comparison) -> str:
    """Return what changed between two runs, and why."""
    if found.same:
        return str(Markup('<p class="cg-empty">Both runs gave the same report.</p>'))
    parts = [
        Markup("<h3>Decision</h3>") + _changes((found.decision,) if found.decision else (), "unchanged"),
        Markup("<h3>Indicators</h3>") + _changes(found.indicators, "unchanged"),
        Markup("<h3>What differs in input and system</h3>") + _changes(found.causes, "nothing that is recorded"),
    ]
    return str(Markup().join(parts))


def _changes(changes: Sequence[Change], none: str) -> Markup:
    if not changes:
        return Markup("<p>{}</p>").format(none)
    rows = Markup().join(
        Markup("<tr><th scope='row'>{}</th><td>{}</td><td>{}</td></tr>").format(c.what, c.before, c.after)
        for c in changes
    )
    return Markup(
        '<table class="cg-table"><thead><tr><th></th><th scope="col">Before</th><th scope="col">After</th></tr></thead>'
        "<tbody>{}</tbody></table>"
    ).format(rows)


def case_label(record: CaseRecord) -> str:
    """Return a case in one line, as it stands in the library."""
    last = record.runs[-1] if record.runs else None
    state = (
        f" · {last.condition}: {last.decision}" if last and last.decision else f" · {last.status.value}" if last else ""
    )
    return f"{record.form.title or record.form.question or 'Case without a question'}{state} · {record.id[:6]}"


def refusal(text: str) -> str:
    """Return an error as a line that is announced."""
    return str(Markup('<p class="cg-status cg-bad" role="alert">{}</p>').format(escape(text)))
