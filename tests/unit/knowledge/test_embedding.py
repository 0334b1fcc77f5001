"""The offline embedder: unit vectors, stable, and the same as the reference implementation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clinigraph.errors import WeightsInvalid
from clinigraph.knowledge import embedding
from clinigraph.knowledge.embedding import DirectoryEmbedder, Embedder, MiniLmEmbedder, minilm_folder

TEXTS = [
    "vertical cup-disc ratio",
    "Cardiothoracic ratio on an erect film. " * 20,
    "ejection fraction",
    "Röntgen ≥ 50 %",
]


@pytest.fixture(scope="module")
def minilm() -> MiniLmEmbedder:
    return MiniLmEmbedder()


def test_vectors_are_units_in_the_order_of_the_texts(minilm: MiniLmEmbedder) -> None:
    vectors = minilm.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), minilm.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(minilm.embed(TEXTS[::-1]), vectors[::-1], atol=1e-5)


def test_a_text_has_the_same_vector_alone_and_in_company(minilm: MiniLmEmbedder) -> None:
    together = minilm.embed(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(minilm.embed([text])[0], vector, atol=1e-5)


def test_likeness_follows_meaning(minilm: MiniLmEmbedder) -> None:
    query, near, far = minilm.embed(["enlarged heart", "cardiomegaly on the chest film", "itching of the skin"])
    assert query @ near > query @ far + 0.2


def test_nothing_gives_nothing(minilm: MiniLmEmbedder) -> None:
    assert minilm.embed([]).shape == (0, 384)


def test_other_weights_are_refused_with_their_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "MINILM_SHA256", "0" * 64)
    with pytest.raises(WeightsInvalid, match="53aa5117"):
        MiniLmEmbedder().warm_up()


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsInvalid, match="no embedding model"):
        DirectoryEmbedder(tmp_path).embed(["text"])


def test_the_constructors_are_light(tmp_path: Path) -> None:
    DirectoryEmbedder(tmp_path / "nowhere")
    assert isinstance(MiniLmEmbedder(), Embedder)


def test_many_texts_on_several_cores_come_back_in_order(minilm: MiniLmEmbedder) -> None:
    texts = [f"{n} mm of rim" for n in range(100)]
    many = minilm.embed(texts)
    np.testing.assert_allclose(many[[7, 42]], minilm.embed([texts[7], texts[42]]), atol=1e-5)


@pytest.mark.slow
def test_eight_bits_stay_near_the_reference_implementation(minilm: MiniLmEmbedder) -> None:
    reference = DirectoryEmbedder(minilm_folder())
    assert reference.dimension == minilm.dimension
    likeness = (minilm.embed(TEXTS) * reference.embed(TEXTS)).sum(axis=1)
    assert likeness.min() > 0.97
