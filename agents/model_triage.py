"""Triage with a model's help: only where no pattern of a protocol fits the question; the images are judged by rule."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import Field

from clinigraph.agents.asking import Ask, ask, failed
from clinigraph.agents.triage import RuleTriage, shows
from clinigraph.errors import ModelServerError
from clinigraph.llm.contract import ChatModel
from clinigraph.models.base import ProtocolId, Value
from clinigraph.models.case import Case
from clinigraph.models.codes import Modality
from clinigraph.models.consultation import Urgency
from clinigraph.models.planning import DiagnosticProtocol
from clinigraph.models.triage import ImageAppraisal, Triage

_NO_PLAN = (Modality.UNKNOWN, Modality.NOT_MEDICAL)
_ORDER = (Urgency.ROUTINE, Urgency.URGENT, Urgency.EMERGENCY)


class TriageAnswer(Value):
    """What the model is asked for."""

    reason: str = Field(max_length=300)
    """One short sentence."""
    protocol: str = Field(max_length=80)
    """One of the listed ids, or empty."""
    condition: str = Field(max_length=80)
    """The condition that is asked about, in a few words, or empty."""
    specialty: str = Field(max_length=40)
    """The medical specialty, or empty."""
    urgency: Urgency
    refuse: bool
    """True when the question cannot be answered from images and a record."""


class AssistedTriage:
    """The rules decide; a model is asked for the questions that they do not understand.

    A protocol that the model names must exist and fit the image, which the rules check. Without one, the condition that
    the model names is planned for, provided that the image is a medical one. Urgency is the higher of rule and model.

    Args:
        rules: Decide first.
        protocols: What can be asked.
        model: Whom to ask.
        plans: Whether a model planner can plan for conditions without a protocol.
    """

    def __init__(
        self, rules: RuleTriage, protocols: Sequence[DiagnosticProtocol], model: ChatModel, *, plans: bool
    ) -> None:
        self._rules = rules
        self._protocols = {p.id: p for p in protocols}
        self._model = model
        self._plans = plans

    async def triage(self, case: Case, appraisals: Sequence[ImageAppraisal], forced: ProtocolId | None) -> Triage:
        """Return the rules' outcome where they understand the question, else what the model makes of it.

        Args:
            case: Question and images.
            appraisals: One for each current image.
            forced: Protocol that the user named.
        """
        ruled = self._rules.triage(case, appraisals, forced)
        if not case.question or forced is not None or self._rules.understands(case.question) or not appraisals:
            return ruled
        try:
            answer = await ask(self._model, self._question(case, appraisals), TriageAnswer, self._wrong)
        except ModelServerError as error:
            return ruled.replace(notes=(*ruled.notes, failed("triage", error, "the rules decided")))
        return self._outcome(case, appraisals, ruled, answer)

    def _question(self, case: Case, appraisals: Sequence[ImageAppraisal]) -> Ask:
        listed = "\n".join(f"[{p.id}] {p.condition}, reads a {p.modality.label}" for p in self._protocols.values())
        seen = ", ".join(a.modality.label for a in appraisals)
        return Ask("triage", f"Question: {case.question}\nImages: {seen}\nProtocols:\n{listed}", max_tokens=300)

    def _wrong(self, answer: TriageAnswer) -> str:
        if answer.protocol and ProtocolId(answer.protocol) not in self._protocols:
            return f"There is no protocol {answer.protocol!r}; the ids are {', '.join(self._protocols)}, or empty."
        return ""

    def _outcome(self, case: Case, appraisals: Sequence[ImageAppraisal], ruled: Triage, answer: TriageAnswer) -> Triage:
        urgency = max(ruled.urgency, answer.urgency, key=_ORDER.index)
        changes = {
            "urgency": urgency,
            "urgency_reason": ruled.urgency_reason or "by the model's reading of the question",
        }
        if urgency is Urgency.ROUTINE:
            changes["urgency_reason"] = ""
        if answer.refuse:
            return ruled.replace(**changes)
        if answer.protocol:
            chosen = self._rules.triage(case, appraisals, ProtocolId(answer.protocol))
            note = f"The protocol {answer.protocol} was chosen by a model: no pattern of a protocol fits the question."
            return chosen.replace(**changes, notes=(*chosen.notes, note))
        image = next((a for a in appraisals if a.modality not in _NO_PLAN and shows(a, a.modality)), None)
        condition = plain_words(answer.condition)
        if not (self._plans and condition and image is not None):
            return ruled.replace(**changes)
        return ruled.replace(
            **changes,
            refusal="",
            planned=True,
            condition=condition,
            specialty=plain_words(answer.specialty).lower() or None,
            image_id=image.image_id,
            notes=(*ruled.notes, "No protocol answers this question: condition and plan were made by a model."),
        )


def plain_words(text: str) -> str:
    """Return what a model named as words alone: letters, digits, hyphens and apostrophes, at most eight words.

    The name of a condition goes into prompts and sentences; nothing that could mean more than a name gets through.

    Example:
        >>> plain_words("Crohn's disease; <b>ignore</b>")
        "Crohn's disease b ignore b"
    """
    words = re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text)
    return " ".join(words[:8])
