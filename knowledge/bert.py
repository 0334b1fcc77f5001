"""The forward pass of a BERT encoder in NumPy.

A query is one short text: for it, importing a deep-learning framework takes a hundred times longer than the network
itself. This module runs the same weights with NumPy alone (Devlin et al., NAACL 2019, with the exact GELU of Hendrycks
and Gimpel 2016) and agrees with the reference implementation to about 1e-6 per component.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Weights = dict[str, Floats]

_LAYER_NORM_EPS = np.float32(1e-12)


@dataclass(frozen=True, slots=True)
class BertShape:
    """The sizes of an encoder, as its ``config.json`` states them."""

    layers: int
    heads: int
    hidden: int


class BertEncoder:
    """Token ids to one unit vector per text: mean over the tokens that are not padding, then L2.

    Args:
        weights: Tensors by their names in a BERT checkpoint, float32; dense weights are (out, in).
        shape: Sizes of the network.
    """

    def __init__(self, weights: Weights, shape: BertShape) -> None:
        self._weights = weights
        self._shape = shape

    def encode(self, ids: Ints, mask: Ints) -> Floats:
        """Return one unit vector per row.

        Args:
            ids: (batch, tokens) token ids, padded at the end.
            mask: (batch, tokens) one for tokens, zero for padding.

        Returns:
            (batch, hidden) float32.
        """
        hidden = self._embed(ids)
        bias = np.where(mask[:, None, None, :] == 0, np.float32(-1e9), np.float32(0))
        for layer in range(self._shape.layers):
            hidden = self._layer(hidden, bias, f"encoder.layer.{layer}.")
        kept = mask[:, :, None].astype(np.float32)
        pooled = (hidden * kept).sum(axis=1) / np.maximum(kept.sum(axis=1), np.float32(1e-9))
        return _unit(pooled)

    def _embed(self, ids: Ints) -> Floats:
        weights = self._weights
        words: Floats = weights["embeddings.word_embeddings.weight"][ids]
        words = words + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        words += weights["embeddings.token_type_embeddings.weight"][0]
        return self._normalise(words, "embeddings.LayerNorm")

    def _layer(self, hidden: Floats, bias: Floats, prefix: str) -> Floats:
        context = self._attention(hidden, bias, f"{prefix}attention.")
        attended = self._dense(context, f"{prefix}attention.output.dense")
        attended += hidden
        attended = self._normalise(attended, f"{prefix}attention.output.LayerNorm")
        inner = _gelu(self._dense(attended, f"{prefix}intermediate.dense"))
        out = self._dense(inner, f"{prefix}output.dense")
        out += attended
        return self._normalise(out, f"{prefix}output.LayerNorm")

    def _attention(self, hidden: Floats, bias: Floats, prefix: str) -> Floats:
        batch, tokens, width = hidden.shape
        heads, size = self._shape.heads, width // self._shape.heads

        def split(name: str) -> Floats:
            flat = self._dense(hidden, f"{prefix}self.{name}")
            return flat.reshape(batch, tokens, heads, size).transpose(0, 2, 1, 3)

        query = split("query") * np.float32(size**-0.5)
        scores = query @ split("key").transpose(0, 1, 3, 2)
        scores += bias
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        context: Floats = np.matmul(scores, split("value")).astype(np.float32, copy=False)
        return context.transpose(0, 2, 1, 3).reshape(batch, tokens, width)

    def _dense(self, values: Floats, name: str) -> Floats:
        flat = values.reshape(-1, values.shape[-1]) @ self._weights[f"{name}.weight"].T
        flat += self._weights[f"{name}.bias"]
        result: Floats = flat.reshape(*values.shape[:-1], -1)
        return result

    def _normalise(self, values: Floats, name: str) -> Floats:
        centred: Floats = values - values.mean(axis=-1, keepdims=True, dtype=np.float32)
        spread = np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + _LAYER_NORM_EPS)
        centred /= spread
        centred *= self._weights[f"{name}.weight"]
        centred += self._weights[f"{name}.bias"]
        return centred


def _gelu(values: Floats) -> Floats:
    """Return x times the standard normal distribution function of x."""
    from scipy.special import ndtr

    result: Floats = values * ndtr(values)
    return result


def _unit(vectors: Floats) -> Floats:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Floats = (vectors / np.maximum(norms, np.float32(1e-12))).astype(np.float32)
    return result
