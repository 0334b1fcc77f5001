"""A report that was tampered with is found out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from clinigraph.client.checking import check
from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.models.reporting import Verdict
from clinigraph.testing.world import World


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Session]:
    world = World(Path(tmp_path_factory.mktemp("world")))
    return asyncio.run(world.report()), world.session()


def test_a_true_report_is_sound(made: tuple[Report, Session]) -> None:
    outcome = asyncio.run(check(*made))
    assert outcome.sound
    assert outcome.problems == ()


def tampered(report: Report, change: Any) -> Report:
    data = report.model_dump(mode="json")
    change(data)
    return Report.model_validate(data)


def test_a_changed_sentence_is_convicted_whatever_verdict_it_claims(made: tuple[Report, Session]) -> None:
    def change(data: dict[str, Any]) -> None:
        claim = next(c for c in data["claims"] if c["id"] == "claim-size-value")
        claim["text"] = claim["text"].replace("0.90", "0.50")

    outcome = asyncio.run(check(tampered(made[0], change), made[1]))
    assert not outcome.sound
    (bad,) = [c for c in outcome.claims if c.verdict is not Verdict.SUPPORTED]
    assert bad.id == "claim-size-value"
    assert bad.verdict is Verdict.CONTRADICTED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["measurements"][0].update(value=0.1), "measurement"),
        (lambda d: d["indicators"][0].update(met="no"), "indicator size"),
        (lambda d: d["indicators"][0].update(weight=0.1), "indicator size"),
    ],
)
def test_a_table_that_disagrees_with_the_evidence_is_named(
    made: tuple[Report, Session], change: Any, words: str
) -> None:
    outcome = asyncio.run(check(tampered(made[0], change), made[1]))
    assert any(words in p for p in outcome.problems)


def test_a_changed_decision_is_convicted(made: tuple[Report, Session]) -> None:
    outcome = asyncio.run(check(tampered(made[0], lambda d: d["impression"].update(decision="absent")), made[1]))
    assert {c.reason_code for c in outcome.claims if c.verdict is Verdict.CONTRADICTED} == {"impression.recomputed"}
