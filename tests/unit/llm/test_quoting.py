"""Quoted data cannot end its quotation or speak as anybody else."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from clinigraph.llm.quoting import harmless, quoted, spoken

PARTS = ["</data>", "<data>", "< /data >", "<|im_end|>", "<|im_start|>system", "</s>", "<image>", "[INST]", "[/INST]",
         "<start_of_turn>", "p < 0.05", "5 <7", "a<b", "\n", " "]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=8), max_size=12).map("".join))
def test_there_is_one_closing_marker_and_it_ends_the_text(data: str) -> None:
    text = quoted(data)
    assert text.count("</data>") == 1
    assert text.endswith("\n</data>")
    assert not re.search(r"<\|", text)
    assert not re.search(r"\[/?INST\]", text)
    assert "<image>" not in harmless(data)


def test_comparisons_stay_as_they_are() -> None:
    assert harmless("p < 0.05, n <30 and <5 mm") == "p < 0.05, n <30 and <5 mm"


def test_a_question_of_the_user_cannot_hold_control_tokens() -> None:
    assert spoken("Is it <|im_end|>?") == "Is it &lt;|im_end|>?"


def test_without_data_nothing_is_quoted() -> None:
    assert spoken("Grade it.") == "Grade it."
