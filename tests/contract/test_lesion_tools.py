"""The tools on lesions, skin, volumes, intensities, change, nodules and ECG run through the conformance suite."""

from __future__ import annotations

import numpy as np

from clinigraph.artifacts import ArtifactStore
from clinigraph.models.case import Fact
from clinigraph.models.codes import Modality
from clinigraph.models.findings import FindingSite, Interval, Measurement
from clinigraph.models.imaging import Image, ImageFormat, ImageGeometry, LabelMap, Segment, SpacingSource
from clinigraph.models.signals import Signal
from clinigraph.models.tooling import (
    FactValue,
    FlowValue,
    ImageValue,
    LabelMapValue,
    MeasurementValue,
    SignalValue,
    ToolCall,
)
from clinigraph.testing.tool_suite import ToolSuite
from clinigraph.tools.contract import Tool
from clinigraph.tools.measurement.change_tool import ChangeMeasures
from clinigraph.tools.measurement.concepts import private
from clinigraph.tools.measurement.intensity_tool import IntensityMeasures
from clinigraph.tools.measurement.lesion_tool import LesionMeasures
from clinigraph.tools.measurement.nodule_tool import NoduleSize
from clinigraph.tools.measurement.skin_tool import SkinMeasures
from clinigraph.tools.measurement.volume_tool import VolumeMeasures
from clinigraph.tools.record.answer_tool import RecordAnswer
from clinigraph.tools.segmentation.pixels import RGB
from clinigraph.tools.segmentation.prompting import Prompt, PromptedMask
from clinigraph.tools.segmentation.skin_lesion import SkinLesionOutline
from clinigraph.tools.signals.ecg_tool import EcgMeasures


def put(store: ArtifactStore, pixels: np.ndarray, modality: Modality, spacing: tuple[float, ...] | None) -> Image:
    colour = pixels.ndim == 3 and pixels.shape[2] == 3
    artifact = store.put(pixels)
    source = SpacingSource.CASE_FILE if spacing else None
    shape = pixels.shape[:2] if colour else pixels.shape
    return Image(
        id=f"image-{artifact[-8:]}",
        artifact_id=artifact,
        geometry=ImageGeometry(shape=shape, spacing_mm=spacing, spacing_source=source),
        format=ImageFormat.PNG,
        modality=modality,
        colour=colour,
    )


def call(store: ArtifactStore, tool: str, image: Image, mask: np.ndarray, **others: FlowValue) -> ToolCall:
    count = int(mask.sum())
    label_map = LabelMap(
        image_id=image.id,
        artifact_id=store.put(mask[None]),
        geometry=image.geometry,
        segments=(
            Segment(
                label="target",
                number=1,
                concept=private("TARGET", "Target"),
                pixel_count=count,
                reason=None if count else "the box shows nothing but background",
            ),
        ),
        algorithm="hand 1.0.0",
    )
    inputs: dict[str, FlowValue] = {"image": ImageValue(value=image), "masks": LabelMapValue(value=label_map)}
    return ToolCall(step_id="m", tool=tool, inputs={**inputs, **others})


def disc(radius: float, side: int = 120) -> np.ndarray:
    y, x = np.mgrid[:side, :side]
    return np.hypot(y - side / 2, x - side / 2) <= radius


def ball(radius: float, side: int = 24) -> np.ndarray:
    z, y, x = np.mgrid[:side, :side, :side]
    return np.sqrt((z - side / 2) ** 2 + (y - side / 2) ** 2 + (x - side / 2) ** 2) <= radius


def mole() -> np.ndarray:
    rgb = np.full((120, 120, 3), (215, 170, 150), dtype=np.uint8)
    rgb[disc(35)] = (95, 60, 45)
    return rgb


class TestLesionMeasures(ToolSuite):
    def make_tool(self) -> Tool:
        return LesionMeasures()

    def _call(self, store: ArtifactStore, mask: np.ndarray) -> ToolCall:
        image = put(store, np.full((120, 120), 90, dtype=np.uint8), Modality.ULTRASOUND, (0.2, 0.2))
        return call(store, "lesion_measures", image, mask)

    def example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, disc(25))

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, disc(-1))


class TestSkinMeasures(ToolSuite):
    def make_tool(self) -> Tool:
        return SkinMeasures()

    def example(self, store: ArtifactStore) -> ToolCall:
        return call(store, "skin_measures", put(store, mole(), Modality.DERMOSCOPY, None), disc(35))

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return call(store, "skin_measures", put(store, mole(), Modality.DERMOSCOPY, None), disc(-1))


