"""Conformance suite for embedders.

Every implementation, ours or a user's, is run through the same checks::

    @pytest.mark.parametrize("check", EMBEDDER_CHECKS, ids=check_name)
    def test_my_embedder_keeps_the_contract(check):
        check(MyEmbedder)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clinigraph.knowledge.embedding import Embedder

EmbedderMaker = Callable[[], Embedder]

_TEXTS = ("The optic disc.", "Heart size on an erect film. " * 60, "", "Röntgen ≥ 50 %", "The optic disc.")


def _nothing_gives_nothing(make: EmbedderMaker) -> None:
    embedder = make()
    _require(embedder.embed([]).shape == (0, embedder.dimension), "no texts give an array of no rows")


def _vectors_are_units_in_order(make: EmbedderMaker) -> None:
    embedder = make()
    vectors = embedder.embed(_TEXTS)
    _require(vectors.shape == (len(_TEXTS), embedder.dimension), "there is one vector for each text")
    _require(vectors.dtype == np.float32, "vectors are float32")
    _require(bool(np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)), "vectors have length 1")
    backwards = embedder.embed(_TEXTS[::-1])[::-1]
    _require(bool(np.allclose(vectors, backwards, atol=1e-5)), "vectors come in the order of the texts")


def _a_text_has_one_vector(make: EmbedderMaker) -> None:
    embedder = make()
    together = embedder.embed(_TEXTS)
    _require(bool(np.allclose(together[0], together[4], atol=1e-5)), "a text twice has one vector")
    for text, vector in zip(_TEXTS, together, strict=True):
        alone = embedder.embed([text])[0]
        _require(bool(np.allclose(alone, vector, atol=1e-5)), "company does not change a text's vector")


def _names_are_stable(make: EmbedderMaker) -> None:
    one, other = make(), make()
    one.warm_up()
    _require(bool(one.name) and one.name == other.name, "the name is the same before and after warming up")


EMBEDDER_CHECKS: tuple[Callable[[EmbedderMaker], None], ...] = (
    _nothing_gives_nothing,
    _vectors_are_units_in_order,
    _a_text_has_one_vector,
    _names_are_stable,
)
"""All checks; each takes a function that makes an embedder."""


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise AssertionError(f"the embedder breaks a rule: {rule}")
