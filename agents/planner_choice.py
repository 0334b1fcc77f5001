"""Whose plan is run: the curated protocol's or the model's, and what stands in when one cannot be had."""

from __future__ import annotations

from clinigraph.agents.asking import failed
from clinigraph.agents.contract import Planner
from clinigraph.agents.model_planner import ModelPlanner, PlanTask
from clinigraph.errors import ModelServerError, PlanInvalid
from clinigraph.models.case import Case
from clinigraph.models.codes import Modality
from clinigraph.models.planning import DiagnosticPlan
from clinigraph.models.triage import Triage


class ChoosingPlanner:
    """Curated protocol first, the model where there is none; or the model first, the protocol when it fails.

    A model's plan that is refused twice, or a model that fails, leads to the protocol with a note among the plan's
    limitations; where no protocol fits either, to a refusal that says why.

    Args:
        protocols: The curated planner.
        model: The model planner; None when there is no model.
        model_first: Ask the model although a protocol fits.
    """

    def __init__(self, protocols: Planner, model: ModelPlanner | None, *, model_first: bool = False) -> None:
        self._protocols = protocols
        self._model = model
        self._model_first = model_first

    async def plan(self, case: Case, triage: Triage) -> DiagnosticPlan:
        """Return a valid plan.

        Raises:
            PlanInvalid: Neither a protocol nor the model gives one.
        """
        if self._model is None or (triage.candidates and not self._model_first):
            return await self._protocols.plan(case, triage)
        note = ""
        try:
            return await self._model.make(_task(triage))
        except PlanInvalid as error:
            note = f"The model's plan was refused twice ({len(error.problems) or 1} rule(s) broken)"
            reason = error
        except ModelServerError as error:
            note = failed("planner", error, "no plan was made").rstrip(".")
            reason = PlanInvalid("The model could not plan", given=error.what, todo=error.todo, problems=(str(error),))
        if not triage.candidates:
            raise reason
        plan = await self._protocols.plan(case, triage)
        return plan.replace(limitations=(*plan.limitations, f"{note}; the curated protocol was used."))


def _task(triage: Triage) -> PlanTask:
    shown = next((a.modality for a in triage.appraisals if a.image_id == triage.image_id), Modality.UNKNOWN)
    return PlanTask(condition=triage.condition, modality=shown, specialty=triage.specialty)