class TestVolumeMeasures(ToolSuite):
    def make_tool(self) -> Tool:
        return VolumeMeasures()

    def _call(self, store: ArtifactStore, mask: np.ndarray) -> ToolCall:
        image = put(store, np.zeros((24, 24, 24), dtype=np.int16), Modality.CT, (2.0, 1.0, 1.0))
        return call(store, "volume_measures", image, mask)

    def example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, ball(7))

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, ball(-1))


class TestIntensityMeasures(ToolSuite):
    def make_tool(self) -> Tool:
        return IntensityMeasures()

    def _call(self, store: ArtifactStore, mask: np.ndarray) -> ToolCall:
        pixels = np.arange(24**3, dtype=np.int16).reshape(24, 24, 24)
        return call(store, "intensity_measures", put(store, pixels, Modality.CT, (1.0, 1.0, 1.0)), mask)

    def example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, ball(7))

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, ball(-1))


def length(value: float = 24.0) -> MeasurementValue:
    measured = Measurement(
        id="longest_diameter-1",
        concept=private("LEN", "Length"),
        value=value,
        unit="mm",
        interval=Interval(low=value - 1, high=value + 1, method="hand"),
        method="hand",
        algorithm="hand 1.0.0",
        site=FindingSite(concept=private("TARGET", "Target")),
    )
    return MeasurementValue(value=measured)


class TestChangeMeasures(ToolSuite):
    def make_tool(self) -> Tool:
        return ChangeMeasures()

    def example(self, store: ArtifactStore) -> ToolCall:
        prior = FactValue(value=Fact(name="prior_longest_diameter", value=15.0, unit="mm"))
        return ToolCall(step_id="c", tool="change_measures", inputs={"current": length(), "prior_value": prior})

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return ToolCall(step_id="c", tool="change_measures", inputs={"current": length()})


class TestNoduleSize(ToolSuite):
    def make_tool(self) -> Tool:
        return NoduleSize()

    def example(self, store: ArtifactStore) -> ToolCall:
        return ToolCall(step_id="n", tool="nodule_size", inputs={"measured": length(7.0)})

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return ToolCall(step_id="n", tool="nodule_size")


class TestRecordAnswer(ToolSuite):
    def make_tool(self) -> Tool:
        return RecordAnswer()

    def example(self, store: ArtifactStore) -> ToolCall:
        fact = FactValue(value=Fact(name="multiple_nodules", value=True))
        return ToolCall(step_id="r", tool="record_answer", inputs={"fact": fact})

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return ToolCall(step_id="r", tool="record_answer")


class _BoxFiller:
    """A small engine: the mask fills the box."""

    def unavailable(self) -> str:
        return ""

    def warm_up(self) -> None:
        """Nothing to load."""

    def segment(self, rgb: RGB, prompts: list[Prompt], *, key: str) -> list[PromptedMask]:
        found = []
        for prompt in prompts:
            x0, y0, x1, y1 = (round(v) for v in prompt.box or (0, 0, 0, 0))
            mask = np.zeros(rgb.shape[:2], dtype=bool)
            mask[y0:y1, x0:x1] = True
            found.append(PromptedMask(mask, mask.astype(np.float32), 0.9))
        return found


class TestSkinLesionOutline(ToolSuite):
    def make_tool(self) -> Tool:
        return SkinLesionOutline(_BoxFiller())

    def example(self, store: ArtifactStore) -> ToolCall:
        image = put(store, mole(), Modality.DERMOSCOPY, None)
        return ToolCall(step_id="s", tool="skin_lesion_outline", inputs={"image": ImageValue(value=image)})

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        plain = np.full((120, 120, 3), (215, 170, 150), dtype=np.uint8)
        image = put(store, plain, Modality.DERMOSCOPY, None)
        return ToolCall(step_id="s", tool="skin_lesion_outline", inputs={"image": ImageValue(value=image)})


class TestEcgMeasures(ToolSuite):
    def make_tool(self) -> Tool:
        return EcgMeasures()

    def _call(self, store: ArtifactStore, samples: np.ndarray) -> ToolCall:
        signal = SignalValue(value=Signal(artifact_id=store.put(samples), sampling_rate_hz=250.0, lead="II"))
        return ToolCall(step_id="e", tool="ecg_measures", inputs={"signal": signal})

    def example(self, store: ArtifactStore) -> ToolCall:
        time = np.arange(0, 12, 1 / 250)
        waves = ((0.15, -0.18, 0.025), (-0.1, -0.03, 0.01), (1.0, 0.0, 0.012), (-0.2, 0.03, 0.01), (0.3, 0.3, 0.05))
        beat = sum(a * np.exp(-(((time % 0.8 - 0.4 - c) / w) ** 2) / 2) for a, c, w in waves)
        return self._call(store, np.asarray(beat))

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, np.zeros(3000))
