"""What the routes of the API share: who asks, whose cases, which run."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Annotated

from fastapi import Depends, Path, Request
from pydantic import JsonValue, ValidationError

from clinigraph.errors import UsageError
from clinigraph.models.interventions import Intervention
from clinigraph.models.planning import DiagnosticPlan
from clinigraph.ui.hub import Hub
from clinigraph.ui.library import UserLibrary
from clinigraph.ui.plan_additions import add_indicators
from clinigraph.ui.plan_editing import edit_plan
from clinigraph.ui.runs import LiveRun
from clinigraph.ui.values import RunRow, UserId

CaseId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Number = Annotated[int, Path(ge=1, le=10**6)]


def hub_of(request: Request) -> Hub:
    """Return the server's hub."""
    hub = request.app.state.hub
    if not isinstance(hub, Hub):
        raise TypeError("the application has no hub")
    return hub


def user_of(request: Request) -> UserId:
    """Return who asks; the gate has set it."""
    return UserId(str(request.state.user))


HubDep = Annotated[Hub, Depends(hub_of)]
UserDep = Annotated[UserId, Depends(user_of)]


def library_of(hub: HubDep, user: UserDep) -> UserLibrary:
    """Return the cases of who asks."""
    return hub.library(user)


LibraryDep = Annotated[UserLibrary, Depends(library_of)]


def row_of(library: UserLibrary, case_id: str, number: int) -> RunRow:
    """Return a run of a case.

    Raises:
        UsageError: There is no such case or run.
    """
    row = library.get(case_id).run(number)
    if row is None:
        raise UsageError("There is no such run", given=str(number))
    return row


def waiting_plan(live: LiveRun) -> DiagnosticPlan:
    """Return the plan that a run asks to approve.

    Raises:
        UsageError: No plan waits for approval.
    """
    plan = (live.question or {}).get("plan")
    if plan is None:
        raise UsageError("No plan waits for approval", given=str(live.number))
    return DiagnosticPlan.model_validate(plan)


def with_additions(hub: Hub, live: LiveRun, by: Intervention) -> dict[str, JsonValue]:
    """Return what goes with a person's answer, with the indicators of ``add`` taken into its plan.

    Raises:
        UsageError: An indicator cannot be added, or no reason is given.
        PlanInvalid: The changed plan breaks a rule.
    """
    detail = dict(by.detail)
    wanted = detail.pop("add", None)
    if by.action != "edit" or wanted is None:
        return dict(by.detail)
    if not isinstance(wanted, list):
        raise UsageError("What is added is a list of ids of indicators", given=str(wanted)[:60])
    proposed = waiting_plan(live)
    try:
        plan = DiagnosticPlan.model_validate(detail["plan"]) if "plan" in detail else proposed
    except ValidationError as error:
        raise UsageError("The plan that was sent cannot be read", todo="Send that of the question, changed.") from error
    plan = add_indicators(plan, [str(w) for w in wanted], hub.additions(plan), by.who, by.reason)
    changed = edit_plan(plan, {i.id: i.weight for i in plan.indicators}, by.who, by.reason)
    hub.shared.validator.check(changed)
    return {**detail, "plan": changed.model_dump(mode="json")}


def report_folder(library: UserLibrary, case_id: str, number: int) -> FilePath:
    """Return the folder of a run's report.

    Raises:
        UsageError: There is no such run, or it has no report (yet).
    """
    row_of(library, case_id, number)
    folder = library.place(case_id).run(number) / "report"
    if not (folder / "report.json").is_file():
        raise UsageError("This run has no report", given=str(number), todo="Wait until it is done, or resume it.")
    return folder
