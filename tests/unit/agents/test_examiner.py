"""The examiner asks for what would change the decision most."""

from __future__ import annotations

from clinigraph.agents.examiner import fact_of, finding_to_ask, next_question
from clinigraph.models.base import EvidenceId, IndicatorId
from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.differential import Differential, ExpectedFinding, Hypothesis
from clinigraph.models.findings import IndicatorResult, IndicatorStatus, Met
from clinigraph.models.planning import DiagnosticPlan, DiagnosticProtocol
from clinigraph.testing.world import PROTOCOL

PLAN: DiagnosticPlan = DiagnosticProtocol.model_validate(PROTOCOL).plan()


def results(size: Met, pressure: Met, looks: Met) -> list[IndicatorResult]:
    return [
        IndicatorResult(
            id=EvidenceId(f"indicator-{i.id}"), indicator_id=i.id, name=i.name, kind=i.kind.value,
            status=IndicatorStatus.COMPLETE, met=met, weight=i.weight,
        )
        for i, met in zip(PLAN.indicators, (size, pressure, looks), strict=True)
    ]  # fmt: skip


def test_the_fact_that_turns_the_decision_is_asked_for() -> None:
    plan = PLAN.replace(threshold=0.2, min_assessed_share=0.5)
    asked = next_question(plan, results(Met.NO, Met.NOT_ASSESSED, Met.NO))
    assert asked is not None
    assert (asked.subject, asked.text) == ("pressure", "What is the pressure in mmHg?")
    assert asked.would_change
    assert asked.outcomes == {"> 21 mm[Hg]: yes": "present", "> 21 mm[Hg]: no": "absent"}
    assert asked.span == 0.2


def test_a_question_that_changes_nothing_says_so() -> None:
    asked = next_question(PLAN, results(Met.YES, Met.NOT_ASSESSED, Met.YES))
    assert asked is not None
    assert not asked.would_change


def test_what_was_asked_is_not_asked_again_and_what_nobody_can_answer_is_not_asked() -> None:
    assert next_question(PLAN, results(Met.NOT_ASSESSED, Met.YES, Met.YES)) is None
    open_two = results(Met.NO, Met.NOT_ASSESSED, Met.NOT_ASSESSED)
    assert next_question(PLAN, open_two, asked=("pressure",)).subject == "looks"  # type: ignore[union-attr]
    assert next_question(PLAN, open_two, asked=("pressure", "looks")) is None


def test_facts_are_known_by_the_step_that_takes_them() -> None:
    assert fact_of(PLAN, IndicatorId("pressure")) == "pressure"
    assert fact_of(PLAN, IndicatorId("size")) == ""


def concept(code: str) -> Concept:
    return Concept(value=code, scheme=Scheme.HP, meaning=f"Finding {code}")


def hypothesis(name: str, score: float, *missing: str) -> Hypothesis:
    return Hypothesis(
        disease_id=name, name=name, score=score,
        missing=tuple(ExpectedFinding(concept=concept(m), frequency=1.0) for m in missing),
    )  # fmt: skip


def test_the_finding_that_splits_the_hypotheses_is_asked_for() -> None:
    hypotheses = (hypothesis("A", 0.5, "HP:1", "HP:2"), hypothesis("B", 0.5, "HP:1"))
    differential = Differential(
        id=EvidenceId("d"), present=(concept("HP:0"),), hypotheses=hypotheses, method="m", algorithm="a"
    )
    asked = finding_to_ask(differential)
    assert asked is not None
    assert asked.subject == "HP:2"
    assert asked.text == "Is there finding HP:2?"
    assert asked.outcomes == {"present": "A", "absent": "B"}


def test_nothing_to_ask_where_nothing_is_expected() -> None:
    differential = Differential(
        id=EvidenceId("d"), present=(concept("HP:0"),), hypotheses=(hypothesis("A", 0.5),), method="m", algorithm="a"
    )
    assert finding_to_ask(differential) is None
