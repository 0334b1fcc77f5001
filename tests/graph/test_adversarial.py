"""A model that is wrong on purpose may cost a decision, never turn it round, and puts no sentence into a report."""

from __future__ import annotations

from pathlib import Path

from clinigraph.evals.bench.adversarial import is_opposite, measure
from clinigraph.models.findings import Presence


async def test_no_attack_crashes_a_run_flips_a_decision_or_adds_a_finding(tmp_path: Path) -> None:
    tallies = await measure(44, tmp_path)
    assert sum(t.runs for t in tallies.values()) == 44
    assert all(t.attacked_calls > 0 for t in tallies.values())
    assert [e for t in tallies.values() for e in t.errors] == []
    assert sum(t.crashes + t.unsupported + t.flips for t in tallies.values()) == 0


def test_undecided_is_the_opposite_of_nothing() -> None:
    assert is_opposite(Presence.PRESENT, Presence.ABSENT)
    assert not is_opposite(Presence.PRESENT, Presence.INDETERMINATE)
