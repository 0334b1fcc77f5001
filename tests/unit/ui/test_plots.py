"""Plots show every weighing indicator and the interval of every number."""

from __future__ import annotations

import asyncio

import pytest

from clinigraph.client.report import Report
from clinigraph.models.evidence import ImageNode, MeasurementNode
from clinigraph.models.imaging import ImageRole
from clinigraph.testing.world import World
from clinigraph.ui.plots import (
    DARK,
    LIGHT,
    contributions,
    contributions_in_words,
    intervals,
    intervals_in_words,
    trend_plot,
    trends_in_words,
)
from clinigraph.ui.trends import trends


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


def test_every_plot_is_said_in_words(report: Report) -> None:
    said = contributions_in_words(report)
    assert all(r.name in said for r in report.indicators if r.weight > 0)
    assert "Size of the thing: 0.90, 0.88 to 0.92, threshold 0.70" in intervals_in_words(report)


def test_dark_and_light_differ_in_ink_alone(report: Report) -> None:
    light, dark = contributions(report, LIGHT).axes[0], contributions(report, DARK).axes[0]
    assert [t.get_text() for t in light.texts] == [t.get_text() for t in dark.texts]
    assert light.texts[0].get_color() != dark.texts[0].get_color()


def test_a_report_with_one_value_of_each_number_has_no_trend(report: Report) -> None:
    assert trends(report) == ()
    assert trends(report, [("run 1", report)]) == ()


def with_prior(report: Report, value: float) -> Report:
    """Return a report whose measurement was also made on a prior image."""
    graph = report.evidence_graph
    image = next(n for n in graph.nodes if isinstance(n, ImageNode))
    then = image.value.replace(id="img-prior", role=ImageRole.PRIOR)
    size = next(n for n in graph.nodes if isinstance(n, MeasurementNode))
    now = size.value.replace(image_id=image.value.id)
    before = now.replace(id="measurement-prior", value=value, interval=None, image_id=then.id)
    nodes = [n.replace(value=now) if n.id == size.id else n for n in graph.nodes]
    added = (ImageNode(id="image-prior", value=then), MeasurementNode(id="measurement-prior", value=before))
    return report.replace(evidence_graph=graph.replace(nodes=(*nodes, *added)))


def test_a_number_measured_on_prior_and_current_image_is_a_trend(report: Report) -> None:
    (trend,) = trends(with_prior(report, 0.8))
    assert [(p.when, p.value) for p in trend.points] == [("prior image", 0.8), ("current image", 0.9)]
    axes = trend_plot([trend]).axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["prior image", "current image"]
    assert "prior image 0.80, current image 0.90" in trends_in_words([trend])


def test_a_number_that_changed_between_runs_is_a_trend_with_its_threshold(report: Report) -> None:
    rows = tuple(r.replace(value=0.5) if r.id == "size" else r for r in report.indicators)
    (trend,) = trends(report, [("run 1", report.replace(indicators=rows))])
    assert [(p.when, p.value) for p in trend.points] == [("run 1", 0.5), ("this run", 0.9)]
    assert trend.threshold == 0.7
