"""Many cases against one model: none is lost, each report is its own case's, tokens are counted case by case."""

from __future__ import annotations

from pathlib import Path

from clinigraph.evals.bench.parallel import glaucoma_tokens, many_cases


async def test_cases_side_by_side_keep_their_place(tmp_path: Path) -> None:
    came, kept, _ = await many_cases(tmp_path, count=8)
    assert (came, kept) == (8, 8)


async def test_the_glaucoma_case_stays_within_its_tokens(tmp_path: Path) -> None:
    tokens = await glaucoma_tokens(tmp_path)
    assert {"reader.prompt", "rollout.prompt", "specialist.prompt", "attending.prompt"} <= tokens.keys()
    assert 0 < tokens["prompt"] <= 6000
    assert tokens["prompt"] == sum(v for k, v in tokens.items() if k.endswith(".prompt"))
