"""What a caller may ask of a run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from clinigraph.models.base import ProtocolId
from clinigraph.models.interventions import Intervention
from clinigraph.models.planning import DiagnosticProtocol
from clinigraph.models.switches import Switches

OnPause = Callable[[Mapping[str, object]], Awaitable[dict[str, object]]]
"""Called when a run pauses, with what it asks; gives the answer."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of one run."""

    protocol: ProtocolId | None = None
    """Run this protocol, whatever the question."""
    approve: bool = False
    """Pause for approval of the plan."""
    sign_off: bool = False
    """Pause for sign-off of the verified claims."""
    resume: bool = True
    """Go on with an interrupted run of the same input."""
    switches: Switches = field(default_factory=Switches)
    """Which parts of the method take part."""
    plan: DiagnosticProtocol | None = None
    """A reviewed or drafted plan to run, whatever the question; goes before ``protocol``."""
    interventions: tuple[Intervention, ...] = ()
    """What a person did before the run began, for example a corrected outline."""
    on_pause: OnPause | None = None
    """Without it a paused run ends with an INTERRUPTED event and can be resumed later."""

    def key(self) -> str:
        """Return what distinguishes runs of one input."""
        plan = self.plan.digest() if self.plan else ""
        parts = (self.protocol or "", self.approve, self.sign_off, self.switches.canonical_json(), plan)
        return "|".join(map(str, (*parts, *(i.digest() for i in self.interventions))))
