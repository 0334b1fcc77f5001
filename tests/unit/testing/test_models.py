"""The doubles are strict, repeatable, and wrong in exactly the named way."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from clinigraph.agents.reader import Grade
from clinigraph.errors import (
    ModelAnswerInvalid,
    ModelCutOff,
    ModelServerError,
    ModelTooSlow,
    ModelUnreachable,
    UsageError,
)
from clinigraph.llm.answers import AnswerUnusable, parse_answer
from clinigraph.llm.contract import ChatMessage, ModelBudget
from clinigraph.llm.dialogue import Request
from clinigraph.models.base import Value
from clinigraph.testing import AdversarialModel, Attack, RecordedModel, RecordingModel, ScriptedModel, Step
from clinigraph.testing.model_suite import ASK, SuiteAnswer
from clinigraph.testing.models import all_text
from clinigraph.testing.models_instances import Material, instance

GOOD = {"decision": "yes", "score": 4, "reason": "The left rim of 0.2 is thin."}


class Plan(Value):
    indicator_id: str
    tool: str
    passage_id: str
    side: str
    present: bool
    value: float
    rationale: str


PLAN = Plan(
    indicator_id="rim_width", tool="cup_disc_measures", passage_id="isgeo-2002#rim", side="left", present=True,
    value=0.2, rationale="No notch on the left rim of 0.2.",
)  # fmt: skip


def test_a_script_is_followed_and_finished() -> None:
    with ScriptedModel([Step(GOOD, role="reader", kind=SuiteAnswer, contains="water"), "Done."]) as model:
        assert model.structured(ASK, SuiteAnswer).score == 4
        assert asyncio.run(model.atext(ASK, role="writer")) == "Done."
    assert [r.role for r in model.requests] == ["reader", "writer"]


def test_a_step_left_over_fails() -> None:
    with pytest.raises(AssertionError, match="1 step"), ScriptedModel([GOOD]):
        pass


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step(GOOD, role="planner"), "expected the role planner, reader asked"),
        (Step(GOOD, kind=Grade), "expected Grade, asked for SuiteAnswer"),
        (Step(GOOD, contains="fire"), "do not contain 'fire'"),
        (None, "the script has ended"),
    ],
)
def test_an_unexpected_call_fails_at_once_and_again_at_the_end(step: Step | None, words: str) -> None:
    model = ScriptedModel([step] if step else [])
    with pytest.raises(AssertionError, match=words):
        model.structured(ASK, SuiteAnswer)
    with pytest.raises(AssertionError, match=words):
        model.finish()


def test_a_script_can_fail_as_servers_do_and_answer_by_the_request() -> None:
    def by_request(request: Request) -> dict[str, object]:
        return {**GOOD, "reason": request.messages[1].text}

    with ScriptedModel([ModelUnreachable("gone"), "no", by_request]) as model:
        with pytest.raises(ModelUnreachable):
            model.structured(ASK, SuiteAnswer)
        assert model.structured(ASK, SuiteAnswer).reason == "Is water wet?"
    assert "no JSON" in model.requests[2].repair


def test_views_follow_the_same_script() -> None:
    with ScriptedModel([GOOD, GOOD]) as model:
        model.for_case(ModelBudget()).structured(ASK, SuiteAnswer)
        model.structured(ASK, SuiteAnswer)


def attacked(attack: Attack, seed: int = 0) -> tuple[Plan | None, AdversarialModel, ModelServerError | None]:
    model = AdversarialModel(seed, attacks=(attack,), honest=lambda r: PLAN if r.kind is Plan else None, stall_s=0.0)
    try:
        return model.structured(ASK, Plan), model, None
    except ModelServerError as error:
        return None, model, error


def changed(attack: Attack) -> set[str]:
    plan, _, error = attacked(attack)
    assert error is None
    assert plan is not None
    return {name for name in Plan.model_fields if getattr(plan, name) != getattr(PLAN, name)}


def test_each_attack_on_content_changes_what_it_is_named_for() -> None:
    assert changed(Attack.WRONG_INDICATOR) == {"indicator_id"}
    assert changed(Attack.INVENTED_TOOL) == {"tool"}
    assert changed(Attack.INVENTED_PASSAGE) == {"passage_id"}
    assert changed(Attack.WRONG_NUMBER) >= {"value", "rationale"}
    assert changed(Attack.FLIPPED_SIDE) == {"side", "rationale"}
    assert changed(Attack.FLIPPED_NEGATION) == {"present", "rationale"}


@pytest.mark.parametrize(
    ("attack", "kind"),
    [
        (Attack.BLANK_PADDING, ModelCutOff),
        (Attack.ENDLESS_JSON, ModelCutOff),
        (Attack.REFUSAL, ModelAnswerInvalid),
        (Attack.STALL, ModelTooSlow),
    ],
)
def test_each_attack_on_form_is_a_typed_failure(attack: Attack, kind: type[ModelServerError]) -> None:
    plan, model, error = attacked(attack)
    assert plan is None
    assert type(error) is kind
    assert set(model.counts()) == {attack}


def test_an_echo_says_the_prompt_or_fits_it_into_the_answer() -> None:
    outcomes = [attacked(Attack.PROMPT_ECHO, seed) for seed in range(12)]
    echoed = [p for p, _, _ in outcomes if p is not None]
    assert echoed
    assert all(p.rationale in all_text(Request(ASK, "reader", 1)) for p in echoed)
    assert any(isinstance(e, ModelAnswerInvalid) for _, _, e in outcomes)


def test_the_same_seed_attacks_in_the_same_way_whatever_the_order() -> None:
    def run(order: list[int]) -> dict[int, str]:
        model, said = AdversarialModel(7, stall_s=0.0), {}
        for n in order:
            try:
                said[n] = model.structured((ChatMessage("user", f"Case {n}."),), SuiteAnswer).canonical_json()
            except ModelServerError as error:
                said[n] = type(error).__name__
        return said

    forward = run(list(range(30)))
    assert forward == run(list(range(29, -1, -1)))
    assert len(set(forward.values())) > 5


def test_a_rate_leaves_the_other_answers_honest() -> None:
    model = AdversarialModel(3, rate=0.0, honest=lambda _: GOOD)
    assert model.structured(ASK, SuiteAnswer).canonical_json() == SuiteAnswer.model_validate(GOOD).canonical_json()
    assert model.counts() == {}


def test_text_is_attacked_too() -> None:
    model = AdversarialModel(1, attacks=(Attack.FLIPPED_SIDE,), honest=lambda _: "The left eye.")
    assert asyncio.run(model.atext(ASK, role="writer")) == "The right eye."


def test_instances_fit_the_types_of_the_roles() -> None:
    from random import Random

    from clinigraph.llm.answers import answer_schema

    request = Request(
        (ChatMessage("user", "Use cup_disc_measures for rim_width, see isgeo-2002#rim at 0.2."),), "x", 10
    )
    fitting = 0
    for seed in range(50):
        for kind in (Grade, SuiteAnswer, Plan):
            made = json.dumps(instance(answer_schema(kind), Material(request), Random(seed)))  # noqa: S311
            try:
                parse_answer(made, kind)
            except AnswerUnusable:
                continue
            fitting += 1
    assert fitting == 150


def test_ids_of_the_prompt_fill_fields_of_ids() -> None:
    message = (ChatMessage("user", "Use cup_disc_measures."),)
    assert AdversarialModel(0, attacks=()).structured(message, Plan).tool == "cup_disc_measures"


def test_a_recording_holds_no_request(tmp_path: Path) -> None:
    live = RecordingModel(ScriptedModel([GOOD]))
    live.structured((ChatMessage("user", "Jane Roe, 61 years", data="Jane Roe"),), SuiteAnswer)
    live.save(tmp_path / "take.json")
    assert "Jane" not in (tmp_path / "take.json").read_text()


def test_what_was_not_recorded_fails(tmp_path: Path) -> None:
    live = RecordingModel(ScriptedModel([GOOD]))
    live.structured(ASK, SuiteAnswer)
    live.save(tmp_path / "take.json")
    replay = RecordedModel.load(tmp_path / "take.json")
    with pytest.raises(AssertionError, match="not recorded"):
        replay.structured(ASK, SuiteAnswer, seed=5)
    with pytest.raises(AssertionError, match="not recorded"):
        replay.structured(ASK[1:], SuiteAnswer)


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(UsageError, match="not a recording"):
        RecordedModel.load(tmp_path / "x.json")


def test_what_a_real_vllm_said_is_replayed_with_its_failures() -> None:
    """Recorded from ``clinigraph model serve --device cpu --model text`` (SmolLM2-135M-Instruct, vLLM 0.32.0)."""
    replay = RecordedModel.load(Path(__file__).parent / "smollm2-135m.json")
    assert replay.structured(ASK, SuiteAnswer, max_tokens=200).decision == "yes"
    hello = (ChatMessage("user", "Say hello in five words."),)
    assert asyncio.run(replay.atext(hello, role="writer", max_tokens=60)).startswith("Hello")
    with pytest.raises(ModelCutOff):
        replay.structured(ASK, SuiteAnswer, max_tokens=3, seed=1)
