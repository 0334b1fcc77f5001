"""Promptable segmenters: boxes and points reach the engine, one encoding serves many, bad prompts are refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import ToolFailure
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Box, Image, ImageFormat, ImageGeometry, Point
from clinigraph.models.tooling import BoxValue, FlowValue, ImageValue, PointsValue, ToolCall, ToolResult, ToolStatus
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.segmentation.medsam import MedSamLite
from clinigraph.tools.segmentation.pixels import RGB
from clinigraph.tools.segmentation.prompting import BoxSegmenter, Prompt, PromptedMask, box_spec, widened
from clinigraph.tools.segmentation.sam import SamEngine


class Recorder:
    """An engine that marks each point's row and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Prompt] = []
        self.keys: list[str] = []

    def unavailable(self) -> str:
        return ""

    def warm_up(self) -> None:
        return None

    def segment(self, rgb: RGB, prompts: Sequence[Prompt], *, key: str) -> list[PromptedMask]:
        self.asked.extend(prompts)
        self.keys.append(key)
        mask = np.zeros(rgb.shape[:2], dtype=np.bool_)
        mask[3:5, 3:5] = True
        return [PromptedMask(mask, mask.astype(np.float32), 0.5) for _ in prompts]


def tool(engine: Recorder) -> BoxSegmenter:
    return BoxSegmenter(box_spec(name="recorder", description="x", weights_sha256=None, licence="x"), engine)


def run(engine: Recorder, folder: Path, pixels: np.ndarray, **prompts: FlowValue) -> ToolResult:
    store = ArtifactStore(folder)
    image = Image(
        id="i",
        artifact_id=store.put(pixels),
        geometry=ImageGeometry(shape=pixels.shape[:2]),
        format=ImageFormat.PNG,
        modality=Modality.ULTRASOUND,
        colour=pixels.ndim == 3,
    )
    call = ToolCall(step_id="s", tool="recorder", inputs={"image": ImageValue(value=image), **prompts})
    return tool(engine).run(call, ToolContext(artifacts=store))


def points(*given: tuple[float, float, bool]) -> PointsValue:
    return PointsValue(value=tuple(Point(x=x, y=y, inside=inside) for x, y, inside in given))


GREY = np.full((20, 30), 90, dtype=np.uint8)


def test_boxes_and_points_reach_the_engine_together(tmp_path: Path) -> None:
    engine = Recorder()
    box = BoxValue(value=Box(x0=2, y0=3, x1=12, y1=13))
    result = run(engine, tmp_path, GREY, box=box, points=points((5, 6, True), (20, 6, False)))
    assert result.status is ToolStatus.OK
    assert engine.asked == [Prompt(box=(2, 3, 12, 13), points=((5, 6, True), (20, 6, False)))]


def test_points_alone_are_enough_when_one_lies_inside(tmp_path: Path) -> None:
    engine = Recorder()
    assert run(engine, tmp_path, GREY, points=points((5, 6, True))).status is ToolStatus.OK
    refused = run(engine, tmp_path, GREY, points=points((5, 6, False)))
    assert refused.status is ToolStatus.EMPTY
    assert "does not belong" in refused.reason
    assert "no box or point" in run(engine, tmp_path, GREY).reason


@pytest.mark.parametrize(
    "prompt",
    [
        {"box": BoxValue(value=Box(x0=40, y0=2, x1=60, y1=9))},
        {"box": BoxValue(value=Box(x0=29.5, y0=2, x1=60, y1=9))},
        {"points": points((5, 6, True), (31, 6, True))},
    ],
)
def test_a_prompt_outside_the_image_is_refused(tmp_path: Path, prompt: dict[str, FlowValue]) -> None:
    engine = Recorder()
    with pytest.raises(ToolFailure, match="outside the image"):
        run(engine, tmp_path, GREY, **prompt)
    assert engine.asked == []


@pytest.mark.parametrize("kind", [np.uint16, np.int16, np.float32, np.float64])
def test_deep_and_float_pixels_become_a_picture(tmp_path: Path, kind: type) -> None:
    pixels = np.linspace(0, 900, 600).reshape(20, 30).astype(kind)
    assert run(Recorder(), tmp_path, pixels, points=points((5, 6, True))).status is ToolStatus.OK


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_pixels_that_are_no_numbers_are_refused(tmp_path: Path, bad: float) -> None:
    pixels = np.zeros((20, 30), dtype=np.float32)
    pixels[4, 4] = bad
    with pytest.raises(ToolFailure, match="not numbers"):
        run(Recorder(), tmp_path, pixels, points=points((5, 6, True)))


def test_a_volume_is_refused(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    pixels = np.zeros((4, 20, 30), dtype=np.uint8)
    image = Image(
        id="i",
        artifact_id=store.put(pixels),
        geometry=ImageGeometry(shape=pixels.shape),
        format=ImageFormat.NIFTI,
        modality=Modality.CT,
    )
    inputs: dict[str, FlowValue] = {"image": ImageValue(value=image), "points": points((5, 6, True))}
    call = ToolCall(step_id="s", tool="recorder", inputs=inputs)
    with pytest.raises(ToolFailure, match="single pictures"):
        tool(Recorder()).run(call, ToolContext(artifacts=store))


class TestOneEncoding:
    def test_litemedsam_encodes_an_image_once_for_many_prompts(self) -> None:
        engine = MedSamLite("cpu")
        picture = np.zeros((64, 64, 3), dtype=np.uint8)
        picture[20:40, 20:40] = 200
        box = Prompt(box=(18, 18, 42, 42))
        answers = engine.segment(picture, [box, Prompt(points=((30, 30, True),))], key="a")
        assert engine.encoded == 1
        again = engine.segment(picture, [box], key="a")
        assert engine.encoded == 1
        assert (again[0].mask == answers[0].mask).all()
        engine.segment(picture[::-1].copy(), [box], key="b")
        assert engine.encoded == 2

    def test_sam_encodes_an_image_once_for_many_prompts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from segment_anything import SamPredictor
        from segment_anything.build_sam import _build_sam

        torch.manual_seed(0)
        net = _build_sam(encoder_embed_dim=32, encoder_depth=1, encoder_num_heads=2, encoder_global_attn_indexes=[0])
        calls: list[int] = []
        real = net.image_encoder.forward
        monkeypatch.setattr(net.image_encoder, "forward", lambda x: (calls.append(1), real(x))[1])
        engine = SamEngine(None, None, "cpu")
        engine._predictor = SamPredictor(net.eval())
        picture = np.random.default_rng(0).integers(0, 255, (40, 60, 3)).astype(np.uint8)
        prompts = [Prompt(box=(5, 5, 30, 30)), Prompt(points=((10, 10, True), (50, 30, False)))]
        first = engine.segment(picture, prompts, key="a")
        other = engine.segment(picture[:30], prompts, key="b")
        again = engine.segment(picture, prompts, key="a")
        assert len(calls) == 2
        assert other[0].mask.shape == (30, 60)
        assert all((a.mask == b.mask).all() for a, b in zip(first, again, strict=True))
        assert again[0].mask.shape == (40, 60)


def test_a_box_is_widened_by_a_share_of_the_longer_side_and_stays_inside() -> None:
    assert widened((10, 20, 30, 40), 0.02, (100, 200)) == (6, 16, 34, 44)
    assert widened((1, 2, 199, 99), 0.02, (100, 200)) == (0, 0, 200, 100)
    assert widened((10, 20, 30, 40), 0.0, (100, 200)) == (10, 20, 30, 40)
