"""Text into atoms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.agents.claims.splitting import MAX_CLAIMS, normalised, split
from clinigraph.errors import InputTooLarge
from clinigraph.models.reporting import Section


def texts(report: str) -> list[str]:
    return [a.text for a in split(report)]


def test_sentences_and_clauses_with_a_verb_of_their_own_are_atoms() -> None:
    assert texts("The ratio is 0.52 and does not meet the criterion. The rim is thin; the pressure is high.") == [
        "The ratio is 0.52", "does not meet the criterion.", "The rim is thin", "the pressure is high.",
    ]  # fmt: skip


def test_lists_of_nouns_stay_together() -> None:
    assert texts("There is no oedema or haemorrhage.") == ["There is no oedema or haemorrhage."]


def test_markdown_is_read_without_its_marks() -> None:
    report = "# Report\n\n- **IOP** is `25` mmHg\n\n```\ncode is 5\n```\n![picture](x.png)\n> quoted is fine\n"
    report += "| IOP | 25 |\n|---|---|\n"
    assert texts(report) == ["IOP is 25 mmHg", "quoted is fine", "IOP: 25"]


def test_headings_name_sections() -> None:
    found = split("## Impression\nNo glaucoma.\n## Findings\nRatio 0.5.\nRecommendation: repeat it.")
    assert [a.section for a in found] == [Section.IMPRESSION, Section.FINDINGS, Section.RECOMMENDATIONS]


def test_sentences_that_the_evidence_gives_are_not_split() -> None:
    whole = "The score is 0.5; the threshold is 0.4, and 80 % was assessed."
    assert [a.text for a in split(f"- {whole}", frozenset({whole}))] == [whole]


def test_lines_that_a_width_limit_broke_are_joined() -> None:
    assert texts("The vertical cup-to-disc ratio of the right eye was measured\nas 0.52.") == [
        "The vertical cup-to-disc ratio of the right eye was measured as 0.52."
    ]


def test_invisible_characters_say_nothing() -> None:
    assert texts("The ra\u200btio is 0.5\u202e.") == ["The ratio is 0.5."]


def test_more_than_the_most_statements_are_refused() -> None:
    with pytest.raises(InputTooLarge):
        split("It is 5.\n" * (MAX_CLAIMS + 1))
    with pytest.raises(InputTooLarge):
        split("x" * 1_000_001)


@given(st.text(max_size=300))
def test_no_text_breaks_the_splitter(text: str) -> None:
    assert all(a.text.strip() for a in split(text))


@pytest.mark.parametrize(
    ("text", "plain"),
    [("0.5²", "0.5 2"), ("1½", "1 1\u20442"), ("5①", "5 1"), ("20 mm²", "20 mm2"), ("\uff12\uff10 mm", "20 mm")],
)
def test_a_raised_number_does_not_become_a_digit_of_the_number_before_it(text: str, plain: str) -> None:
    assert normalised(text) == plain
