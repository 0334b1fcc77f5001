"""Prompts on a prior image, and leads of a recording, reach the steps that ask for them."""

from __future__ import annotations

from clinigraph.agents.resolution import Resolver, Skip
from clinigraph.models.base import ArtifactId, CaseId, ImageId
from clinigraph.models.case import Case
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Box, Image, ImageFormat, ImageGeometry, ImageRole, Point, Series, Study
from clinigraph.models.signals import Signal
from clinigraph.models.tooling import BoxValue, PointsValue, SignalValue

NOW, BEFORE = Box(x0=1, y0=1, x1=9, y1=9), Box(x0=2, y0=2, x1=6, y1=6)
SAMPLES = ArtifactId("sha256:" + "0" * 64)


def image(role: ImageRole, box: Box | None) -> Image:
    return Image(
        id=ImageId(role.value),
        artifact_id=SAMPLES,
        geometry=ImageGeometry(shape=(20, 20)),
        format=ImageFormat.PNG,
        role=role,
        modality=Modality.CT,
        boxes={} if box is None else {"lesion": box},
        points={"lesion": (Point(x=3, y=4),)},
    )


def resolver(*images: Image, signals: tuple[Signal, ...] = ()) -> Resolver:
    series = tuple(Series(id=i.id, modality=i.modality, images=(i,)) for i in images)
    studies = (Study(id="s", series=series),) if series else ()
    return Resolver(Case(id=CaseId("c"), studies=studies, signals=signals), ImageId("current"), {})


def test_the_box_of_each_image_is_its_own() -> None:
    found = resolver(image(ImageRole.CURRENT, NOW), image(ImageRole.PRIOR, BEFORE))
    assert found._value("box:lesion") == BoxValue(value=NOW)
    assert found._value("prior_box:lesion") == BoxValue(value=BEFORE)
    assert isinstance(found._value("prior_points:lesion"), PointsValue)


def test_a_box_that_is_missing_is_said_to_be_missing_on_the_prior() -> None:
    found = resolver(image(ImageRole.CURRENT, NOW), image(ImageRole.PRIOR, None))._value("prior_box:lesion")
    assert found == Skip(reason="no box was given for lesion on the prior image")
    assert isinstance(resolver(image(ImageRole.CURRENT, NOW))._value("prior_box:lesion"), Skip)


def test_lead_two_is_measured_before_others() -> None:
    leads = tuple(Signal(artifact_id=SAMPLES, sampling_rate_hz=500, lead=name) for name in ("V1", "II"))
    value = resolver(signals=leads)._value("signal:ecg")
    assert isinstance(value, SignalValue)
    assert value.value.lead == "II"
    assert isinstance(resolver()._value("signal:ecg"), Skip)
