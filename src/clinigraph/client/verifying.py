"""Which claim verifier a session gets: rules, similarity, an entailment model and a judge as far as they are set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clinigraph.agents.claims.subjects import TextLinker
from clinigraph.agents.contract import CitedLibrary, ClaimVerifier
from clinigraph.agents.verification.chain import ChainVerifier
from clinigraph.agents.verification.entailment import ClassifierEntailment, EntailmentModel, SimilarityEntailment
from clinigraph.agents.verification.judging import JudgeEntailment
from clinigraph.agents.verification.verifier import RuleVerifier
from clinigraph.llm.contract import ChatModel
from clinigraph.settings import Settings


def claim_verifier(
    settings: Settings, library: CitedLibrary, model: ChatModel | None = None, linker: TextLinker | None = None
) -> ClaimVerifier:
    """Return the verifier that the settings ask for.

    Args:
        settings: ``entailment_dir`` names a local model, ``judge_claims`` lets the served model judge.
        library: Where citations are proved.
        model: The served model, when there is one.
        linker: Finds diseases and signs by other names.
    """
    models: list[EntailmentModel] = []
    if settings.entailment_dir is not None:
        models.append(ClassifierEntailment(settings.entailment_dir))
    if settings.judge_claims and model is not None:
        models.append(JudgeEntailment(model))
    return ChainVerifier(RuleVerifier(library, linker), SimilarityEntailment(packaged_encoder()), models)


def packaged_encoder() -> _Encoder:
    """Return the packaged sentence encoder; it loads when first used."""
    return _Encoder()


class _Encoder:
    def __init__(self) -> None:
        from clinigraph.knowledge.embedding import MiniLmEmbedder

        self._embedder = MiniLmEmbedder()

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.asarray(self._embedder.embed(texts), dtype=np.float32)
