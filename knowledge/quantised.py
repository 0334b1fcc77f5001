"""A BERT encoder with eight-bit matrices, run by ONNX Runtime without a deep-learning framework.

Weights are rounded to seven bits per output channel when the model is loaded, activations to eight bits per text
(dynamic quantisation after Zafrir et al., Q8BERT, 2019). With seven bits the sums of AVX2 machines without VNNI do not
saturate, so that every x86 machine adds the same integers. One text is one run: what stands beside a text in a batch
cannot change its scale, and nothing is padded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto
    from onnxruntime import InferenceSession

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Weights = Mapping[str, Floats]

_EPSILON = 1e-12
"""Of layer normalisation, as in the published configuration of BERT."""
_LARGEST = 63
"""Largest magnitude of a quantised weight."""
_CONTRIB = "com.microsoft"


@dataclass(frozen=True, slots=True)
class BertShape:
    """The sizes of an encoder, as its ``config.json`` states them."""

    layers: int
    heads: int
    hidden: int


class QuantisedBert:
    """Token ids of one text to one unit vector: mean over the tokens, then L2.

    Args:
        weights: Tensors by their names in a BERT checkpoint, float32; dense weights are (out, in).
        shape: Sizes of the network.
    """

    def __init__(self, weights: Weights, shape: BertShape) -> None:
        self._words = weights["embeddings.word_embeddings.weight"]
        self._places = (
            weights["embeddings.position_embeddings.weight"] + (weights["embeddings.token_type_embeddings.weight"][0])
        )
        self._session = _session(_Graph(weights, shape).model())

    def encode(self, ids: Ints) -> Floats:
        """Return the unit vector of one text; may be called by several threads at once.

        Args:
            ids: (tokens,) token ids.

        Returns:
            (hidden,) float32.
        """
        tokens = self._words[ids] + self._places[: len(ids)]
        (hidden,) = self._session.run(["out"], {"in": tokens[None]})
        mean: Floats = np.asarray(hidden, dtype=np.float32)[0].mean(axis=0)
        unit: Floats = mean / np.maximum(np.linalg.norm(mean), np.float32(1e-12))
        return unit


def _session(model: ModelProto) -> InferenceSession:
    """Return a session of one thread: texts run side by side, each on its own core."""
    from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.graph_optimization_level = GraphOptimizationLevel.ORT_DISABLE_ALL
    return InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


class _Graph:
    """Builds the network node by node, with the fused operators of ONNX Runtime."""

    def __init__(self, weights: Weights, shape: BertShape) -> None:
        self._weights = weights
        self._shape = shape
        self._nodes: list[NodeProto] = []
        self._tensors: list[TensorProto] = []

    def model(self) -> ModelProto:
        """Return the network from embedded tokens (1, tokens, hidden) to contextual ones of the same shape."""
        from onnx import TensorProto, helper

        hidden = self._norm("in", "embeddings.LayerNorm")
        for layer in range(self._shape.layers):
            hidden = self._layer(hidden, f"encoder.layer.{layer}.")
        self._node("Identity", [hidden], "out", domain="")
        sizes: list[str | int | None] = [1, "tokens", self._shape.hidden]
        graph = helper.make_graph(
            self._nodes,
            "bert",
            [helper.make_tensor_value_info("in", TensorProto.FLOAT, sizes)],
            [helper.make_tensor_value_info("out", TensorProto.FLOAT, sizes)],
            self._tensors,
        )
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)

    def _layer(self, hidden: str, prefix: str) -> str:
        heads = self._heads(self._quantise(hidden, f"{prefix}in"), f"{prefix}attention.self.")
        context = self._node("MultiHeadAttention", heads, f"{prefix}context", num_heads=self._shape.heads)
        out = f"{prefix}attention.output."
        attended = self._add_norm(self._dense(self._quantise(context, f"{out}in"), f"{out}dense"), hidden, out)
        middle = f"{prefix}intermediate.dense"
        inner = self._node("Gelu", [self._dense(self._quantise(attended, f"{middle}.in"), middle)], middle)
        out = f"{prefix}output."
        return self._add_norm(self._dense(self._quantise(inner, f"{out}in"), f"{out}dense"), attended, out)

    def _heads(self, packed: tuple[str, str, str], prefix: str) -> list[str]:
        """Return query, key and value, from one product with the three matrices side by side."""
        from onnx import helper

        names = [f"{prefix}{n}" for n in ("query", "key", "value")]
        weight, bias = (np.concatenate([self._weights[f"{n}.{part}"] for n in names]) for part in ("weight", "bias"))
        together = self._product(packed, f"{prefix}all", weight, bias)
        sizes = self._tensor(np.full(len(names), self._shape.hidden, dtype=np.int64), f"{prefix}sizes")
        self._nodes.append(helper.make_node("Split", [together, sizes], names, axis=-1))
        return names

    def _quantise(self, values: str, name: str) -> tuple[str, str, str]:
        outputs = (f"{name}.q", f"{name}.scale", f"{name}.zero")
        from onnx import helper

        self._nodes.append(helper.make_node("DynamicQuantizeLinear", [values], list(outputs)))
        return outputs

    def _dense(self, packed: tuple[str, str, str], name: str) -> str:
        return self._product(packed, name, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _product(self, packed: tuple[str, str, str], name: str, weight: Floats, bias: Floats) -> str:
        whole, scale = _quantised(weight)
        inputs = [packed[0], self._tensor(whole, f"{name}.w"), packed[1], self._tensor(scale, f"{name}.s"), packed[2]]
        zero = self._tensor(np.zeros(len(scale), dtype=np.int8), f"{name}.z")
        return self._node("MatMulIntegerToFloat", [*inputs, zero, self._tensor(bias, f"{name}.b")], f"{name}.out")

    def _norm(self, values: str, name: str) -> str:
        gain = self._tensor(self._weights[f"{name}.weight"], f"{name}.g")
        bias = self._tensor(self._weights[f"{name}.bias"], f"{name}.b")
        return self._node(
            "LayerNormalization", [values, gain, bias], f"{name}.out", domain="", axis=-1, epsilon=_EPSILON
        )

    def _add_norm(self, values: str, skip: str, prefix: str) -> str:
        """Add and normalise; the fused operator is slower on a CPU."""
        return self._norm(self._node("Add", [values, skip], f"{prefix}sum", domain=""), f"{prefix}LayerNorm")

    def _tensor(self, values: NDArray[np.generic], name: str) -> str:
        from onnx import numpy_helper

        self._tensors.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(self, kind: str, inputs: list[str], output: str, *, domain: str = _CONTRIB, **attributes: float) -> str:
        from onnx import helper

        node = helper.make_node(kind, inputs, [output], domain=domain)
        node.attribute.extend(helper.make_attribute(name, value) for name, value in attributes.items())
        self._nodes.append(node)
        return output


def _quantised(weight: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return an (in, out) matrix of small integers and the (out,) step of each column, from an (out, in) weight."""
    step = np.maximum(np.abs(weight).max(axis=1), np.float32(1e-12)) / np.float32(_LARGEST)
    whole = np.rint(weight / step[:, None]).astype(np.int8)
    return np.ascontiguousarray(whole.T), step.astype(np.float32)
