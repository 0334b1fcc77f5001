"""Each shipped tool run through the conformance suite; segmenters on a real photograph or with a small engine."""

from __future__ import annotations

import numpy as np
import pytest

from clinigraph.artifacts import ArtifactStore
from clinigraph.models.case import Fact
from clinigraph.models.codes import Laterality, Modality
from clinigraph.models.imaging import Box, Image, ImageFormat, ImageGeometry, LabelMap, Segment
from clinigraph.models.tooling import BoxValue, FactValue, ImageValue, LabelMapValue, ToolCall
from clinigraph.testing.heart import drawn_heart
from clinigraph.testing.tool_suite import ToolSuite
from clinigraph.tools.contract import Tool
from clinigraph.tools.measurement.chest_tool import CardiothoracicMeasures
from clinigraph.tools.measurement.concepts import private
from clinigraph.tools.measurement.cup_disc_tool import CupDiscMeasures
from clinigraph.tools.measurement.head_tool import FetalHeadMeasures
from clinigraph.tools.measurement.ventricle_tool import VentricleMeasures
from clinigraph.tools.reading.contract import Pixels, QualitativeReading
from clinigraph.tools.reading.image_tool import ReadImage
from clinigraph.tools.record.fact_tool import RecordFact
from clinigraph.tools.segmentation.chest_network import ChestLungsHeart
from clinigraph.tools.segmentation.cine_network import CineMrHeart
from clinigraph.tools.segmentation.fundus_medsam import FundusDiscCupMedSam
from clinigraph.tools.segmentation.fundus_network import FundusDiscCup
from clinigraph.tools.segmentation.head_network import FetalHead
from clinigraph.tools.segmentation.medsam import MedSamLite
from clinigraph.tools.segmentation.medsam_tool import MedSamLiteSegmenter


def put_image(store: ArtifactStore, pixels: np.ndarray, modality: Modality) -> Image:
    artifact = store.put(pixels)
    return Image(
        id=f"image-{artifact[-8:]}",
        artifact_id=artifact,
        geometry=ImageGeometry(shape=pixels.shape[:2]),
        format=ImageFormat.PNG,
        modality=modality,
        laterality=Laterality.RIGHT,
        colour=pixels.ndim == 3,
    )


def put_masks(store: ArtifactStore, image: Image, **masks: np.ndarray) -> LabelMap:
    return LabelMap(
        image_id=image.id,
        artifact_id=store.put(np.stack(list(masks.values()))),
        geometry=image.geometry,
        segments=tuple(
            Segment(
                label=label,
                number=number,
                concept=private(label.upper(), label),
                pixel_count=int(mask.sum()),
                reason=None if mask.any() else "it cannot be seen on this image",
            )
            for number, (label, mask) in enumerate(masks.items(), start=1)
        ),
        algorithm="drawn 1.0.0",
    )


def circle(radius: float, side: int = 128) -> np.ndarray:
    y, x = np.mgrid[:side, :side]
    return np.hypot(y - side / 2, x - side / 2) <= radius


def call_on(tool: str, image: Image, **others: LabelMapValue | BoxValue) -> ToolCall:
    return ToolCall(
        step_id="step", tool=tool, inputs={"image": ImageValue(value=image), **others}, question="Is it?", rubric="1-5"
    )


def grey(side: int = 128) -> np.ndarray:
    return np.full((side, side), 90, dtype=np.uint8)


class TestCupDiscMeasures(ToolSuite):
    def make_tool(self) -> Tool:
        return CupDiscMeasures()

    def _call(self, store: ArtifactStore, cup: np.ndarray) -> ToolCall:
        image = put_image(store, np.stack([grey()] * 3, axis=2), Modality.FUNDUS)
        masks = put_masks(store, image, optic_disc=circle(40), optic_cup=cup)
        return call_on("cup_disc_measures", image, masks=LabelMapValue(value=masks))

    def example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, circle(20))

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, circle(-1))


