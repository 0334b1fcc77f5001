"""What models of entailment answer, at and beside their limits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clinigraph.agents.verification import entailment
from clinigraph.agents.verification.entailment import (
    ClassifierEntailment,
    EntailmentModel,
    SimilarityEntailment,
    conflict,
    hedged,
    label_verdicts,
)
from clinigraph.errors import WeightsInvalid
from clinigraph.models.reporting import Verdict

S, C, U, V = Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.UNSUPPORTED, Verdict.UNVERIFIABLE


class Angles:
    """Gives each text a vector whose cosine with that of the sentence is set by hand."""

    def __init__(self, **cosines: float) -> None:
        self.cosines = cosines

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = [1.0, *(self.cosines[t.split()[0].strip(".")] for t in texts[1:])]
        return np.array([[c, np.sqrt(max(0.0, 1 - c * c))] for c in found], dtype=np.float64)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("cosine", "verdict", "confidence"),
    [(1.0, S, 1.0), (0.75, S, 0.75), (0.5, S, 0.5), (0.49, V, 0.5), (0.25, V, 0.5), (0.24, U, 0.76), (0.0, U, 1.0),
     (-0.5, U, 1.0)],
)  # fmt: skip
def test_how_near_decides_between_carried_open_and_without_ground(
    cosine: float, verdict: Verdict, confidence: float
) -> None:
    model = SimilarityEntailment(Angles(One=cosine), near=0.5, far=0.25)
    found = model.judge("One thing is here.", "A thing is here.")
    assert (found.verdict, found.confidence) == (verdict, pytest.approx(confidence))


def test_the_limits_are_0_6_and_0_45_unless_others_are_given() -> None:
    for cosine, verdict in ((0.6, S), (0.59, V), (0.45, V), (0.44, U)):
        assert SimilarityEntailment(Angles(One=cosine)).judge("One thing.", "A thing.").verdict is verdict


def test_the_nearest_sentence_of_a_text_is_judged() -> None:
    model = SimilarityEntailment(Angles(One=0.1, Two=0.9, Three=0.4), near=0.5, far=0.25)
    text = "One is here. Two is not there! Three is gone."
    assert model.nearest(text, "x") == ("Two is not there!", pytest.approx(0.9))
    assert model.judge(text, "It is there.").verdict is C
    assert model.judge(text, "It is not there.").verdict is S
    assert model.nearest("One is here. two is there.", "x") == ("One is here. two is there.", pytest.approx(0.1))


def test_similarity_answers_each_pair_in_order() -> None:
    model = SimilarityEntailment(Angles(One=0.9, Two=0.0), near=0.5, far=0.25)
    answers = asyncio.run(model.entail([("One is here.", "It is here."), ("Two is here.", "It is here.")]))
    assert [a.verdict for a in answers] == [S, U]
    assert isinstance(model, EntailmentModel)
    assert not model.decides


@pytest.mark.parametrize(
    ("text", "sentence", "why"),
    [
        ("It is there.", "It is not there.", "one denies"),
        ("It is not there.", "It is there.", "one denies"),
        ("It is never absent.", "It is there.", ""),
        ("It is not unlikely and not there.", "It is there.", "one denies"),
        ("It rises.", "It is reduced.", "opposite"),
        ("It is reduced.", "It rises.", "opposite"),
        ("It rises.", "It rises.", ""),
        ("It rises and is reduced.", "It is reduced.", ""),
        ("It is reduced.", "It is reduced, then rises.", ""),
        ("It rises.", "It is there.", ""),
        ("Seen in 12 of 40.", "Seen in 12.", ""),
        ("Seen in 12.", "Seen in 40.", "a number"),
        ("Seen in many.", "Seen in 40.", ""),
        ("Seen in 12.", "Seen in many.", ""),
    ],
)
def test_what_speaks_against_is_named(text: str, sentence: str, why: str) -> None:
    found = conflict(text, sentence)
    assert why in found
    assert bool(found) is bool(why)


def test_a_text_that_leaves_something_open_is_hedged() -> None:
    assert hedged("It may help.")
    assert not hedged("It helps.")


@pytest.mark.parametrize(
    ("scores", "least", "verdict", "confidence"),
    [
        ([0.6, 0.3, 0.1], 0.6, C, 0.6), ([0.1, 0.61, 0.29], 0.6, S, 0.61), ([0.1, 0.2, 0.7], 0.6, U, 0.7),
        ([0.4, 0.35, 0.25], 0.6, V, 0.4), ([0.59, 0.3, 0.11], 0.6, V, 0.59), ([0.4, 0.35, 0.25], 0.0, C, 0.4),
        ([0.0, 1.5, 0.0], 0.6, S, 1.0),
    ],
)  # fmt: skip
def test_the_most_probable_label_is_the_answer_where_it_is_probable_enough(
    scores: list[float], least: float, verdict: Verdict, confidence: float
) -> None:
    found = entailment._answer(np.array(scores), (C, S, U), least)
    assert (found.verdict, found.confidence) == (verdict, pytest.approx(confidence))


@pytest.mark.parametrize(
    ("labels", "verdicts"),
    [
        ({0: "CONTRADICTION", 1: "entailment", 2: "Neutral"}, (C, S, U)),
        ({2: "entailment", 0: "neutral", 1: "contradiction"}, (U, C, S)),
        ({0: "SUPPORTS", 1: "REFUTES", 2: "NOT ENOUGH INFO"}, (S, C, U)),
        ({0: "supported", 1: "refuted", 2: "not_enough_info"}, (S, C, U)),
    ],
)
def test_each_output_has_the_verdict_of_its_label(labels: dict[int, str], verdicts: tuple[Verdict, ...]) -> None:
    assert label_verdicts(labels) == verdicts


def test_a_model_that_tells_entailment_from_the_rest_alone_is_refused() -> None:
    with pytest.raises(WeightsInvalid, match="entailment"):
        label_verdicts({0: "entailment", 1: "not_entailment"})


@pytest.mark.parametrize("config", ["", "[]", "{}", '{"id2label": {}}', '{"id2label": {"a": "entailment"}}'])
def test_a_folder_whose_labels_cannot_be_read_is_refused(tmp_path: Path, config: str) -> None:
    (tmp_path / "config.json").write_text(config, encoding="utf-8")
    model = ClassifierEntailment(tmp_path)
    assert (model.name, model.decides) == (f"entailment {tmp_path.name}", True)
    with pytest.raises(WeightsInvalid):
        model.warm_up()


def test_a_classifier_is_loaded_once_and_answers_each_pair(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    loaded: list[Path] = []

    def load(folder: Path) -> tuple[entailment.Scorer, tuple[Verdict, ...]]:
        loaded.append(folder)
        return (lambda pairs: np.array([[0.9, 0.05, 0.05] if "a" in t else [0.1, 0.8, 0.1] for t, _ in pairs])), (
            C,
            S,
            U,
        )  # type: ignore[return-value]

    monkeypatch.setattr(entailment, "_load", load)
    model = ClassifierEntailment(tmp_path)
    assert asyncio.run(model.entail([])) == ()
    answers = asyncio.run(model.entail([("a", "x"), ("b", "x"), ("a", "y")]))
    assert [a.verdict for a in answers] == [C, S, C]
    assert loaded == [tmp_path]
