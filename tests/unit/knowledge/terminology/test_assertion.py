"""What the words around a mention say of it: measured on hand-written sentences, and by case."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigraph.errors import KnowledgeError
from clinigraph.evals.linking.sentences import SentenceScore, marked_sentences, parse, score_sentences
from clinigraph.knowledge.terminology.assertion import default_rules, read_rules
from clinigraph.knowledge.terminology.contract import Assertion
from clinigraph.knowledge.terminology.tokens import Sentence

HALVES = marked_sentences()


def test_there_are_enough_sentences_and_every_class_is_among_them() -> None:
    lines = [line for half in HALVES.values() for line in half]
    assert len(lines) >= 300
    assert len(set(lines)) == len(lines)
    for half in HALVES.values():
        assert {t.assertion for line in half for t in parse(line)[1]} == {a.value for a in Assertion}


@pytest.mark.parametrize(("half", "least"), [("blind", 0.95), ("tuned", 0.98)])
def test_assertion_reaches_its_goal_on_each_half(half: str, least: float) -> None:
    score: SentenceScore = score_sentences(HALVES[half])
    assert score.accuracy >= least
    assert score.f1 >= least


def test_assertion_and_side_reach_their_goal_on_all_sentences() -> None:
    score = score_sentences([line for half in HALVES.values() for line in half])
    assert score.f1 >= 0.95
    for name, counts in score.classes.items():
        assert counts.f1 >= 0.95, name
    sides = score.sides
    assert sides.hit / (sides.hit + sides.extra) >= 0.95
    assert sides.hit / (sides.hit + sides.missed) >= 0.95


def judged(text: str, words: str) -> tuple[Assertion, bool]:
    rules, start = default_rules(), text.index(words)
    judgement = rules.judge(start, start + len(words), rules.cues(text, Sentence(0, len(text))))
    return judgement.assertion, judgement.negated


@pytest.mark.parametrize(
    ("text", "words", "assertion"),
    [
        ("No pneumothorax but a large effusion.", "effusion", Assertion.PRESENT),
        ("No change in the large effusion.", "effusion", Assertion.PRESENT),
        ("No suspicious nodule or effusion.", "effusion", Assertion.ABSENT),
        ("Opacity, possible pneumonia.", "Opacity", Assertion.PRESENT),
        ("Pneumonia cannot be excluded.", "Pneumonia", Assertion.POSSIBLE),
        ("Pneumonia has been excluded.", "Pneumonia", Assertion.ABSENT),
        ("No findings to suggest pneumonia.", "pneumonia", Assertion.ABSENT),
        ("This may be due to atelectasis.", "atelectasis", Assertion.POSSIBLE),
    ],
)
def test_reach_of_cues(text: str, words: str, assertion: Assertion) -> None:
    assert judged(text, words)[0] is assertion


def test_a_denied_family_history_is_about_the_family_and_negated() -> None:
    assert judged("No family history of glaucoma.", "glaucoma") == (Assertion.FAMILY, True)
    assert judged("Family history of glaucoma.", "glaucoma") == (Assertion.FAMILY, False)


@pytest.mark.parametrize(
    "line", ["absent\tforward", "nonsense\tforward\tno", "absent\tsideways\tno", "absent\tforward\t("]
)
def test_a_damaged_rule_is_named_by_its_line(line: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.tsv"
    path.write_text(f"# head\n{line}\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="line 2"):
        read_rules(path)
