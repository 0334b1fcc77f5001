"""Triage: question and images in, candidate protocols or a clear refusal out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from clinigraph.agents.appraisal import SURE_ENOUGH
from clinigraph.agents.planner import Availability
from clinigraph.agents.urgency import urgency_of
from clinigraph.models.base import ImageId, ProtocolId
from clinigraph.models.case import Case
from clinigraph.models.codes import Modality
from clinigraph.models.planning import DiagnosticProtocol
from clinigraph.models.triage import ImageAppraisal, Triage


class RuleTriage:
    """Chooses protocols by question pattern and by what the images show; it refuses rather than guess.

    Args:
        protocols: The curated protocols.
        availability: Protocol id -> whether it can be run here.
    """

    def __init__(
        self, protocols: Sequence[DiagnosticProtocol], availability: Mapping[ProtocolId, Availability]
    ) -> None:
        self._protocols = {p.id: p for p in protocols}
        self._availability = availability

    def triage(self, case: Case, appraisals: Sequence[ImageAppraisal], forced: ProtocolId | None = None) -> Triage:
        """Return candidates, or the reason why there are none.

        Args:
            case: Question and images.
            appraisals: One for each current image.
            forced: Protocol that the user named; question patterns are then not looked at, the image still is.

        Raises:
            KeyError: The named protocol does not exist.
        """
        level, why = urgency_of(case)
        return self._sorted(case, appraisals, forced).replace(urgency=level, urgency_reason=why)

    def _sorted(self, case: Case, appraisals: Sequence[ImageAppraisal], forced: ProtocolId | None) -> Triage:
        asked = self._asked(case.question, forced)
        recorded = [p for p in asked if _reads_signals(p)] if case.signals else []
        if recorded or (not appraisals and (case.texts or case.facts or case.signals)):
            return self._from_record(case, recorded or asked)
        notes = tuple(a.disagreement for a in appraisals if a.disagreement)
        if not asked and case.question and not forced:
            return _refusal(appraisals, notes, self._unknown_question(appraisals))
        if not appraisals:
            reason = "The case holds no current image, and every protocol reads one."
            return _refusal(appraisals, notes, reason, asked)
        fitting = [(p, a) for p in (asked or self._defaults()) for a in appraisals if shows(a, p.modality)]
        if not fitting:
            return _refusal(appraisals, notes, _mismatch(asked, appraisals), asked)
        ready = [(p, a) for p, a in fitting if self._availability[p.id].available]
        if not ready:
            first = fitting[0][0]
            reason = f"The protocol {first.id} is unavailable here: {self._availability[first.id].reason}."
            return _refusal(appraisals, notes, reason, [first])
        phased = {i.id for i in case.images if i.phase is not None}
        same = sum(p is ready[0][0] and a.image_id not in phased for p, a in ready)
        if same > 1:
            notes = (*notes, f"The case holds {same} images that the protocol reads; the first was measured.")
        return Triage(
            appraisals=tuple(appraisals),
            condition=ready[0][0].condition,
            specialty=ready[0][0].specialty,
            notes=notes,
            candidates=tuple(dict.fromkeys(p.id for p, _ in ready)),
            image_id=ImageId(ready[0][1].image_id),
        )

    def _from_record(self, case: Case, asked: Sequence[DiagnosticProtocol]) -> Triage:
        """Without an image: a protocol that needs none where one was asked for, else a survey of the record.

        A recording without a question is measured by the protocol that reads recordings.
        """
        wanted = asked if asked or case.question else [p for p in self._protocols.values() if _reads_signals(p)]
        for protocol in wanted:
            if _reads_signals(protocol) and not case.signals:
                continue
            if not _reads_images(protocol) and self._availability[protocol.id].available:
                return Triage(condition=protocol.condition, specialty=protocol.specialty, candidates=(protocol.id,))
        notes = tuple(f"The protocol {p.id} reads a {p.modality.label}; the case holds no image." for p in asked[:1])
        return Triage(text_only=True, condition=asked[0].condition if asked else "", notes=notes)

    def understands(self, question: str) -> bool:
        """Whether a pattern of some protocol fits the question."""
        return bool(self._asked(question, None))

    def _asked(self, question: str, forced: ProtocolId | None) -> list[DiagnosticProtocol]:
        if forced is not None:
            return [self._protocols[forced]]
        hits = {
            p.id: sum(bool(re.search(x, question, re.IGNORECASE)) for x in p.question_patterns)
            for p in self._protocols.values()
        }
        best = sorted((p for p in self._protocols.values() if hits[p.id]), key=lambda p: (-hits[p.id], p.id))
        return best if question else []

    def _defaults(self) -> list[DiagnosticProtocol]:
        return [p for p in self._protocols.values() if p.default_for_modality]

    def _unknown_question(self, appraisals: Sequence[ImageAppraisal]) -> str:
        topics = ", ".join(sorted(p.condition for p in self._protocols.values()))
        seen = ", ".join(dict.fromkeys(a.modality.label for a in appraisals)) or "no image"
        return f"No protocol answers this question (protocols answer: {topics}; the case shows: {seen})."


def _refusal(
    appraisals: Sequence[ImageAppraisal],
    notes: tuple[str, ...],
    reason: str,
    asked: Sequence[DiagnosticProtocol] = (),
) -> Triage:
    condition = asked[0].condition if asked else ""
    return Triage(appraisals=tuple(appraisals), refusal=reason, notes=notes, condition=condition)


def shows(appraisal: ImageAppraisal, modality: Modality) -> bool:
    """An image fits when its modality does and the pixels do not clearly say that it is something else."""
    if appraisal.modality is not modality:
        return False
    contradicted = appraisal.pixel_modality not in (modality, Modality.UNKNOWN)
    return not (contradicted and appraisal.score >= SURE_ENOUGH)


def _reads_images(protocol: DiagnosticProtocol) -> bool:
    return any(ref.startswith("image:") for step in protocol.steps for ref in step.inputs.values())


def _reads_signals(protocol: DiagnosticProtocol) -> bool:
    return any(ref.startswith("signal:") for step in protocol.steps for ref in step.inputs.values())


def _mismatch(asked: Sequence[DiagnosticProtocol], appraisals: Sequence[ImageAppraisal]) -> str:
    shown = "; ".join(dict.fromkeys(_shown(a) for a in appraisals))
    if asked:
        wanted = ", ".join(dict.fromkeys(f"{p.id} reads a {p.modality.label}" for p in asked))
        return f"No protocol applies: {wanted}; the image: {shown}."
    return f"No protocol applies to these images; the image: {shown}."


def _shown(appraisal: ImageAppraisal) -> str:
    """What an image is by its header, where that says something else, and by its pixels."""
    reason = f", {appraisal.reason.rstrip('.')}" if appraisal.reason else ""
    looks = f"its pixels look like {appraisal.pixel_modality.label} (score {appraisal.score:.2f}{reason})"
    stated = f"stated as {appraisal.modality.label}, " if appraisal.modality is not appraisal.pixel_modality else ""
    return f"{stated}{looks}"
