"""The real wire with pictures: several a message, resized, counted; what the model says of them is noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clinigraph.agents.reader import ModelImageReader
from clinigraph.errors import ModelRequestRefused
from clinigraph.llm.contract import ChatMessage, ChatModel, ModelBudget
from clinigraph.testing.model_suite import ModelSuite, SuiteAnswer

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1500)]

WHOLE = np.random.default_rng(0).integers(0, 255, (1500, 1200, 3), dtype=np.uint8)
ROOM = 300


class TestImageModel(ModelSuite):
    max_tokens = ROOM

    @pytest.fixture(autouse=True)
    def _server(self, image_server: Any) -> None:
        self.server = image_server

    def make_model(self) -> ChatModel:
        return self.server.chat(sees_images=True)


def test_the_model_is_found_to_take_pictures(image_server: Any) -> None:
    model = image_server.chat()
    model.check()
    assert model.sees_images
    assert model.tokens()["check.completion"] == 1


def test_every_picture_is_in_the_prompt(image_server: Any) -> None:
    def prompt_tokens(pictures: int) -> int:
        model = image_server.chat(sees_images=True).for_case(ModelBudget())
        views = tuple(WHOLE[: 100 * (n + 1)] for n in range(pictures))
        model.structured((ChatMessage("user", "What is it?", images=views),), SuiteAnswer, max_tokens=ROOM)
        count: int = model.tokens()["prompt"]
        return count

    one, two, four = (prompt_tokens(n) for n in (1, 2, 4))
    assert two - one > 0
    assert abs((four - two) - 2 * (two - one)) <= 4


def test_more_pictures_than_served_are_refused_with_the_way_out(image_server: Any) -> None:
    message = ChatMessage("user", "What is it?", images=(WHOLE[:64, :64],) * 9)
    with pytest.raises(ModelRequestRefused, match="limit-mm-per-prompt"):
        image_server.chat(sees_images=True).structured((message,), SuiteAnswer, max_tokens=ROOM)


def test_the_reader_reads_whole_and_close_view(image_server: Any) -> None:
    reader = ModelImageReader(image_server.chat(sees_images=True))
    reading = reader.read(WHOLE, WHOLE[:300, :300], "Is the disc rim thin?", "1 no, 3 undecided, 5 yes")
    assert 1 <= reading.score <= 5
    assert reading.reader.startswith(image_server.name)
