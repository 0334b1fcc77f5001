"""What all tests share: profiles of Hypothesis; ``--hypothesis-profile=thorough`` tries 10,000 examples each."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# No test fails because the machine is busy.
settings.register_profile("usual", deadline=None)
settings.register_profile("thorough", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# For .ci/mutation.py, which runs the tests for each change: the same few examples each time.
settings.register_profile("few", max_examples=20, derandomize=True, database=None, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))
