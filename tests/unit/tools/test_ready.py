"""Tools that need nothing: always available, never loading."""

from __future__ import annotations

from clinigraph.models.tooling import ToolCall, ToolResult, ToolSpec
from clinigraph.tools import ports, support
from clinigraph.tools.contract import Tool, ToolContext
from clinigraph.tools.ready import ReadyTool

SPEC = ToolSpec(name="count_pixels", version="1.0.0", description="Counts.", outputs={"a": ports.measured("mm")})


class CountPixels(ReadyTool):
    _spec = SPEC

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        return support.nothing(SPEC, call, "there is no picture")


def test_a_tool_with_a_spec_and_run_keeps_the_contract() -> None:
    tool = CountPixels()
    assert isinstance(tool, Tool)
    assert tool.spec is SPEC
    assert tool.unavailable() == ""
    tool.warm_up()


def test_an_instance_may_bring_a_spec_of_its_own() -> None:
    tool = CountPixels()
    tool._spec = SPEC.replace(name="count_rows")
    assert (tool.spec.name, CountPixels().spec.name) == ("count_rows", "count_pixels")
