"""Plans from curated protocols: deterministic, no model needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clinigraph.agents.plan_validator import PlanValidator, step_dependencies
from clinigraph.errors import PlanInvalid
from clinigraph.models.base import StepId, Value
from clinigraph.models.case import Case
from clinigraph.models.planning import DiagnosticPlan, DiagnosticProtocol, PlanStep
from clinigraph.models.tooling import ToolSpec
from clinigraph.models.triage import Triage


class Availability(Value):
    """Whether a protocol can be run here, and why not."""

    available: bool
    assessable_share: float
    """Weight of the indicators whose tools can work here."""
    reason: str = ""
    gaps: tuple[str, ...] = ()
    """Indicators that will not be assessed here, with reasons."""


class ProtocolPlanner:
    """Takes the first candidate of triage and validates its plan.

    Args:
        protocols: The curated protocols.
        validator: The one plan validator.
    """

    def __init__(self, protocols: Iterable[DiagnosticProtocol], validator: PlanValidator) -> None:
        self._protocols = {p.id: p for p in protocols}
        self._validator = validator

    async def plan(self, case: Case, triage: Triage) -> DiagnosticPlan:
        """Return the validated plan of the first candidate.

        Raises:
            PlanInvalid: There is no candidate, or its protocol breaks a rule.
        """
        del case
        if not triage.candidates:
            raise PlanInvalid("No protocol applies", given=triage.refusal, todo="See `clinigraph protocols`.")
        plan = self._protocols[triage.candidates[0]].plan()
        self._validator.check(plan)
        return plan


def availability(plan: DiagnosticPlan, unavailable: Mapping[str, str], specs: Iterable[ToolSpec] = ()) -> Availability:
    """Say whether enough of a plan can be assessed with the tools that work here.

    Args:
        plan: A valid plan.
        unavailable: Tool name -> why it cannot work here, for every known tool ("" when it can).
        specs: Specifications of the tools: a step works without an input that its tool does not require. Without
            them every input counts as required.
    """
    blocked = _blocked_steps(plan, unavailable, {s.name: s for s in specs})
    gaps: dict[str, str] = {}
    share = 0.0
    for step in plan.steps:
        for indicator_id in step.answers.values():
            indicator = plan.indicator(indicator_id)
            if indicator is None:
                continue
            if step.id in blocked:
                gaps[indicator.name] = blocked[step.id]
            else:
                share += indicator.weight
    enough = share + 1e-9 >= plan.min_assessed_share
    reason = "" if enough else "; ".join(dict.fromkeys(gaps.values()))
    return Availability(
        available=enough,
        assessable_share=min(1.0, round(share, 6)),
        reason=reason,
        gaps=tuple(f"{name}: {why}" for name, why in gaps.items()),
    )


def _blocked_steps(
    plan: DiagnosticPlan, unavailable: Mapping[str, str], specs: Mapping[str, ToolSpec]
) -> dict[StepId, str]:
    needs = step_dependencies(plan.replace(steps=tuple(_required_only(s, specs.get(s.tool)) for s in plan.steps)))
    blocked: dict[StepId, str] = {}
    for _ in plan.steps:
        for step in plan.steps:
            reasons = [unavailable.get(t, f"there is no tool {t}") for t in (step.tool, *step.alternatives)]
            upstream = next((blocked[s] for s in sorted(needs[step.id]) if s in blocked), "")
            if step.id not in blocked and (upstream or all(reasons)):
                blocked[step.id] = upstream or reasons[0]
    return blocked


def _required_only(step: PlanStep, spec: ToolSpec | None) -> PlanStep:
    """Return the step without the inputs that its tool can do without."""
    if spec is None:
        return step
    kept = {n: ref for n, ref in step.inputs.items() if n not in spec.inputs or spec.inputs[n].required}
    return step.replace(inputs=kept)
