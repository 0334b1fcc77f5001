"""Networks that are loaded once from a bundle."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from clinigraph.tools.segmentation.networks.bundle import BundleError
from clinigraph.tools.segmentation.networks.ensemble import Ensemble
from clinigraph.tools.segmentation.networks.unet import UNetPlan
from clinigraph.tools.segmentation.training.bundle_files import write_bundle

PLAN = UNetPlan(in_channels=1, out_channels=1, channels=(4, 8), norm="INSTANCE")


class Named(Ensemble):
    name = "us_fetal_head"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    weights = {f"head.{key}": value.clone() for key, value in PLAN.build().state_dict().items()}
    save_file(weights, tmp_path / "run.safetensors")
    write_bundle(tmp_path, [tmp_path / "run.safetensors"] * 2, {"head": PLAN}, {"version": "1.2.3"})
    return tmp_path


def test_it_reads_the_bundle_of_its_name_unless_another_is_given(folder: Path) -> None:
    assert Named(folder).version == "1.2.3"
    assert Named().version != "1.2.3"
    assert len(Named(folder).sha256) == 64


def test_members_are_there_after_warming_up_only(folder: Path) -> None:
    network = Named(folder)
    with pytest.raises(BundleError, match="not warmed up"):
        network._members("head")
    network.warm_up()
    assert len(network._members("head")) == 2


def test_a_second_warm_up_loads_nothing(folder: Path) -> None:
    network = Named(folder)
    network.warm_up()
    before = network._members("head")
    (folder / "models" / "model.safetensors").unlink()
    network.warm_up()
    assert network._members("head") is before
