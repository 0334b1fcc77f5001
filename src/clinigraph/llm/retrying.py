"""When a failed call is made again: exponential steps with full jitter, never sooner than the server asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import SystemRandom

from clinigraph.llm.failures import Failure


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long.

    The wait before repeat ``n`` (from 0) is drawn between 0 and ``min(longest_s, first_s * 2**n)`` ("full jitter",
    Brooker 2015), so that clients that failed together do not come back together. A ``Retry-After`` is waited for in
    full, with up to ``first_s`` on top; one above ``patience_s`` ends the call at once.
    """

    retries: int = 3
    first_s: float = 0.5
    longest_s: float = 8.0
    patience_s: float = 60.0
    draw: Callable[[float, float], float] = field(default=SystemRandom().uniform)

    def wait_s(self, failure: Failure, attempt: int) -> float:
        """Return how long to wait before the next attempt.

        Args:
            failure: What happened.
            attempt: How often the call was repeated already.

        Raises:
            ModelServerError: The failure's own error, when it is not tried again.
        """
        asked = failure.wait_s or 0.0
        if not failure.again or attempt >= self.retries or asked > self.patience_s:
            raise failure.error
        if asked:
            return asked + self.draw(0.0, self.first_s)
        return self.draw(0.0, min(self.longest_s, self.first_s * 2.0**attempt))