class TestCardiothoracicMeasures(ToolSuite):
    def make_tool(self) -> Tool:
        return CardiothoracicMeasures()

    def _call(self, store: ArtifactStore, heart: np.ndarray) -> ToolCall:
        left, right = np.zeros((128, 128), dtype=bool), np.zeros((128, 128), dtype=bool)
        left[20:100, 70:120] = True
        right[20:100, 10:55] = True
        image = put_image(store, grey(), Modality.CHEST_FILM)
        masks = put_masks(store, image, left_lung=left, right_lung=right, heart=heart)
        return call_on("cardiothoracic_measures", image, masks=LabelMapValue(value=masks))

    def example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, circle(25))

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, circle(-1))


class TestRecordFact(ToolSuite):
    def make_tool(self) -> Tool:
        return RecordFact()

    def example(self, store: ArtifactStore) -> ToolCall:
        fact = Fact(name="intraocular_pressure", value=24.0, unit="mm[Hg]")
        return ToolCall(step_id="step", tool="record_fact", inputs={"fact": FactValue(value=fact)})

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return ToolCall(step_id="step", tool="record_fact")


class _Reader:
    def unavailable(self) -> str:
        return ""

    def read(self, image: Pixels, crop: Pixels | None, question: str, rubric: str) -> QualitativeReading:
        assert image.ndim == 3
        return QualitativeReading(score=2, evidence_against="nothing there", reader="double 1")


class TestReadImage(ToolSuite):
    def make_tool(self) -> Tool:
        return ReadImage(_Reader())

    def example(self, store: ArtifactStore) -> ToolCall:
        image = put_image(store, grey(), Modality.CHEST_FILM)
        return call_on("read_image", image, box=BoxValue(value=Box(x0=10, y0=10, x1=50, y1=40)))


def retina() -> np.ndarray:
    from skimage import data

    return np.asarray(data.retina()[::2, ::2])


_ENGINE = MedSamLite("cpu")


@pytest.mark.slow
class TestMedSamBox(ToolSuite):
    def make_tool(self) -> Tool:
        return MedSamLiteSegmenter(_ENGINE)

    def example(self, store: ArtifactStore) -> ToolCall:
        bright = np.where(circle(30), 200, 60).astype(np.uint8)
        image = put_image(store, bright, Modality.ULTRASOUND)
        return call_on("medsam_box", image, box=BoxValue(value=Box(x0=32, y0=32, x1=96, y1=96)))

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return call_on("medsam_box", put_image(store, grey(), Modality.ULTRASOUND))


@pytest.mark.slow
class TestFundusDiscCupMedSam(ToolSuite):
    def make_tool(self) -> Tool:
        return FundusDiscCupMedSam(_ENGINE)

    def example(self, store: ArtifactStore) -> ToolCall:
        return call_on("fundus_disc_cup_medsam", put_image(store, retina(), Modality.FUNDUS))

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        black = np.zeros((64, 64, 3), dtype=np.uint8)
        return call_on("fundus_disc_cup_medsam", put_image(store, black, Modality.FUNDUS))


def _needs(tool: Tool) -> None:
    reason = tool.unavailable()
    if reason:
        pytest.skip(reason)


class TestFundusDiscCup(ToolSuite):
    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        _needs(FundusDiscCup())

    def make_tool(self) -> Tool:
        return FundusDiscCup()

    def example(self, store: ArtifactStore) -> ToolCall:
        return call_on("fundus_disc_cup", put_image(store, retina(), Modality.FUNDUS))

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        plain = np.full((96, 96, 3), 70, dtype=np.uint8)
        return call_on("fundus_disc_cup", put_image(store, plain, Modality.FUNDUS))


def drawn_chest() -> np.ndarray:
    """A drawn frontal film: dark lungs beside a bright middle, heart to the right in the picture."""
    from scipy.ndimage import gaussian_filter

    y, x = np.mgrid[:320, :320].astype(float)
    film = np.full((320, 320), 170.0)
    for cx, width in ((95, 55), (225, 52)):
        film[((x - cx) / width) ** 2 + ((y - 150) / 105) ** 2 <= 1] = 45
    film[((x - 178) / 58) ** 2 + ((y - 200) / 50) ** 2 <= 1] = 175
    film[y > 245] = 190
    return np.asarray(gaussian_filter(film, 3), dtype=np.uint8)


