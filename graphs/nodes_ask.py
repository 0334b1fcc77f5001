"""The node that asks the user for the one fact that would change the decision."""

from __future__ import annotations

from typing import Literal, cast

from langgraph.runtime import Runtime
from langgraph.types import Command, Overwrite, interrupt

from clinigraph.agents.evidence_builder import fact_evidence_id
from clinigraph.agents.examiner import fact_of, next_question
from clinigraph.agents.reflection import to_discard
from clinigraph.errors import CaseInvalid
from clinigraph.graphs.dependencies import Dependencies
from clinigraph.graphs.state import CaseState, JsonDict, dump, load
from clinigraph.graphs.views import indicators_of, results_of, with_intervention
from clinigraph.intake.facts import fact_catalogue, parse_fact
from clinigraph.models.base import IndicatorId
from clinigraph.models.case import Case, Fact
from clinigraph.models.consultation import NextQuestion
from clinigraph.models.planning import DiagnosticPlan, IndicatorKind

SOURCE = "asked of the user"


def question_for(context: Dependencies, state: CaseState) -> NextQuestion | None:
    """Return what to ask the user now: a fact that would change the decision, not asked before, within the bound."""
    asked = state.get("asked", [])
    if len(asked) >= context.switches.max_questions or "plan" not in state:
        return None
    made = load(DiagnosticPlan, state["plan"])
    found = next_question(made, indicators_of(state), asked)
    if found is None or not found.would_change or not fact_of(made, IndicatorId(found.subject)):
        return None
    return found


async def ask(state: CaseState, runtime: Runtime[Dependencies]) -> Command[Literal["schedule", "reflect"]]:
    """Pause with a question. Resumes with ``{"action": "answer", "value": "16 mmHg"}`` or ``{"action": "skip"}``.

    An answer becomes a fact of the case, and the steps that wait for it run; what cannot be read is noted and not asked
    again.
    """
    made = load(DiagnosticPlan, state.get("plan"))
    question = question_for(runtime.context, state)
    if question is None:
        return Command(goto="reflect", update={})
    answer: JsonDict = interrupt({"kind": "question", **dump(question)})
    asked = [*state.get("asked", []), question.subject]
    name = fact_of(made, IndicatorId(question.subject))
    notes = list(state.get("notes", []))
    facts: tuple[Fact, ...] = ()
    if answer.get("action") == "answer":
        try:
            facts = _facts(made, question.subject, name, answer.get("value"))
        except CaseInvalid as error:
            notes.append(f"The answer on {name.replace('_', ' ')} could not be used ({error.what}).")
    grounds = [fact_evidence_id(fact) for fact in facts]
    update: CaseState = {
        "asked": asked, "notes": notes, "interventions": with_intervention(state, answer, *grounds),
    }  # fmt: skip
    if not facts:
        return Command(goto="reflect", update=update)
    return Command(goto="schedule", update=_answered(state, made, name, facts, update))


def _facts(made: DiagnosticPlan, subject: str, name: str, value: object) -> tuple[Fact, ...]:
    if name in fact_catalogue():
        return parse_fact(name, value, source=SOURCE, given=name)
    indicator = made.indicator(IndicatorId(subject))
    if indicator is not None and indicator.kind is IndicatorKind.QUALITATIVE:
        return (Fact(name=name, value=_yes_or_no(name, value), source=SOURCE),)
    try:
        number = float(str(value).split()[0].replace(",", "."))
    except (ValueError, IndexError) as error:
        raise CaseInvalid(f"{name} is not a number", todo="Answer with a number.") from error
    return (Fact(name=name, value=number, unit=indicator.unit if indicator else "1", source=SOURCE),)


def _yes_or_no(name: str, value: object) -> bool:
    word = str(value).strip().lower()
    if value is not True and value is not False and word not in ("yes", "no"):
        raise CaseInvalid(f"{name} is a yes/no fact", todo="Answer yes or no.")
    return value is True or word == "yes"


def _answered(
    state: CaseState, made: DiagnosticPlan, name: str, facts: tuple[Fact, ...], update: CaseState
) -> CaseState:
    case = load(Case, state.get("case"))
    waiting = tuple(s.id for s in made.steps if f"fact:{name}" in s.inputs.values())
    gone = to_discard(made, waiting)
    kept = {str(k): dump(v) for k, v in results_of(state).items() if k not in gone}
    changed = {**update, "case": dump(case.replace(facts=(*case.facts, *facts))), "results": Overwrite(kept)}
    return cast("CaseState", changed)
