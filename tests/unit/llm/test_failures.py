"""What servers ask to wait, in each form they say it; what is waited in between."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from clinigraph.errors import ModelRateLimited
from clinigraph.llm.failures import Failure, retry_after_s
from clinigraph.llm.retrying import RetryPolicy

NOON = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Thu, 01 Jan 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "9" * 400}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, NOON) == seconds


def test_the_wait_grows_up_to_a_limit_and_then_the_error_is_raised() -> None:
    failure = Failure(ModelRateLimited("busy"), again=True)
    policy = RetryPolicy(retries=5, first_s=1, longest_s=4, draw=lambda _, high: high)
    assert [policy.wait_s(failure, n) for n in range(5)] == [1, 2, 4, 4, 4]
    with pytest.raises(ModelRateLimited):
        policy.wait_s(failure, 5)


def test_a_wait_that_was_asked_for_is_never_cut_short() -> None:
    policy = RetryPolicy(first_s=1, draw=lambda low, _: low)
    assert policy.wait_s(Failure(ModelRateLimited("busy"), again=True, wait_s=9), 0) == 9


def test_waits_are_spread() -> None:
    failure = Failure(ModelRateLimited("busy"), again=True)
    assert len({RetryPolicy().wait_s(failure, 2) for _ in range(20)}) > 1
