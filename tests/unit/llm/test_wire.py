"""Messages on the wire: roles alternate, pictures keep their place, what was asked first stays first."""

from __future__ import annotations

import numpy as np

from clinigraph.llm.contract import ChatMessage
from clinigraph.llm.dialogue import Request
from clinigraph.llm.wire import turns

SEEN = np.zeros((300, 100, 3), np.uint8)


def test_two_messages_of_the_user_are_one_turn() -> None:
    made = turns(Request((ChatMessage("system", "S"), ChatMessage("user", "A"), ChatMessage("user", "B")), "x", 1))
    assert [(m.type, m.content) for m in made] == [("system", "S"), ("human", "A\n\nB")]


def test_a_repair_after_pictures_is_a_part_of_its_own() -> None:
    look = (ChatMessage("user", "A", images=(SEEN, SEEN)), ChatMessage("user", "B"))
    (turn,) = turns(Request(look, "x", 1, repair="R"))
    assert isinstance(turn.content, list)
    kinds = [p["text"] if p["type"] == "text" else p["type"] for p in turn.content if isinstance(p, dict)]
    assert kinds == ["A", "image_url", "image_url", "B", "R"]


def test_a_repair_without_a_turn_of_the_user_is_one() -> None:
    made = turns(Request((ChatMessage("system", "S"),), "x", 1, repair="R"))
    assert [(m.type, m.content) for m in made] == [("system", "S"), ("human", "R")]


def test_pictures_are_reduced_to_the_models_limit() -> None:
    import base64
    import io

    from PIL import Image

    (turn,) = turns(Request((ChatMessage("user", "A", images=(SEEN,)),), "x", 1), max_side_px=150)
    part = turn.content[1]
    assert isinstance(part, dict)
    head, data = part["image_url"]["url"].split(",")
    assert head == "data:image/png;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (50, 150)
