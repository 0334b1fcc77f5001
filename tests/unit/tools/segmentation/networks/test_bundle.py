"""Reading and refusing bundles."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from clinigraph.tools.segmentation.networks.bundle import BUNDLES, Bundle, BundleError
from clinigraph.tools.segmentation.networks.unet import UNetPlan
from clinigraph.tools.segmentation.training.bundle_files import write_bundle

PLAN = UNetPlan(in_channels=2, out_channels=1, channels=(4, 8), norm="INSTANCE")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    weights = {f"chest.{key}": value.clone() for key, value in PLAN.build().state_dict().items()}
    save_file(weights, tmp_path / "run.safetensors")
    write_bundle(tmp_path, [tmp_path / "run.safetensors"] * 2, {"chest": PLAN}, {"version": "1.2.3"})
    return tmp_path


def test_a_written_bundle_loads(folder: Path) -> None:
    bundle = Bundle.read(folder)
    assert bundle.version == "1.2.3"
    first, second = bundle.load(torch.device("cpu"))["chest"]
    image = torch.zeros(1, 2, 16, 16)
    assert torch.equal(first(image), second(image))


def test_changed_weights_are_refused(folder: Path) -> None:
    path = folder / "models" / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(BundleError, match="sha256"):
        Bundle.read(folder).load(torch.device("cpu"))


def test_missing_weights_are_refused(folder: Path) -> None:
    (folder / "models" / "model.safetensors").unlink()
    with pytest.raises(BundleError, match="no weights"):
        Bundle.read(folder).load(torch.device("cpu"))


def test_a_folder_without_metadata_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"metadata\.json"):
        Bundle.read(tmp_path)


@pytest.mark.parametrize("name", ["fundus_disc_cup", "cxr_lungs_heart", "us_fetal_head"])
def test_shipped_bundles_are_whole(name: str) -> None:
    bundle = Bundle.read(BUNDLES / name)
    networks = bundle.load(torch.device("cpu"))
    assert {role: len(members) for role, members in networks.items()} == bundle.members
    assert (BUNDLES / name / "models" / "model.safetensors").stat().st_size <= 5 * 2**20
    assert (BUNDLES / name / "README.md").is_file()
