"""Plots show every weighing indicator and the interval of every number."""

from __future__ import annotations

import asyncio

import pytest

from clinigraph.client.report import Report
from clinigraph.testing.world import World
from clinigraph.ui.plots import contributions, intervals


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return asyncio.run(World(tmp_path_factory.mktemp("world")).report())


def test_contributions_name_each_weighing_indicator_with_its_outcome_in_words(report: Report) -> None:
    axes = contributions(report).axes[0]
    assert {t.get_text() for t in axes.get_yticklabels()} == {r.name for r in report.indicators if r.weight > 0}
    assert {"met", "not assessed"} <= {t.get_text() for t in axes.texts}


def test_intervals_are_drawn_in_units_of_the_threshold(report: Report) -> None:
    axes = intervals(report).axes[0]
    row = next(r for r in report.indicators if r.id == "size")
    assert row.interval is not None
    ends = [list(line.get_xdata()) for line in axes.lines]
    assert [pytest.approx(row.interval.low / 0.7), pytest.approx(row.interval.high / 0.7)] in ends
