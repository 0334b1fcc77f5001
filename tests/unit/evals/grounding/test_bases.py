"""True reports that corruptions start from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from clinigraph.evals.contract import EvalContext
from clinigraph.evals.grounding import bases
from clinigraph.evals.grounding.bases import EYES, base_names, load_base
from clinigraph.testing.doubles import FakeLibrary


@pytest.fixture
def context(tmp_path: Path) -> EvalContext:
    folder = tmp_path / "fundus_drishti_train" / "images"
    folder.mkdir(parents=True)
    for number in range(3 * EYES):
        (folder / f"dris{number:02}.jpg").write_bytes(b"")
    return EvalContext(data=tmp_path, work=tmp_path)


def test_the_usual_seed_takes_the_first_pictures_and_another_seed_none_of_them(context: EvalContext) -> None:
    usual, other = base_names(context), base_names(replace(context, seed=7))
    assert [n for n in usual if n.startswith("dris")] == [f"dris{i:02}.jpg" for i in range(EYES)]
    assert set(usual) & set(other) == {"retina"}
    assert len(usual) == len(other)
    assert other == base_names(replace(context, seed=7))


def test_another_seed_makes_other_values(context: EvalContext) -> None:
    one, other = load_base("world-3", context), load_base("world-3-7", context)
    assert one.name != other.name
    assert {m.value for m in one.report.measurements}.isdisjoint({m.value for m in other.report.measurements})


def test_a_report_that_was_kept_is_made_anew_once_its_passages_changed(
    context: EvalContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []
    true = load_base("world-1", context)
    monkeypatch.setattr(bases, "_run", lambda path, settings, facts: runs.append(path.name) or true.report)
    monkeypatch.setattr(bases, "SessionLibrary", lambda settings: true.library)
    bases._real.cache_clear()
    for cites, made in ((True, 1), (True, 1), (False, 2)):
        monkeypatch.setattr(bases, "_cites", lambda report, library, cites=cites: cites)
        load_base("dris01.jpg", context)
        bases._real.cache_clear()
        assert len(runs) == made
    monkeypatch.undo()
    assert bases._cites(true.report, true.library)
    assert not bases._cites(true.report, FakeLibrary([], {}))
