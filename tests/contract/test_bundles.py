"""MONAI bundles and promptable segmenters run through the conformance suite."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from clinigraph.artifacts import ArtifactStore
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Box, Image, ImageFormat, ImageGeometry, Point, SpacingSource
from clinigraph.models.tooling import BoxValue, ImageValue, PointsValue, ToolCall
from clinigraph.testing.tool_suite import ToolSuite
from clinigraph.tools.contract import Tool
from clinigraph.tools.segmentation.bundle_card import BUNDLES
from clinigraph.tools.segmentation.medsam import MedSamLite
from clinigraph.tools.segmentation.medsam_tool import MedSamLiteSegmenter
from clinigraph.tools.segmentation.monai_bundle import MonaiBundleSegmenter

HIPPOCAMPUS = BUNDLES / "mri_hippocampus"


def volume(store: ArtifactStore, pixels: np.ndarray, modality: Modality) -> Image:
    """An anisotropic, oblique volume: slices 2 mm apart, turned by 20 degrees."""
    turn = np.deg2rad(20)
    axes = np.array([[0, -np.sin(turn), np.cos(turn)], [0, np.cos(turn), np.sin(turn)], [1, 0, 0]])
    return Image(
        id="volume",
        artifact_id=store.put(pixels),
        geometry=ImageGeometry(
            shape=pixels.shape,
            spacing_mm=(2.0, 1.0, 1.0),
            spacing_source=SpacingSource.NIFTI_HEADER,
            direction=tuple(float(v) for v in axes.ravel()),
        ),
        format=ImageFormat.NIFTI,
        modality=modality,
    )


@cache
def toy_bundle() -> Path:
    """A bundle whose one convolution marks what is brighter than one half."""
    import torch
    from monai.networks.nets import UNet
    from safetensors.torch import save_file

    folder = Path(tempfile.mkdtemp(prefix="clinigraph-bundle-"))
    network = {
        "spatial_dims": 3,
        "in_channels": 1,
        "out_channels": 1,
        "channels": [2, 2],
        "strides": [1],
        "norm": "batch",
    }
    image = {"modality": "CT", "num_channels": 1, "spatial_shape": [16, 16, 16]}
    prediction = {"channel_def": {"0": "bright thing"}}
    layout = {"inputs": {"image": image}, "outputs": {"pred": prediction}}
    steps = [{"_target_": "Orientationd", "axcodes": "RAS"}, {"_target_": "Spacingd", "pixdim": [1.0, 1.0, 1.0]}]
    for part in ("configs", "models"):
        (folder / part).mkdir()
    (folder / "configs" / "metadata.json").write_text(json.dumps({"name": "toy", "network_data_format": layout}))
    recipe = {"network_def": {"_target_": "UNet", **network}, "preprocessing": {"transforms": steps}}
    (folder / "configs" / "inference.json").write_text(json.dumps(recipe))
    torch.manual_seed(0)
    made = UNet(**network)
    state = {key: torch.zeros_like(value) for key, value in made.state_dict().items()}
    bias = [key for key in state if key.endswith("bias")][-1]
    state[bias] = torch.full_like(state[bias], 1.0)
    save_file(state, folder / "models" / "model.safetensors")
    return folder


class TestAnyBundle(ToolSuite):
    def make_tool(self) -> Tool:
        return MonaiBundleSegmenter(toy_bundle(), device="cpu")

    def example(self, store: ArtifactStore) -> ToolCall:
        pixels = np.random.default_rng(0).normal(size=(9, 20, 17)).astype(np.float32)
        inputs = {"image": ImageValue(value=volume(store, pixels, Modality.CT))}
        return ToolCall(step_id="s", tool="toy", inputs=inputs)


class TestHippocampus(ToolSuite):
    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        reason = MonaiBundleSegmenter(HIPPOCAMPUS).unavailable()
        if reason:
            pytest.skip(reason)

    def make_tool(self) -> Tool:
        return MonaiBundleSegmenter(HIPPOCAMPUS, device="cpu")

    def example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, drawn_hippocampus())

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, np.full((30, 48, 36), 7, dtype=np.int16))

    def _call(self, store: ArtifactStore, pixels: np.ndarray) -> ToolCall:
        inputs = {"image": ImageValue(value=volume(store, pixels, Modality.MR))}
        return ToolCall(step_id="s", tool="mri_hippocampus", inputs=inputs)


def drawn_hippocampus() -> np.ndarray:
    """A bent tube, brighter than what lies round it, in slices, rows and columns."""
    from scipy.ndimage import gaussian_filter

    z, y, x = np.mgrid[:20, :50, :36].astype(float)
    middle = 18 + 6 * np.sin(y / 12)
    tube = np.hypot(x - middle, (z - 10) * 2) < 5 + 2 * (y < 20)
    tube &= (y > 8) & (y < 42)
    field = gaussian_filter(np.where(tube, 900.0, 500.0), 0.7)
    return (field + np.random.default_rng(0).normal(0, 20, field.shape)).astype(np.int16)


@pytest.mark.slow
class TestMedSamPoints(ToolSuite):
    def make_tool(self) -> Tool:
        return MedSamLiteSegmenter(MedSamLite("cpu"))

    def example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, box=BoxValue(value=Box(x0=30, y0=30, x1=70, y1=70)), points=self._points())

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, points=PointsValue(value=(Point(x=5, y=5, inside=False),)))

    def _points(self) -> PointsValue:
        return PointsValue(value=(Point(x=50, y=50), Point(x=5, y=5, inside=False)))

    def _call(self, store: ArtifactStore, **prompts: BoxValue | PointsValue) -> ToolCall:
        y, x = np.mgrid[:96, :96]
        pixels = np.where(np.hypot(y - 50, x - 50) < 18, 190, 50).astype(np.uint8)
        image = Image(
            id="picture",
            artifact_id=store.put(pixels),
            geometry=ImageGeometry(shape=pixels.shape),
            format=ImageFormat.PNG,
            modality=Modality.ULTRASOUND,
        )
        return ToolCall(step_id="s", tool="medsam_box", inputs={"image": ImageValue(value=image), **prompts})
