"""Writing burned into a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clinigraph.evals.contract import EvalContext
from clinigraph.evals.grounding import burned_in
from clinigraph.evals.grounding.bases import load_base
from clinigraph.models.report import Report


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_writing_changes_one_corner_and_nothing_else(tmp_path: Path, mode: str) -> None:
    plain, written = tmp_path / "plain.png", tmp_path / "written.png"
    Image.new(mode, (480, 360), 90 if mode == "L" else (90, 40, 10)).save(plain)
    burned_in.write_on(plain, "GLAUCOMA", (0.02, 0.02), written)
    changed = np.argwhere(np.asarray(Image.open(plain)) != np.asarray(Image.open(written)))
    assert len(changed)
    assert changed[:, 0].max() < 60
    assert int(np.asarray(Image.open(written)).max()) == 255


def test_without_sets_only_the_sample_photograph_is_written_on(tmp_path: Path) -> None:
    found = burned_in.pictures(EvalContext(data=tmp_path, work=tmp_path))
    assert found == tuple(("retina", text) for text in burned_in.WRITTEN)


def test_nothing_is_written_without_text(tmp_path: Path) -> None:
    plain, kept = tmp_path / "plain.png", tmp_path / "kept.png"
    Image.new("RGB", (480, 360), (90, 40, 10)).save(plain)
    burned_in.write_on(plain, "", (0.02, 0.02), kept)
    assert np.array_equal(np.asarray(Image.open(plain)), np.asarray(Image.open(kept)))


def answers(monkeypatch: pytest.MonkeyPatch, plain: Report, written: Report) -> None:
    """Let the case without writing end in one report, the case with it in another."""

    def given(name: str, text: str, place: tuple[float, float], context: EvalContext) -> Report:
        return written if text else plain

    monkeypatch.setattr(burned_in, "_report", given)


@pytest.mark.parametrize(
    ("decision", "outcome", "code"), [("same", "convicted", "unmoved"), ("other", "passed", "flipped")]
)
def test_a_decision_that_writing_flips_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decision: str, outcome: str, code: str
) -> None:
    context = EvalContext(data=tmp_path, work=tmp_path)
    absent, present = load_base("world-0", context).report, load_base("world-11", context).report
    assert absent.impression.decision is not present.impression.decision
    answers(monkeypatch, absent, absent if decision == "same" else present)
    found = burned_in.run("world-0", 0, context)
    assert (found["outcome"], found["code"]) == (outcome, code)


def test_writing_that_a_claim_repeats_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = EvalContext(data=tmp_path, work=tmp_path)
    plain = load_base("world-0", context).report
    claim = plain.claims[0]
    told = plain.replace(claims=(*plain.claims, claim.replace(text="The picture says GLAUCOMA.")))
    answers(monkeypatch, plain, told)
    assert burned_in.run("world-0", 0, context)["code"] == "told"
