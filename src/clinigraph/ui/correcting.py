"""Corrections of an outline: a person's box and points become the prompts of the next run of the case."""

from __future__ import annotations

from collections.abc import Mapping

from clinigraph.errors import UsageError
from clinigraph.models.report import Report
from clinigraph.ui.hub import Hub
from clinigraph.ui.library import UserLibrary
from clinigraph.ui.values import Correction, RunForm, RunRow, UserId

PROMPTS = ("box", "points")


def prompts_taken(hub: Hub, report: Report) -> dict[str, frozenset[str]]:
    """Return what a report's run would take for each structure: ``box``, ``points`` or both.

    Read from the inputs of its protocol; empty where no protocol made the plan.
    """
    protocol = next((p for p in hub.shared.protocols if p.id == report.protocol_id), None)
    taken: dict[str, frozenset[str]] = {}
    for step in protocol.steps if protocol is not None else ():
        for reference in step.inputs.values():
            head, _, label = reference.partition(":")
            if head in PROMPTS:
                taken[label] = taken.get(label, frozenset()) | {head}
    return taken


def begin_correction(hub: Hub, user: UserId, library: UserLibrary, case_id: str, drawn: Correction) -> RunRow:
    """Start a run with corrected prompts; steps that do not depend on them are taken from store.

    What is drawn replaces the box and the points that the case had for this structure.

    Raises:
        UsageError: A run of the case is going on, or the last run takes no such prompt.
    """
    record = library.get(case_id)
    done = [r for r in record.runs if r.decision is not None]
    if done:
        _check(hub, hub.report(library, case_id, done[-1].number), drawn)
    row = library.begin_run(case_id, record.runs[-1].form if record.runs else RunForm(), drawn)
    hub.runs.start(user, library, case_id, row)
    return row


def _check(hub: Hub, report: Report, drawn: Correction) -> None:
    taken = prompts_taken(hub, report)
    if not taken:
        return
    given = {kind for kind, there in (("box", drawn.box is not None), ("points", bool(drawn.points))) if there}
    if missing := given - taken.get(drawn.label, frozenset()):
        raise UsageError(
            f"This run takes no {' and no '.join(sorted(missing))} for this structure",
            given=drawn.label.replace("_", " "),
            todo=f"It takes {_offered(taken)}.",
        )


def _offered(taken: Mapping[str, frozenset[str]]) -> str:
    return "; ".join(f"{' and '.join(sorted(kinds))} for {label.replace('_', ' ')}" for label, kinds in taken.items())
