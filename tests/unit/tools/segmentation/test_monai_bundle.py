"""Bundle directories as tools: metadata believed, grids kept, foreign code refused."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import ToolFailure, WeightsInvalid
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Image, ImageFormat, ImageGeometry, SpacingSource
from clinigraph.models.tooling import ImageValue, LabelMapValue, ToolCall
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.segmentation.bundle_reading import read_bundle
from clinigraph.tools.segmentation.monai_bundle import MonaiBundleSegmenter

UNET = {
    "_target_": "UNet",
    "spatial_dims": 3,
    "in_channels": 1,
    "out_channels": 2,
    "channels": [4, 8],
    "strides": [2],
}


class Threshold(nn.Module):
    """Class 1 where the input is above one half."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.tensor(0.5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.bias - x, x - self.bias], dim=1)


class FirstHalf(nn.Module):
    """Class 1 in the first half of the network's first axis, whatever the input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n = 24
        ramp = (torch.arange(n, dtype=torch.float32) - (n - 1) / 2).reshape(1, 1, n, 1, 1) + 0 * x
        return torch.cat([ramp, -ramp], dim=1)


def write(
    folder: Path,
    net: nn.Module | None = None,
    *,
    axcodes: str = "RAS",
    pixdim: list[float] | None = None,
    network: dict[str, object] | None = None,
    transforms: list[dict[str, object]] | None = None,
    roi: list[int] | None = None,
) -> Path:
    (folder / "configs").mkdir(parents=True)
    (folder / "models").mkdir()
    meta = {
        "name": "Toy bundle",
        "version": "0.1.0",
        "license": "Apache-2.0",
        "network_data_format": {
            "inputs": {"image": {"modality": "CT", "num_channels": 1, "spatial_shape": roi or [24, 24, 24]}},
            "outputs": {"pred": {"channel_def": {"0": "background", "1": "Bright Thing"}}},
        },
    }
    steps = [{"_target_": "LoadImaged"}, {"_target_": "Orientationd", "axcodes": axcodes}]
    if pixdim:
        steps.append({"_target_": "Spacingd", "pixdim": pixdim})
    inference = {"preprocessing": {"transforms": transforms or steps}, "network_def": network or UNET}
    (folder / "configs" / "metadata.json").write_text(json.dumps(meta))
    (folder / "configs" / "inference.json").write_text(json.dumps(inference))
    if net is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            script = torch.jit.trace(net, torch.rand(1, 1, *(roi or [24, 24, 24])))
            torch.jit.save(script, str(folder / "models" / "model.ts"))
    return folder


def volume(store: ArtifactStore, pixels: np.ndarray, **geometry: object) -> Image:
    base = {
        "shape": pixels.shape,
        "spacing_mm": (2.0, 1.0, 1.0),
        "spacing_source": SpacingSource.NIFTI_HEADER,
        "direction": (0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0),
    }
    return Image(
        id="v",
        artifact_id=store.put(pixels),
        geometry=ImageGeometry.model_validate(base | geometry),
        format=ImageFormat.NIFTI,
        modality=Modality.CT,
    )


def run(tool: MonaiBundleSegmenter, image: Image, store: ArtifactStore) -> np.ndarray:
    call = ToolCall(step_id="s", tool=tool.spec.name, inputs={"image": ImageValue(value=image)})
    masks = tool.run(call, ToolContext(artifacts=store)).outputs["masks"]
    assert isinstance(masks, LabelMapValue)
    assert masks.value.geometry == image.geometry
    return store.get(masks.value.artifact_id)[0]


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "store")


def blob(shape: tuple[int, ...]) -> np.ndarray:
    grid = np.stack(np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij"))
    offset = np.array([0.3, -0.2, 0.1]).reshape(3, 1, 1, 1)
    return (1.0 - np.linalg.norm(grid - offset, axis=0)).astype(np.float32)


class TestRunning:
    @pytest.mark.parametrize("axcodes", ["RAS", "LPS", "SPL"])
    def test_mask_lies_where_the_bright_thing_is_in_any_orientation(
        self, tmp_path: Path, store: ArtifactStore, axcodes: str
    ) -> None:
        tool = MonaiBundleSegmenter(write(tmp_path / "b", Threshold(), axcodes=axcodes), device="cpu", trusted=True)
        pixels = blob((12, 30, 26))
        assert (run(tool, volume(store, pixels), store) == (pixels > 0.5)).all()

    def test_resampling_there_and_back_keeps_the_place(self, tmp_path: Path, store: ArtifactStore) -> None:
        tool = MonaiBundleSegmenter(
            write(tmp_path / "b", Threshold(), pixdim=[1.5, 1.5, 1.5]), device="cpu", trusted=True
        )
        pixels = blob((16, 40, 40))
        found, wanted = run(tool, volume(store, pixels), store), pixels > 0.5
        assert 2 * (found & wanted).sum() / (found.sum() + wanted.sum()) > 0.95

    @pytest.mark.parametrize(("axcodes", "first_slices"), [("SAR", False), ("IAR", True)])
    def test_axis_codes_name_the_positive_end(
        self, tmp_path: Path, store: ArtifactStore, axcodes: str, first_slices: bool
    ) -> None:
        tool = MonaiBundleSegmenter(write(tmp_path / "b", FirstHalf(), axcodes=axcodes), device="cpu", trusted=True)
        image = volume(store, blob((24, 24, 24)), direction=(0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0))
        mask = run(tool, image, store)
        assert mask[:12].all() != first_slices
        assert mask[12:].all() == first_slices

    def test_one_slice_volume_works(self, tmp_path: Path, store: ArtifactStore) -> None:
        tool = MonaiBundleSegmenter(write(tmp_path / "b", Threshold()), device="cpu", trusted=True)
        pixels = blob((3, 30, 26))[1:2]
        assert (run(tool, volume(store, pixels), store) == (pixels > 0.5)).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"direction": None}, "how the volume lies"),
        ({"direction": (1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)}, "do not span"),
        ({"spacing_mm": None}, "millimetres"),
    ],
)
def test_what_the_bundle_needs_and_the_image_lacks_is_named(
    tmp_path: Path, store: ArtifactStore, change: dict[str, object], words: str
) -> None:
    folder = write(tmp_path / "b", pixdim=[1.0, 1.0, 1.0])
    network = _unet_weights(folder)
    assert network is not None
    tool = MonaiBundleSegmenter(folder, device="cpu")
    with pytest.raises(ToolFailure, match=words):
        run(tool, volume(store, blob((8, 8, 8)), **change), store)


def _unet_weights(folder: Path) -> nn.Module:
    from monai.networks.nets import UNet

    arguments = {k: v for k, v in UNET.items() if k != "_target_"}
    network = UNet(**arguments)
    save_file(network.state_dict(), folder / "models" / "model.safetensors")
    return network


def test_safetensors_with_a_plain_network_run_without_trust(tmp_path: Path, store: ArtifactStore) -> None:
    folder = write(tmp_path / "b")
    _unet_weights(folder)
    tool = MonaiBundleSegmenter(folder, device="cpu")
    assert tool.unavailable() == ""
    assert run(tool, volume(store, blob((10, 12, 14))), store).shape == (10, 12, 14)


@pytest.mark.parametrize(
    "network",
    [
        {"_target_": "scripts.my_network.Net"},
        {"_target_": "UNet", "spatial_dims": "$2 + 1"},
        {"_target_": "os.system", "command": "true"},
        {},
    ],
)
def test_a_network_that_needs_code_is_refused(tmp_path: Path, network: dict[str, object]) -> None:
    folder = write(tmp_path / "b", network=network or {"note": "none"})
    _unet_weights(folder)
    tool = MonaiBundleSegmenter(folder)
    assert "trust it explicitly" in tool.unavailable()
    with pytest.raises(ToolFailure, match="refused"):
        tool.warm_up()


def test_unknown_preprocessing_is_refused_by_name(tmp_path: Path) -> None:
    folder = write(tmp_path / "b", transforms=[{"_target_": "scripts.Odd"}])
    _unet_weights(folder)
    assert "Odd" in MonaiBundleSegmenter(folder).unavailable()


def test_other_weights_than_expected_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "b")
    _unet_weights(folder)
    with pytest.raises(WeightsInvalid, match="not the expected file"):
        MonaiBundleSegmenter(folder, sha256="0" * 64).warm_up()


def test_pickled_objects_are_not_loaded(tmp_path: Path) -> None:
    folder = write(tmp_path / "b")
    torch.save({"harmless": Path("x")}, folder / "models" / "model.pt")
    with pytest.raises(WeightsInvalid, match="do not fit"):
        MonaiBundleSegmenter(folder).warm_up()


def test_a_flat_picture_for_a_volume_bundle_is_refused(tmp_path: Path, store: ArtifactStore) -> None:
    folder = write(tmp_path / "b")
    _unet_weights(folder)
    pixels = np.zeros((8, 8), dtype=np.float32)
    image = Image(id="p", artifact_id=store.put(pixels), geometry=ImageGeometry(shape=(8, 8)), format=ImageFormat.PNG)
    with pytest.raises(ToolFailure, match="3-D"):
        run(MonaiBundleSegmenter(folder), image, store)


def test_metadata_becomes_the_spec(tmp_path: Path) -> None:
    spec = MonaiBundleSegmenter(write(tmp_path / "b")).spec
    assert (spec.name, spec.version, spec.licence) == ("toy_bundle", "0.1.0", "Apache-2.0")
    assert spec.modalities == (Modality.CT,)
    assert spec.outputs["masks"].labels == ("bright_thing",)


def test_a_folder_that_is_no_bundle_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ToolFailure, match=r"metadata\.json"):
        read_bundle(tmp_path)
    assert "metadata.json" in MonaiBundleSegmenter(tmp_path).unavailable()


def test_torchscript_is_a_program_and_needs_trust(tmp_path: Path, store: ArtifactStore) -> None:
    folder = write(tmp_path / "b", Threshold())
    tool = MonaiBundleSegmenter(folder, device="cpu")
    assert "TorchScript" in tool.unavailable()
    with pytest.raises(ToolFailure, match="TorchScript"):
        run(tool, volume(store, blob((8, 8, 8))), store)
    assert MonaiBundleSegmenter(folder, trusted=True).unavailable() == ""


def test_tensors_are_preferred_to_a_program(tmp_path: Path) -> None:
    folder = write(tmp_path / "b", Threshold())
    _unet_weights(folder)
    assert MonaiBundleSegmenter(folder).unavailable() == ""


def test_trust_does_not_skip_preprocessing_that_is_unknown(tmp_path: Path) -> None:
    folder = write(tmp_path / "b", transforms=[{"_target_": "scripts.Odd"}])
    _unet_weights(folder)
    assert "Odd" in MonaiBundleSegmenter(folder, trusted=True).unavailable()


def test_references_to_literals_are_followed_and_expressions_are_not(tmp_path: Path) -> None:
    steps = [{"_target_": "Spacingd", "keys": "@key", "pixdim": "@size"}]
    folder = write(tmp_path / "b", transforms=steps)
    path = folder / "configs" / "inference.json"
    recipe = json.loads(path.read_text())
    path.write_text(json.dumps(recipe | {"key": "image", "size": [1.0, 2.0, 3.0]}))
    assert read_bundle(folder).spacing_mm == (1.0, 2.0, 3.0)
    path.write_text(json.dumps(recipe | {"key": "image", "size": "$[1] * 3"}))
    assert read_bundle(folder).unknown_steps == ("Spacingd with an expression",)


def test_the_digest_in_the_metadata_is_checked(tmp_path: Path) -> None:
    folder = write(tmp_path / "b")
    _unet_weights(folder)
    path = folder / "configs" / "metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sha256": "1" * 64}))
    tool = MonaiBundleSegmenter(folder)
    assert tool.spec.weights_sha256 == "1" * 64
    with pytest.raises(WeightsInvalid, match="not the expected file"):
        tool.warm_up()


def test_a_thin_volume_is_outlined_with_a_warning(tmp_path: Path, store: ArtifactStore) -> None:
    tool = MonaiBundleSegmenter(write(tmp_path / "b", Threshold()), device="cpu", trusted=True)
    image = volume(store, blob((3, 30, 26))[1:2])
    call = ToolCall(step_id="s", tool=tool.spec.name, inputs={"image": ImageValue(value=image)})
    masks = tool.run(call, ToolContext(artifacts=store)).outputs["masks"]
    assert isinstance(masks, LabelMapValue)
    assert "1 of the 24 planes" in str(masks.value.segments[0].reason)


def test_a_volume_that_would_grow_beyond_memory_is_refused(tmp_path: Path, store: ArtifactStore) -> None:
    folder = write(tmp_path / "b", pixdim=[0.01, 0.01, 0.01])
    _unet_weights(folder)
    with pytest.raises(ToolFailure, match="million voxels"):
        run(MonaiBundleSegmenter(folder, device="cpu"), volume(store, blob((8, 8, 8))), store)


def test_an_oblique_volume_is_turned_to_the_nearest_axes(tmp_path: Path, store: ArtifactStore) -> None:
    tool = MonaiBundleSegmenter(write(tmp_path / "b", FirstHalf(), axcodes="SAR"), device="cpu", trusted=True)
    turn = np.deg2rad(20)
    axes = np.array([[0, 0, 1], [np.sin(turn), np.cos(turn), 0], [np.cos(turn), -np.sin(turn), 0]], dtype=float)
    mask = run(tool, volume(store, blob((24, 24, 24)), direction=tuple(axes.ravel())), store)
    assert mask[12:].all() != mask[:12].all()
    assert mask[:12].mean() in (0.0, 1.0)
