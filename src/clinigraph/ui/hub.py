"""What a server holds: one set of tools and knowledge, a library for each user, all runs."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from clinigraph.artifacts import ArtifactMissing, ArtifactStore
from clinigraph.client.places import run_place
from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.errors import UsageError
from clinigraph.models.base import ArtifactId, RunId
from clinigraph.models.planning import DiagnosticPlan
from clinigraph.settings import Settings
from clinigraph.ui.library import CasePlace, UserLibrary
from clinigraph.ui.pixels import PixelCache, thumbnail
from clinigraph.ui.plan_additions import Addition, additions
from clinigraph.ui.runs import RunManager, SessionMaker, take_up
from clinigraph.ui.uploads import UploadLimits
from clinigraph.ui.values import StreamEvent, UserId
from clinigraph.ui.viewer import Viewer

VIEWERS_KEPT = 8
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
        self._viewers: OrderedDict[tuple[str, int], Viewer] = OrderedDict()
        self._pixels = PixelCache()

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

    def earlier(self, library: UserLibrary, case_id: str, number: int) -> list[tuple[str, Report]]:
        """Return the reports of the finished runs before one, oldest first, at most four."""
        done = [r.number for r in library.get(case_id).runs if r.number < number and r.decision is not None]
        return [(f"run {n}", self.report(library, case_id, n)) for n in done[-4:]]

    def viewer(self, library: UserLibrary, case_id: str, number: int) -> Viewer:
        """Return the pictures of a finished run; those last looked at are kept, so that slices come at once.

        Raises:
            UsageError: There is no such run, or it has no report (yet).
        """
        key = (case_id, number)
        if library.get(case_id).run(number) is not None and key in self._viewers:
            self._viewers.move_to_end(key)
            return self._viewers[key]
        report = self.report(library, case_id, number)
        made = Viewer(report.evidence_graph, self._artifacts(library, case_id, report.run.run_id), self._pixels)
        self._viewers[key] = made
        while len(self._viewers) > VIEWERS_KEPT:
            self._viewers.popitem(last=False)
        return made

    def additions(self, plan: DiagnosticPlan) -> tuple[Addition, ...]:
        """Return the indicators that a person may add to a plan."""
        return additions(plan, self.shared.protocols, self.shared.tools.specs())

    def thumbnail(self, library: UserLibrary, case_id: str, events: Sequence[StreamEvent], step: str) -> bytes:
        """Return what a step of a run outlined, as a small PNG.

        Raises:
            UsageError: The step outlined nothing (yet).
        """
        told = next(
            (e.detail for e in reversed(events) if e.kind == "tool_result" and e.detail.get("step") == step), {}
        )
        if not all(told.get(k) for k in ("run", "image", "masks")):
            raise UsageError("There is no such picture", given=step[:60])
        store = self._artifacts(library, case_id, RunId(str(told["run"])))
        try:
            return thumbnail(store.get(ArtifactId(str(told["image"]))), store.get(ArtifactId(str(told["masks"]))))
        except ArtifactMissing as error:
            raise UsageError("There is no such picture", given=step[:60]) from error

    async def delete(self, user: UserId, library: UserLibrary, case_id: str) -> None:
        """Stop a case's runs and delete it with its pixels, also those in memory.

        Raises:
            UsageError: There is no such case, or files could not be removed.
        """
        for row in library.get(case_id).runs:
            live = self.runs.live(user, case_id, row.number)
            if live is not None:
                await self.runs.cancel(live)
        for key in [k for k in self._viewers if k[0] == case_id]:
            del self._viewers[key]
        self._pixels.clear()
        await asyncio.to_thread(library.delete, case_id)

    def _artifacts(self, library: UserLibrary, case_id: str, run_id: RunId) -> ArtifactStore:
        settings = self.settings.model_copy(update={"state_dir": library.place(case_id).state})
        return run_place(settings, run_id).artifacts

    def _session(self, place: CasePlace) -> Session:
        return self.shared.kept_in(place.state)
