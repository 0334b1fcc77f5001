"""What a server holds: one set of tools and knowledge, a library for each user, all runs."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from clinigraph.client.places import run_place
from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.errors import UsageError
from clinigraph.settings import Settings
from clinigraph.ui.library import CasePlace, UserLibrary
from clinigraph.ui.runs import RunManager, SessionMaker, take_up
from clinigraph.ui.uploads import UploadLimits
from clinigraph.ui.values import UserId
from clinigraph.ui.viewer import Viewer

AT_ONCE = 2
"""Runs that work side by side; a run that waits for a person does not count."""


class Hub:
    """Everything behind the API and the page.

    Args:
        settings: State folder, limits, model.
        make_session: Gives each case its session; shared tools and knowledge by default.
        limits: Limits of uploads.
        shared: Tools, knowledge and protocols; those of the settings by default.
    """

    def __init__(
        self,
        settings: Settings,
        make_session: SessionMaker | None = None,
        limits: UploadLimits | None = None,
        shared: Session | None = None,
    ) -> None:
        self.settings = settings
        self._given = shared
        self.limits = limits or UploadLimits()
        self._make_session = make_session or self._session
        self._libraries: dict[UserId, UserLibrary] = {}

    @property
    def root(self) -> Path:
        """Folder of all users."""
        return self.settings.state_dir / "walkthrough"

    @cached_property
    def runs(self) -> RunManager:
        """All runs; made inside the server's event loop."""
        return RunManager(self._make_session, AT_ONCE)

    @cached_property
    def shared(self) -> Session:
        """Tools, knowledge and protocols that every case uses."""
        return self._given or Session(self.settings)

    def library(self, user: UserId) -> UserLibrary:
        """Return a user's cases; the first time after a start, cut-short runs are taken up again."""
        if user not in self._libraries:
            self._libraries[user] = UserLibrary(self.root, user)
            take_up(self.runs, self._libraries[user], user)
        return self._libraries[user]

    def take_up_all(self) -> None:
        """Go on with every user's runs that were cut short."""
        if self.root.is_dir():
            for folder in sorted(self.root.iterdir()):
                if folder.is_dir():
                    self.library(UserId(folder.name))

    def report(self, library: UserLibrary, case_id: str, number: int) -> Report:
        """Return the report of a finished run.

        Raises:
            UsageError: There is no such run, or it has no report (yet).
        """
        if library.get(case_id).run(number) is None:
            raise UsageError("There is no such run", given=str(number))
        path = library.place(case_id).run(number) / "report" / "report.json"
        if not path.is_file():
            raise UsageError("This run has no report", given=str(number), todo="Wait until it is done, or resume it.")
        return Report.load(path)

    def viewer(self, library: UserLibrary, case_id: str, number: int) -> Viewer:
        """Return the pictures of a finished run.

        Raises:
            UsageError: There is no such run, or it has no report (yet).
        """
        report = self.report(library, case_id, number)
        settings = self.settings.model_copy(update={"state_dir": library.place(case_id).state})
        return Viewer(report.evidence_graph, run_place(settings, report.run.run_id).artifacts)

    def _session(self, place: CasePlace) -> Session:
        return self.shared.kept_in(place.state)
