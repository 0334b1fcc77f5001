"""What the measuring commands share: every image counts, intervals are stated, the file holds what is printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from clinigraph.statistics import bootstrap_mean, wilson
from clinigraph.tools.segmentation.networks.ensemble import Ensemble
from clinigraph.tools.segmentation.networks.unet import UNetPlan
from clinigraph.tools.segmentation.training import measuring
from clinigraph.tools.segmentation.training.commands import halved

PLAN = UNetPlan(in_channels=1, out_channels=1, channels=(4, 8), norm="INSTANCE")


class Small(Ensemble):
    name = "us_fetal_head"


def test_each_run_is_measured_alone_on_what_was_kept_from_it(tmp_path: Path) -> None:
    plans = {"head": PLAN}
    for run in ("fold0", "fold1"):
        save_file(halved("head", PLAN.build()), tmp_path / f"{run}.safetensors")
    held = {"fold0": ["a", "b"], "fold1": ["c"]}
    seen = []
    for run, network, items in measuring.each_run(tuple(held), tmp_path, Small, plans, lambda run: held[run]):
        network.warm_up()
        seen.append((run, len(network._members("head")), list(items)))
    assert seen == [("fold0", 1, ["a", "b"]), ("fold1", 1, ["c"])]


def test_pictures_that_training_used_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "skin" / "images").mkdir(parents=True)
    for number in range(5):
        (tmp_path / "skin" / "images" / f"{number}.png").touch()
    found = measuring.unused_pictures(tmp_path, {"skin/images": 2}, 2)
    assert [path.name for path in found["skin"]] == ["2.png", "3.png"]
    assert measuring.unused_pictures(tmp_path, {"skin/images": 5, "none/images": 0}, 2) == {"skin": [], "none": []}


def test_the_set_that_no_run_sees_holds_pictures_only(tmp_path: Path) -> None:
    folder = tmp_path / "multi_biomedparse_demo" / "examples"
    folder.mkdir(parents=True)
    for name in ("b.png", "a.jpeg", "c.jpg", "note.txt"):
        (folder / name).touch()
    assert [path.name for path in measuring.other_kinds(tmp_path)] == ["a.jpeg", "b.png", "c.jpg"]


def test_groups_keep_the_order_in_which_they_come() -> None:
    rows = [("b", 1.0), ("a", 2.0), ("b", 3.0)]
    found = measuring.by_group(
        rows, lambda row: row[0], lambda group: {"mean": bootstrap_mean([value for _, value in group])}
    )
    assert [(name, group["mean"].value, group["mean"].count) for name, group in found.items()] == [
        ("b", 2.0, 2),
        ("a", 2.0, 1),
    ]


def test_errors_are_told_with_and_without_their_sign() -> None:
    found = measuring.error_estimates("size", [-1.0, 1.0], "mm")
    assert list(found) == ["size absolute error (mm)", "size bias (mm)"]
    assert [item.value for item in found.values()] == [1.0, 0.0]
    assert list(measuring.error_estimates("ratio", [0.0])) == ["ratio absolute error", "ratio bias"]


@pytest.mark.parametrize(
    ("low", "high", "margin", "inside"),
    [(0.4, 0.6, 0.0, True), (0.55, 0.6, 0.05, True), (0.3, 0.4, 0.05, False), (None, 0.6, 1.0, False)],
)
def test_an_interval_covers_with_its_margin_and_none_covers_nothing(
    low: float | None, high: float | None, margin: float, inside: bool
) -> None:
    assert measuring.covers(low, high, 0.5, margin) is inside


def test_a_confidence_at_the_limit_is_accepted() -> None:
    assert measuring.refusals({"skin": [0.1, 0.5, 0.9]}, 0.5) == {"skin": wilson(1, 3)}


def test_the_file_holds_what_is_printed_and_what_else_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = {"plain": {"Dice": bootstrap_mean([0.9, 0.8])}}
    measuring.report(tmp_path / "out.json", table, {"skin": wilson(3, 3)}, {"rows": [1, 2]})
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert list(found) == ["summary", "refused", "rows"]
    assert found["summary"]["plain"]["Dice"] == table["plain"]["Dice"].as_dict()
    assert capsys.readouterr().out.splitlines() == [
        "plain",
        f"    Dice: {table['plain']['Dice']}",
        "refused",
        f"    skin: {wilson(3, 3)}",
    ]


def test_every_command_reads_where_the_data_and_the_weights_are() -> None:
    threads = torch.get_num_threads()
    parser = measuring.parser("us_fetal_head", "pictures", ("fold0", "fold1"))
    options = measuring.read(parser, ["--data", "d", "--weights", "w", "--out", "o"], threads=threads)
    assert (options.data, options.weights, options.out) == (Path("d"), Path("w"), Path("o"))
    assert (options.runs, options.threads) == ("fold0,fold1", threads)
