"""True reports that corruptions start from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from clinigraph.evals.contract import EvalContext
from clinigraph.evals.grounding.bases import EYES, base_names, load_base


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