class TestChestLungsHeart(ToolSuite):
    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        _needs(ChestLungsHeart())

    def make_tool(self) -> Tool:
        return ChestLungsHeart()

    def example(self, store: ArtifactStore) -> ToolCall:
        return call_on("chest_lungs_heart", put_image(store, drawn_chest(), Modality.CHEST_FILM))

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return call_on("chest_lungs_heart", put_image(store, grey(), Modality.CHEST_FILM))


def drawn_head() -> np.ndarray:
    """A bright ring in dark grey, filled with speckle, as a skull shows on ultrasound."""
    from scipy.ndimage import gaussian_filter

    y, x = np.mgrid[:270, :400].astype(float)
    radius = np.hypot((x - 200) / 120, (y - 135) / 95)
    grey_levels = np.where(np.abs(radius - 0.97) < 0.04, 220.0, np.where(radius < 1, 45.0, 70.0))
    speckle = gaussian_filter(np.random.default_rng(0).normal(0, 60, grey_levels.shape), 1.5)
    return np.asarray(np.clip(gaussian_filter(grey_levels, 1.5) + speckle, 0, 255), dtype=np.uint8)


class TestFetalHead(ToolSuite):
    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        _needs(FetalHead())

    def make_tool(self) -> Tool:
        return FetalHead()

    def example(self, store: ArtifactStore) -> ToolCall:
        return call_on("fetal_head", put_image(store, drawn_head(), Modality.ULTRASOUND))

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return call_on("fetal_head", put_image(store, grey(), Modality.ULTRASOUND))


class TestFetalHeadMeasures(ToolSuite):
    def make_tool(self) -> Tool:
        return FetalHeadMeasures()

    def _call(self, store: ArtifactStore, head: np.ndarray) -> ToolCall:
        image = put_image(store, grey(), Modality.ULTRASOUND)
        return call_on(
            "fetal_head_measures", image, masks=LabelMapValue(value=put_masks(store, image, fetal_head=head))
        )

    def example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, circle(40))

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, circle(-1))


def put_stack(store: ArtifactStore, pixels: np.ndarray) -> Image:
    artifact = store.put(pixels)
    return Image(
        id=f"image-{artifact[-8:]}",
        artifact_id=artifact,
        geometry=ImageGeometry(shape=pixels.shape),
        format=ImageFormat.NIFTI,
        modality=Modality.MR,
    )


class TestCineMrHeart(ToolSuite):
    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        _needs(CineMrHeart())

    def make_tool(self) -> Tool:
        return CineMrHeart()

    def example(self, store: ArtifactStore) -> ToolCall:
        return call_on("cine_mr_heart", put_stack(store, drawn_heart(17.0, 9.0, 3)))

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return call_on("cine_mr_heart", put_stack(store, np.stack([grey()] * 3)))


class TestVentricleMeasures(ToolSuite):
    def make_tool(self) -> Tool:
        return VentricleMeasures()

    def _call(self, store: ArtifactStore, systole: float) -> ToolCall:
        inputs: dict[str, ImageValue | LabelMapValue] = {}
        for name, radius in (("ed", 30.0), ("es", systole)):
            cavity = np.stack([circle(radius)] * 4)
            wall = np.stack([circle(40)] * 4) & ~cavity
            right = np.zeros_like(cavity)
            right[:, 4 : int(10 + radius), 4:20] = True
            image = put_stack(store, cavity.astype(np.uint8) * 200 + wall.astype(np.uint8) * 60)
            masks = put_masks(store, image, lv_cavity=cavity, myocardium=wall, rv_cavity=right)
            inputs[f"{name}_image"] = ImageValue(value=image)
            inputs[f"{name}_masks"] = LabelMapValue(value=masks)
        return ToolCall(step_id="step", tool="ventricle_measures", inputs=dict(inputs))

    def example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, 20.0)

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return self._call(store, 36.0)
