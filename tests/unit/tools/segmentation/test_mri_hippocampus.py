"""The bundle `mri_hippocampus`: its training command, and the shipped bundle as a tool."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
import torch

from clinigraph.settings import Settings
from clinigraph.tools.registry import SHIPPED_BUNDLES, default_registry
from clinigraph.tools.segmentation.bundle_card import BUNDLES
from clinigraph.tools.segmentation.bundle_reading import read_bundle
from clinigraph.tools.segmentation.monai_bundle import MonaiBundleSegmenter
from clinigraph.tools.segmentation.training import mri_hippocampus
from clinigraph.tools.segmentation.training.mri_hippocampus_data import WINDOW, augmented, read_crops, stack

SHIPPED = BUNDLES / "mri_hippocampus"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for number in range(5):
        labels = np.zeros((30, 40, 28), dtype=np.uint8)
        labels[10:20, 8:20, 10:18], labels[10:20, 20:32, 10:18] = 1, 2
        image = (labels > 0) * 300 + rng.normal(500, 20, labels.shape)
        affine = np.diag([-1.0, 1.0, 1.0, 1.0])
        for folder, array in (("images", image.astype(np.int16)), ("masks", labels)):
            nibabel.save(nibabel.Nifti1Image(array, affine), tmp_path / folder / f"h{number}.nii.gz")
    return tmp_path


def test_crops_are_turned_and_padded_together(data: Path) -> None:
    crops = read_crops(data)
    assert [crop.fold for crop in crops] == [0, 1, 2, 3, 0]
    images, labels = stack(crops)
    assert tuple(images.shape) == (5, 1, *WINDOW)
    assert float(images[:, 0][labels > 0].mean()) > 1
    assert int((labels == 1).sum()) == 5 * 10 * 12 * 8


def test_augmentation_keeps_labels_on_what_they_name(data: Path) -> None:
    images, labels = stack(read_crops(data))
    first = augmented(images, labels, torch.Generator().manual_seed(3))
    again = augmented(images, labels, torch.Generator().manual_seed(3))
    assert torch.equal(first[0], again[0])
    moved = first[1]
    inside, outside = first[0][:, 0][moved > 0].mean(), first[0][:, 0][moved == 0].mean()
    assert float(inside - outside) > 1
    assert not torch.equal(moved, labels)


def test_the_command_writes_a_bundle_that_is_a_tool(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    mri_hippocampus.main(["--data", str(data), "--out", str(out), "--steps", "12", "--batch", "1"])
    bundle = read_bundle(out)
    assert bundle.axcodes == "RAS"
    assert bundle.spacing_mm == (1.0, 1.0, 1.0)
    assert [label for _, label in bundle.labels] == ["anterior_hippocampus", "posterior_hippocampus"]
    metadata = json.loads((out / "configs" / "metadata.json").read_text())
    assert metadata["split"]["held_out"] == ["h0.nii.gz", "h4.nii.gz"]
    tool = MonaiBundleSegmenter(out, device="cpu")
    tool.warm_up()
    assert tool.spec.weights_sha256 == metadata["sha256"]


def test_the_shipped_bundle_needs_no_trust_and_is_listed() -> None:
    assert "mri_hippocampus" in SHIPPED_BUNDLES
    tool = MonaiBundleSegmenter(SHIPPED)
    assert tool.unavailable() == ""
    assert tool.spec.licence == "CC BY-SA 4.0"
    assert (SHIPPED / "models" / "model.safetensors").stat().st_size < 2**20
    assert "mri_hippocampus" in default_registry(Settings()).available()


def crop_of_the_shared_data() -> Path:
    folder = Path(__file__).resolve().parents[5] / "shared" / "data" / "mri_hippocampus_quarter"
    if not folder.is_dir():
        pytest.skip("no shared data")
    held_out = json.loads((SHIPPED / "configs" / "metadata.json").read_text())["split"]["held_out"]
    return folder / "images" / held_out[1]


def outlined(path: Path, store: Path) -> np.ndarray:
    """Labels on the axes of the file: first axis of the file first."""
    from clinigraph.artifacts import ArtifactStore
    from clinigraph.intake import read_case
    from clinigraph.models.codes import Modality
    from clinigraph.models.tooling import ImageValue, LabelMapValue, ToolCall
    from clinigraph.tools.contract import ToolContext

    artifacts = ArtifactStore(store)
    case = read_case([path], artifacts=artifacts, settings=Settings())
    image = next(iter(case.images)).replace(modality=Modality.MR)
    call = ToolCall(step_id="s", tool="mri_hippocampus", inputs={"image": ImageValue(value=image)})
    masks = MonaiBundleSegmenter(SHIPPED, device="cpu").run(call, ToolContext(artifacts=artifacts)).outputs["masks"]
    assert isinstance(masks, LabelMapValue)
    front, back = artifacts.get(masks.value.artifact_id)
    return (front * 1 + back * 2).astype(np.uint8).transpose(2, 1, 0)


@pytest.mark.data
def test_a_file_in_another_orientation_gets_the_same_labels(tmp_path: Path) -> None:
    path = crop_of_the_shared_data()
    truth = np.asarray(nibabel.load(path.parent.parent / "masks" / path.name).dataobj)
    plain = outlined(path, tmp_path / "a")
    assert 2 * ((plain > 0) & (truth > 0)).sum() / ((plain > 0).sum() + (truth > 0).sum()) > 0.6
    for codes in ("PIR", "LSA"):
        image = nibabel.load(path)
        ornt = nibabel.orientations
        turn = ornt.ornt_transform(ornt.io_orientation(image.affine), ornt.axcodes2ornt(codes))
        turned = tmp_path / f"{codes}.nii.gz"
        nibabel.save(image.as_reoriented(turn), turned)
        back = ornt.ornt_transform(ornt.axcodes2ornt(codes), ornt.io_orientation(image.affine))
        labels = nibabel.Nifti1Image(outlined(turned, tmp_path / codes), nibabel.load(turned).affine)
        assert (np.asarray(labels.as_reoriented(back).dataobj) != plain).mean() < 1e-3
