"""Text into atoms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.agents.claims.splitting import LONGEST_SENTENCE, MAX_CHARACTERS, MAX_CLAIMS, normalised, split
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


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("It is 5 (and it is large) and it is red.", ["It is 5 (and it is large)", "it is red."]),
        ('It says "it is 5 and it is red" and it is blue.', ['It says "it is 5 and it is red"', "it is blue."]),
        (
            "Not assessed because height and weight are missing.",
            ["Not assessed because height and weight are missing."],
        ),
        ("It is 5 because height is 2 and weight is 3.", ["It is 5 because height is 2", "weight is 3."]),
        ("It is 5, which is large.", ["It is 5", "which is large."]),
        ("It is 5, there is no rim, and the disc is pale.", ["It is 5", "there is no rim", "the disc is pale."]),
        ("5 and the disc is pale.", ["5 and the disc is pale."]),
        ("It is large but not red.", ["It is large but not red."]),
        ("It is 5; ", ["It is 5;"]),
        ("It is 5; .", ["It is 5"]),
        ("A; b.", ["A; b."]),
    ],
)
def test_a_clause_ends_at_a_joint_after_a_verb_and_outside_brackets_and_quotes(sentence: str, parts: list[str]) -> None:
    assert texts(sentence) == parts


FULL = "It was measured in the right eye by the first reader"


@pytest.mark.parametrize(
    ("report", "lines"),
    [
        (f"{FULL}\nas 5.", [f"{FULL} as 5."]),
        (f"{FULL}\nas\n5.", [f"{FULL} as 5."]),
        (f"{FULL} and\n- as 5.", [f"{FULL} and", "as 5."]),
        (f"{FULL}.\nas 5.", [f"{FULL}.", "as 5."]),
        (f"{FULL}:\nas 5.", [f"{FULL}:", "as 5."]),
        (f"{FULL}!\nas 5.", [f"{FULL}!", "as 5."]),
        (f"{FULL}\n\nas 5.", [FULL, "as 5."]),
        (f"{FULL}\n| as | 5 |", [FULL, "as: 5"]),
        (f"{FULL}\n> as 5.", [FULL, "as 5."]),
        (f"{FULL}\n# as 5.", [FULL]),
        (f"{'x' * 50}\nas 5.", ["x" * 50, "as 5."]),
        (f"{'x' * 51}\nas 5.", [f"{'x' * 51} as 5."]),
        ("Short line\nas 5.", ["Short line", "as 5."]),
    ],
)
def test_only_a_long_line_without_an_end_goes_on_in_the_next(report: str, lines: list[str]) -> None:
    assert texts(report) == lines


@pytest.mark.parametrize(
    ("report", "lines"),
    [
        ("1. It is 5.\n2) It is 6.\n(a) It is 7.\n• It is 8.\n– It is 9.",
         ["It is 5.", "It is 6.", "It is 7.", "It is 8.", "It is 9."]),
        ("| IOP | 25 | high |\n| A |\n|B|", ["IOP: 25; high", "A", "B"]),
        ("a | b is 5", ["a | b is 5"]),
        ("[link](http://x) is 5", ["link is 5"]),
        ("<b>it</b> is 5 &lt; 6 &amp; 7 &gt; 8", ["it is 5 < 6 & 7 > 8"]),
        ("a \\* b is 5", ["a * b is 5"]),
        ("***\n---\n| --- | --- |\nIt is 5", ["It is 5"]),
        ("**[supported]** It is 5.", ["It is 5."]),
        ("~~~\nx is 5\n~~~\nIt is 6.", ["It is 6."]),
        ("It is 5.\r\nIt is 6.\rIt is 7.", ["It is 5.", "It is 6.", "It is 7."]),
        ("> > quote is 5", ["quote is 5"]),
        ("...\n* * *\n_", []),
        ("Note: it is red.", ["Note: it is red."]),
    ],
)  # fmt: skip
def test_a_mark_of_layout_is_no_word(report: str, lines: list[str]) -> None:
    assert texts(report) == lines


@pytest.mark.parametrize(
    ("report", "sections"),
    [
        ("It is 5.", [Section.FINDINGS]),
        ("## Impression\nIt is 5.\n## Something else\nIt is 6.", [Section.IMPRESSION, Section.FINDINGS]),
        ("IMPRESSION:\nIt is 5.", [Section.IMPRESSION]),
        ("Impression: it is 5.\nIt is 6.", [Section.IMPRESSION, Section.IMPRESSION]),
        ("Impression: it is 5.\nTechnique: it is 6.", [Section.IMPRESSION, Section.FINDINGS]),
        ("Impression: it is 5.\nNote: it is 6.", [Section.IMPRESSION, Section.IMPRESSION]),
        ("Plan: it is 5.\nLimitations: it is 6.", [Section.RECOMMENDATIONS, Section.LIMITATIONS]),
        ("Background: it is 5.\nClinical history: it is 6.", [Section.KNOWLEDGE, Section.RECORD]),
    ],
)
def test_a_line_stands_in_the_section_named_last(report: str, sections: list[Section]) -> None:
    assert [a.section for a in split(report)] == sections


OWN = """# Report of a case

It is read.

## Impression

No glaucoma is there.
*by hand*
**No** rim is there.
![picture](x)
  - detail is here
### Part
It is a part.

## Statements and what they rest on

- It is 5.
  - rests on x

## Evidence
It is 9.
"""


def test_of_a_report_of_clinigraph_the_impression_and_the_statements_are_read() -> None:
    said = [(a.text, a.section) for a in split(OWN)]
    impression, findings = Section.IMPRESSION, Section.FINDINGS
    assert said == [
        ("No glaucoma is there.", impression), ("No rim is there.", impression), ("It is a part.", findings),
        ("It is 5.", findings),
    ]  # fmt: skip
    other = OWN.replace("Statements and what they rest on", "Statements")
    assert {"It is read.", "by hand", "detail is here", "rests on x", "It is 9."} <= set(texts(other))


def test_atoms_of_one_sentence_have_its_number() -> None:
    whole = "It is 5 and it is red."
    found = split(f"{whole} It is blue and it is large.", frozenset({whole}))
    assert [(a.text, a.sentence) for a in found] == [(whole, 1), ("It is blue", 2), ("it is large.", 2)]
    named = "Impression: it is 5 and it is red."
    assert [a.text for a in split(named, frozenset({named}))] == [named]


def test_the_longest_sentence_and_the_longest_text_are_still_read() -> None:
    tail = "is 5 and it is red."
    longest = f"{'x' * (LONGEST_SENTENCE - len(tail) - 1)} {tail}"
    assert len(longest) == LONGEST_SENTENCE
    assert len(texts(longest)) == 2
    assert texts(f"x{longest}") == [f"x{longest}"]
    assert len(split("It is 5.\n" * MAX_CLAIMS)) == MAX_CLAIMS
    assert split(" " * MAX_CHARACTERS) == ()
