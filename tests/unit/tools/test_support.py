"""Results of tools that could give nothing."""

from __future__ import annotations

from clinigraph.models.tooling import ToolCall, ToolSpec, ToolStatus
from clinigraph.tools import ports, support

SPEC = ToolSpec(
    name="sizes", version="1.0.0", description="Sizes.", outputs={"a": ports.measured("mm"), "b": ports.judged()}
)


def test_one_reason_stands_for_every_output_and_is_said_once() -> None:
    result = support.nothing(SPEC, ToolCall(step_id="s", tool="sizes"), "nothing was outlined")
    assert result.status is ToolStatus.EMPTY
    assert result.outputs == {}
    assert result.missing == {"a": "nothing was outlined", "b": "nothing was outlined"}
    assert result.reason == "nothing was outlined"
