"""Whatever a server does, the caller gets one clear line with the way out, and the budget knows what was spent."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from clinigraph.errors import (
    ModelAnswerInvalid,
    ModelBudgetSpent,
    ModelContextOverflow,
    ModelCutOff,
    ModelRateLimited,
    ModelRequestRefused,
    ModelSeesNoImages,
    ModelServerError,
    ModelServerFaulty,
    ModelUnauthorised,
    ModelUnknown,
    ModelUnreachable,
)
from clinigraph.llm.contract import ChatMessage, ModelBudget
from clinigraph.llm.openai_chat import OpenAiChat, budget_of
from clinigraph.llm.retrying import RetryPolicy
from clinigraph.settings import Settings
from clinigraph.testing.model_suite import ASK, SuiteAnswer
from clinigraph.testing.models_server import (
    Turn,
    WireServer,
    context_overflow,
    cut_off,
    fails,
    html,
    no_image_support,
    says,
)

GOOD = says({"decision": "yes", "score": 4, "reason": "Wet."})
QUICK = RetryPolicy(retries=2, first_s=0.01, longest_s=0.02)
PATIENT = "Jane Roe"


def chat(server: WireServer, **changes: object) -> OpenAiChat:
    settings = {"timeout_s": 10, "retry": QUICK, **changes}
    return OpenAiChat(server.base_url, "tiny", **settings)  # type: ignore[arg-type]


def ask(model: OpenAiChat, way: str, messages: tuple[ChatMessage, ...] = ASK) -> SuiteAnswer:
    if way == "thread":
        return model.structured(messages, SuiteAnswer)
    return asyncio.run(model.astructured(messages, SuiteAnswer, role="reader"))


WAYS = pytest.mark.parametrize("way", ["thread", "loop"])
FAILURES = [
    (fails(401, "bad key"), ModelUnauthorised, "CLINIGRAPH_MODEL_API_KEY", 1),
    (fails(403, "bad key"), ModelUnauthorised, "CLINIGRAPH_MODEL_API_KEY", 1),
    (fails(404, "The model `tiny` does not exist."), ModelUnknown, "does not serve this model: tiny", 1),
    (Turn(status=404, raw='{"detail": "Not Found"}'), ModelServerFaulty, "usually ends in /v1", 1),
    (fails(429, "slow down"), ModelRateLimited, "CLINIGRAPH_MODEL_CONCURRENCY", 3),
    (fails(500, f"failed on {PATIENT}"), ModelServerFaulty, "HTTP 500", 3),
    (fails(503, "loading"), ModelServerFaulty, "See its log", 3),
    (html(), ModelServerFaulty, "not the answer of an OpenAI-compatible server", 1),
    (Turn(raw="{}"), ModelServerFaulty, "not the answer of an OpenAI-compatible server", 1),
    (Turn(raw='{"choices": []}'), ModelServerFaulty, "not the answer of an OpenAI-compatible server", 1),
    (Turn(raw="{"), ModelServerFaulty, "not the answer of an OpenAI-compatible server", 1),
    (Turn(hang_up=True), ModelUnreachable, "cannot be reached", 3),
    (context_overflow(2048), ModelContextOverflow, "tiny (2048 tokens)", 1),
    (fails(400, f"content_filter: {PATIENT}"), ModelAnswerInvalid, "a filter of", 1),
    (fails(400, "This grammar is too complex"), ModelRequestRefused, "cannot express this schema", 1),
    (fails(400, f"invalid: {PATIENT}"), ModelRequestRefused, "HTTP 400", 1),
]


@WAYS
@pytest.mark.parametrize(("turn", "kind", "words", "calls"), FAILURES)
def test_a_failure_has_a_type_one_line_and_the_way_out(
    way: str, turn: Turn, kind: type[ModelServerError], words: str, calls: int
) -> None:
    with WireServer(otherwise=lambda _: turn) as server, pytest.raises(kind) as raised:
        ask(chat(server), way)
    assert words in str(raised.value)
    assert PATIENT not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert type(raised.value) is kind
    assert raised.value.todo
    assert len(server.requests) == calls


@WAYS
def test_what_passes_is_tried_again(way: str) -> None:
    with WireServer([fails(500), Turn(hang_up=True), GOOD]) as server:
        model = chat(server).for_case(ModelBudget(max_calls=1))
        assert ask(model, way).score == 4
    assert len(server.requests) == 3
    assert model.tokens()["prompt"] == 10


@WAYS
def test_retry_after_is_waited_for(way: str) -> None:
    with WireServer([fails(429, Retry_After="1"), GOOD]) as server:
        started = time.monotonic()
        assert ask(chat(server), way).score == 4
        assert time.monotonic() - started >= 1


def test_a_retry_after_beyond_patience_ends_the_call_and_says_how_long() -> None:
    with WireServer([fails(429, Retry_After="3600")]) as server, pytest.raises(ModelRateLimited, match="wait 3600 s"):
        ask(chat(server), "thread")


@WAYS
def test_a_slow_server_is_not_waited_for_longer_than_allowed(way: str) -> None:
    with WireServer([Turn(delay_s=1.0)]) as server, pytest.raises(ModelUnreachable, match="in time"):
        ask(chat(server, timeout_s=0.2), way)


@WAYS
def test_nobody_at_the_address(way: str) -> None:
    with WireServer() as server:
        gone = chat(server)
    with pytest.raises(ModelUnreachable, match="cannot be reached"):
        ask(gone, way)
    with pytest.raises(ModelUnreachable, match="cannot be reached"):
        gone.check()


@WAYS
@pytest.mark.parametrize(
    ("turn", "kind"),
    [
        (Turn(" \n" * 500, "length"), ModelCutOff),
        (cut_off('{"decision": [' + '{"a": ' * 50), ModelCutOff),
        (Turn("   "), ModelAnswerInvalid),
        (Turn(""), ModelAnswerInvalid),
        (Turn("I am sorry."), ModelAnswerInvalid),
        (Turn("[" * 20_000), ModelAnswerInvalid),
        (says({"decision": "yes", "score": 4.5, "reason": ""}), ModelAnswerInvalid),
        (Turn('{"decision": "yes", "score": NaN, "reason": ""}'), ModelAnswerInvalid),
        (Turn('{"decision": "yes", "score": 1, "score": 5, "reason": ""}'), ModelAnswerInvalid),
    ],
)
def test_useless_answers_fail_after_one_repair_and_are_counted(
    way: str, turn: Turn, kind: type[ModelServerError]
) -> None:
    with WireServer(otherwise=lambda _: turn) as server:
        model = chat(server)
        with pytest.raises(kind):
            ask(model, way)
    assert len(server.requests) == 2
    assert model.tokens()["prompt"] == 20
    assert server.requests[1]["max_completion_tokens"] == 1024


def test_a_filter_of_the_server_is_a_refusal() -> None:
    """The client library keeps no usage of a filtered answer, so its tokens cannot be counted."""
    filtered = Turn("", "content_filter")
    with WireServer(otherwise=lambda _: filtered) as server, pytest.raises(ModelAnswerInvalid, match="refused"):
        ask(chat(server), "thread")
    assert len(server.requests) == 2


def test_the_repair_is_part_of_the_last_turn_so_that_roles_alternate() -> None:
    with WireServer([Turn("no"), GOOD]) as server:
        ask(chat(server), "thread")
    first, second = ([(m["role"], m["content"]) for m in r["messages"]] for r in server.requests)  # type: ignore[attr-defined]
    assert [r for r, _ in second] == ["system", "user"]
    assert second[0] == first[0]
    assert second[1][1].startswith(first[1][1])
    assert "it is no JSON" in second[1][1]


def test_a_text_model_is_found_out_and_no_picture_is_sent_to_it_again() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    look = (ChatMessage("user", "What is it?", images=(picture,)),)
    with WireServer(otherwise=lambda _: no_image_support()) as server:
        model = chat(server)
        assert model.sees_images
        model.check()
        assert not model.for_case(ModelBudget()).sees_images
        with pytest.raises(ModelSeesNoImages):
            ask(model, "loop", look)
    assert len(server.requests) == 1


def test_a_server_that_refuses_a_picture_in_words_of_its_own_takes_none() -> None:
    with WireServer([fails(400, "unsupported content part")]) as server:
        model = chat(server)
        model.check()
        assert not model.sees_images


def test_too_many_pictures_are_not_taken_for_none() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    look = (ChatMessage("user", "What is it?", images=(picture, picture)),)
    with WireServer([fails(400, "At most 1 image(s) may be provided in one prompt.")]) as server:
        model = chat(server)
        with pytest.raises(ModelRequestRefused, match="takes 1 picture"):
            ask(model, "thread", look)
    assert model.sees_images


@pytest.mark.parametrize(
    ("listing", "kind", "words"),
    [
        (html(), ModelServerFaulty, "usually ends in /v1"),
        (fails(404, "no"), ModelServerFaulty, "usually ends in /v1"),
        (fails(500, "no"), ModelServerFaulty, "See its log"),
        (fails(429, "no", Retry_After="30"), ModelRateLimited, "asks to wait 30 s"),
    ],
)
def test_what_stands_in_the_way_is_said_at_the_start(listing: Turn, kind: type[ModelServerError], words: str) -> None:
    with WireServer(listing=listing) as server, pytest.raises(kind, match=words):
        chat(server).check()


def test_a_wrong_key_is_said_at_the_start() -> None:
    with WireServer(key="right") as server:
        with pytest.raises(ModelUnauthorised):
            chat(server, api_key="wrong").check()
        chat(server, api_key="right", sees_images=True).check()


def test_an_address_that_is_none_is_said() -> None:
    with pytest.raises(ModelUnreachable):
        OpenAiChat("not an address", "tiny").check()


def test_fifty_cases_share_one_limit_and_none_is_lost() -> None:
    def answer(body: dict[str, object]) -> Turn:
        number = int(str(body["messages"][0]["content"]).split()[-1])  # type: ignore[index]
        return (
            says({"decision": "yes", "score": 1 + number % 5, "reason": str(number)}) if number % 7 else _slow(number)
        )

    def _slow(number: int) -> Turn:
        text = says({"decision": "no", "score": 1 + number % 5, "reason": str(number)}).text
        return Turn(text, delay_s=0.03)

    async def all_cases(model: OpenAiChat) -> list[SuiteAnswer]:
        views = [model.for_case(ModelBudget(max_calls=1)) for _ in range(50)]
        calls = [
            v.astructured((ChatMessage("user", f"Case {n}"),), SuiteAnswer, role="reader") for n, v in enumerate(views)
        ]
        return list(await asyncio.gather(*calls))

    with WireServer(otherwise=answer) as server:
        model = chat(server, concurrency=4, timeout_s=60)
        with ThreadPoolExecutor(1) as pool:
            beside = pool.submit(lambda: ask(model, "thread", (ChatMessage("user", "Case 99"),)))
            answers = asyncio.run(all_cases(model))
            assert beside.result().reason == "99"
    assert [a.reason for a in answers] == [str(n) for n in range(50)]
    assert len(server.requests) == 51
    assert server.most_at_once <= 4


def test_a_budget_in_money_counts_prices() -> None:
    settings = Settings(model_max_cost=0.01, model_prompt_price=100, model_completion_price=100)
    with WireServer(otherwise=lambda _: GOOD) as server:
        model = chat(server).for_case(budget_of(settings))
        with pytest.raises(ModelBudgetSpent, match=r"0 of 0\.01 spent"):
            ask(model, "thread")
        assert model.structured(ASK, SuiteAnswer, max_tokens=10).score == 4
    assert len(server.requests) == 1
