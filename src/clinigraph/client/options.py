"""What a caller may ask of a run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from clinigraph.models.base import ProtocolId

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
    on_pause: OnPause | None = None
    """Without it a paused run ends with an INTERRUPTED event and can be resumed later."""

    def key(self) -> str:
        """Return what distinguishes runs of one input."""
        return f"{self.protocol or ''}|{self.approve}|{self.sign_off}"
