"""What the routes of the API share: who asks, whose cases, which run."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Annotated

from fastapi import Depends, Path, Request

from clinigraph.errors import UsageError
from clinigraph.ui.hub import Hub
from clinigraph.ui.library import UserLibrary
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
