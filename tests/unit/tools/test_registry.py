"""Which tools there are, and what happens with plugins that do not work."""

from __future__ import annotations

import json
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from clinigraph.errors import UsageError
from clinigraph.models.tooling import ToolCall, ToolResult, ToolSpec
from clinigraph.settings import Settings
from clinigraph.tools import registry as module
from clinigraph.tools.contract import Tool, ToolContext
from clinigraph.tools.record.fact_tool import RecordFact
from clinigraph.tools.registry import ToolRegistry, default_registry

PROTOCOL_TOOLS = {
    "fundus_disc_cup",
    "fundus_disc_cup_medsam",
    "cup_disc_measures",
    "chest_lungs_heart",
    "cardiothoracic_measures",
    "cine_mr_heart",
    "ventricle_measures",
    "read_image",
    "record_fact",
    "medsam_box",
}


class Plugin:
    """A tool of another package."""

    spec = ToolSpec(name="from_elsewhere", version="2.0.0", description="does nothing")

    def unavailable(self) -> str:
        return ""

    def warm_up(self) -> None:
        """Load nothing."""

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        raise NotImplementedError


class Taken(Plugin):
    spec = Plugin.spec.replace(name="record_fact")


class Exploding(Plugin):
    def __init__(self) -> None:
        raise RuntimeError("no licence file")


def install(monkeypatch: pytest.MonkeyPatch, **plugins: str) -> None:
    here = __name__
    monkeypatch.setitem(sys.modules, "clinigraph_test_plugins", sys.modules[here])
    points = [
        EntryPoint(name=n, value=f"clinigraph_test_plugins:{target}", group="clinigraph.tools")
        for n, target in plugins.items()
    ]
    monkeypatch.setattr(module, "entry_points", lambda group: points if group == "clinigraph.tools" else [])


def test_tools_that_the_protocols_name_are_there() -> None:
    registry = default_registry(Settings())
    assert set(registry.names()) >= PROTOCOL_TOOLS
    assert all(isinstance(registry.get(name), Tool) for name in registry.names())
    assert {spec.name for spec in registry.specs()} == set(registry.names())


def test_what_cannot_work_here_says_why() -> None:
    reasons = default_registry(Settings(sam_checkpoint=None)).unavailable()
    assert reasons["read_image"] == "no image-reading model is connected"
    assert "CLINIGRAPH_SAM_CHECKPOINT" in reasons["sam_box"]
    assert "record_fact" in default_registry(Settings()).available()


def test_bundles_of_the_settings_become_tools_and_bad_ones_are_listed(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    (good / "configs").mkdir(parents=True)
    bad.mkdir()
    layout = {
        "inputs": {"image": {"modality": "CT", "num_channels": 1, "spatial_shape": [32, 32, 32]}},
        "outputs": {"pred": {"channel_def": {"0": "background", "1": "spleen"}}},
    }
    meta = {"name": "spleen", "version": "1.0.0", "network_data_format": layout}
    (good / "configs" / "metadata.json").write_text(json.dumps(meta))
    registry = default_registry(Settings(monai_bundles=(good, good, bad)))
    assert registry.get("spleen").spec.outputs["masks"].labels == ("spleen",)
    assert "no weights" in registry.unavailable()["spleen"]
    assert "is taken" in registry.unavailable()["good"]
    assert "metadata.json" in registry.unavailable()["bad"]


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="record_fact"):
        ToolRegistry([RecordFact()]).get("nothing")


def test_two_tools_of_one_name_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="record_fact"):
        ToolRegistry([RecordFact(), RecordFact()])


def test_a_plugin_joins_the_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, good="Plugin")
    assert "from_elsewhere" in default_registry(Settings()).available()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("Exploding", "no licence file"),
        ("Missing", "could not be loaded"),
        ("PROTOCOL_TOOLS", "could not be loaded"),
        ("Settings", "not a clinigraph tool"),
        ("Taken", "is taken"),
    ],
)
def test_a_broken_plugin_is_listed_with_its_reason(monkeypatch: pytest.MonkeyPatch, target: str, words: str) -> None:
    install(monkeypatch, broken=target)
    registry = default_registry(Settings())
    assert words in registry.unavailable()["broken"]
    assert "broken" not in registry.names()
    assert set(registry.names()) >= PROTOCOL_TOOLS


def test_building_the_registry_loads_no_network_library() -> None:
    import subprocess

    code = (
        "import sys; from clinigraph.settings import Settings; from clinigraph.tools.registry import default_registry; "
        "r = default_registry(Settings()); r.available(); r.specs(); "
        "print([m for m in ('torch', 'monai', 'segment_anything', 'timm') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
