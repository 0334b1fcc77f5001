"""What the tools on one structure share: their inputs, and the answer where nothing was outlined."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from clinigraph.artifacts import ArtifactStore
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Image, ImageFormat, ImageGeometry
from clinigraph.models.tooling import ImageValue, ToolCall, ToolResult, ToolSpec, ToolStatus, ValueKind
from clinigraph.tools import ports, support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.structure import NO_OUTLINE, Structure, StructureTool, structure_ports

SPEC = ToolSpec(
    name="pixels",
    version="1.0.0",
    description="Counts.",
    inputs=structure_ports("The picture."),
    outputs={"count": ports.measured(), "shape": ports.judged()},
)


class Pixels(StructureTool):
    _spec = SPEC

    def _measure(self, structure: Structure, call: ToolCall, context: ToolContext) -> ToolResult:
        raise AssertionError("there is nothing to measure")


def test_its_inputs_are_masks_and_the_image_that_they_lie_on() -> None:
    assert [(name, port.kind) for name, port in SPEC.inputs.items()] == [
        ("masks", ValueKind.LABEL_MAP),
        ("image", ValueKind.IMAGE),
    ]
    assert SPEC.inputs["image"].description == "The picture."


def test_without_an_outline_every_output_is_missing_for_the_same_reason(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    image = Image(
        id="i",
        modality=Modality.FUNDUS,
        format=ImageFormat.PNG,
        artifact_id=store.put(np.zeros((8, 8), dtype=np.uint8)),
        geometry=ImageGeometry(shape=(8, 8)),
    )
    call = ToolCall(step_id="s", tool="pixels", inputs={"image": ImageValue(value=image)})
    result = Pixels().run(call, ToolContext(artifacts=store))
    assert result.status is ToolStatus.EMPTY
    assert result.missing == {"count": NO_OUTLINE, "shape": NO_OUTLINE}
    assert result.tool == support.algorithm(SPEC).split()[0]
