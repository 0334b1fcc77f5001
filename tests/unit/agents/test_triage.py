"""Triage finds the protocol that fits question and pixels, and refuses rather than guess."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clinigraph.agents.appraisal import PixelOpinion, appraise, with_modalities
from clinigraph.agents.planner import Availability
from clinigraph.agents.triage import RuleTriage
from clinigraph.models.base import ProtocolId
from clinigraph.models.case import Case
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Image
from clinigraph.models.planning import DiagnosticProtocol
from clinigraph.models.triage import ImageAppraisal, Triage
from clinigraph.testing.doubles import FakeClassifier
from clinigraph.testing.world import PROTOCOL, World

THING = DiagnosticProtocol.model_validate(PROTOCOL)
HEART = THING.replace(
    id="heart-film", modality=Modality.CHEST_FILM, question_patterns=("heart",), condition="heartness"
)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return World(tmp_path).source().case


def seen(case: Case, modality: Modality, score: float = 0.99, stated: Modality = Modality.UNKNOWN) -> ImageAppraisal:
    image = case.images[0].replace(modality=stated)
    return appraise(image, PixelOpinion(modality=modality, score=score))


def triage(
    case: Case, appraisal: ImageAppraisal | None, question: str, *, available: bool = True, forced: str | None = None
) -> Triage:
    ready = Availability(available=available, assessable_share=1, reason="" if available else "no weights")
    roles = RuleTriage((THING, HEART), {THING.id: ready, HEART.id: ready})
    asked = case.replace(question=question)
    return roles.triage(asked, [appraisal] if appraisal else [], ProtocolId(forced) if forced else None)


def test_question_and_pixels_that_fit_give_a_candidate(case: Case) -> None:
    outcome = triage(case, seen(case, Modality.FUNDUS), "Is there a thing?")
    assert outcome.candidates == ("thing-fundus",)
    assert outcome.image_id == "img-1"
    assert outcome.condition == "thingness"


def test_without_a_question_the_default_of_the_modality_is_taken(case: Case) -> None:
    assert triage(case, seen(case, Modality.CHEST_FILM), "").candidates == ("heart-film",)


@pytest.mark.parametrize("modality", [Modality.CHEST_FILM, Modality.NOT_MEDICAL, Modality.UNKNOWN, Modality.CT])
def test_a_question_about_another_kind_of_image_is_refused(case: Case, modality: Modality) -> None:
    outcome = triage(case, seen(case, modality), "Is there a thing?")
    assert outcome.candidates == ()
    assert "thing-fundus reads a fundus photograph" in outcome.refusal
    assert modality.label in outcome.refusal


def test_a_question_that_nothing_answers_names_what_can_be_asked(case: Case) -> None:
    outcome = triage(case, seen(case, Modality.FUNDUS), "Is the moon round?")
    assert outcome.candidates == ()
    assert "heartness, thingness" in outcome.refusal


def test_a_case_without_images_is_refused(case: Case) -> None:
    assert "no current image" in triage(case, None, "Is there a thing?").refusal


def test_a_protocol_that_cannot_run_here_is_refused_with_the_reason(case: Case) -> None:
    outcome = triage(case, seen(case, Modality.FUNDUS), "thing?", available=False)
    assert "unavailable here: no weights" in outcome.refusal


def test_a_named_protocol_needs_no_question_but_still_the_right_image(case: Case) -> None:
    assert triage(case, seen(case, Modality.FUNDUS), "moon?", forced="thing-fundus").candidates == ("thing-fundus",)
    assert triage(case, seen(case, Modality.CT), "moon?", forced="thing-fundus").candidates == ()


def test_the_header_counts_unless_the_pixels_clearly_say_otherwise(case: Case) -> None:
    doubtful = seen(case, Modality.CHEST_FILM, 0.6, stated=Modality.FUNDUS)
    sure = seen(case, Modality.CHEST_FILM, 0.99, stated=Modality.FUNDUS)
    unknown = seen(case, Modality.UNKNOWN, 0.99, stated=Modality.FUNDUS)
    assert triage(case, doubtful, "thing?").candidates
    assert "look like chest film" in triage(case, doubtful, "thing?").notes[0]
    assert triage(case, sure, "thing?").candidates == ()
    assert triage(case, unknown, "thing?").candidates
    assert triage(case, unknown, "thing?").notes == ()


def test_pixels_settle_what_no_header_stated(case: Case) -> None:
    changed = with_modalities(case, [seen(case, Modality.FUNDUS)])
    assert changed.images[0].modality is Modality.FUNDUS
    assert changed.id == case.id


def test_the_double_refuses_arrays_that_cannot_be_shown() -> None:
    with pytest.raises(AssertionError):
        FakeClassifier(Modality.FUNDUS).opinion(np.zeros((4, 4), np.float32))  # type: ignore[arg-type]


def test_several_fitting_images_are_mentioned(case: Case) -> None:
    ready = Availability(available=True, assessable_share=1)
    roles = RuleTriage((THING,), {THING.id: ready})
    second: Image = case.images[0].replace(id="img-2")
    both = [seen(case, Modality.FUNDUS), appraise(second, PixelOpinion(modality=Modality.FUNDUS, score=0.9))]
    outcome = roles.triage(case, both)
    assert "2 images" in outcome.notes[0]
