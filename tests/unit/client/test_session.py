"""A session shares what is slow to make, and keeps its runs where it is told to."""

from __future__ import annotations

from pathlib import Path

from clinigraph.client.options import RunOptions
from clinigraph.testing.world import World


async def test_a_session_kept_elsewhere_shares_everything_but_its_folder(tmp_path: Path) -> None:
    world = World(tmp_path / "world")
    first = world.session()
    second = first.kept_in(tmp_path / "other")
    assert second.tools is first.tools
    assert second.roles is first.roles
    assert second.validator is first.validator
    await world.run(RunOptions(), second)
    assert list((tmp_path / "other" / "runs").glob("*/checkpoints.sqlite"))
    assert not (tmp_path / "world" / "state").exists()


async def test_results_are_stored_for_the_next_run_only_where_runs_are_kept(tmp_path: Path) -> None:
    world = World(tmp_path / "world")
    kept = world.session().kept_in(tmp_path / "other")
    await world.run(RunOptions(), kept)
    await world.run(RunOptions(approve=False, sign_off=False, resume=False), kept)
    assert len(world.tools["segment"].calls) == 1
    await world.run(RunOptions(resume=False))
    assert len(world.tools["segment"].calls) == 2
