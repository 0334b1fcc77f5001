"""The tool `sam_box`: Segment Anything (Kirillov et al. 2023) with the user's own ViT-B, L or H checkpoint.

The checkpoint is loaded only when the settings name its sha256 and the file has it, and as tensors only.
"""

from __future__ import annotations

import hashlib
import io
from collections import OrderedDict
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast

import numpy as np

from clinigraph.errors import WeightsInvalid
from clinigraph.models.tooling import Need
from clinigraph.settings import Settings
from clinigraph.tools.segmentation.device import pick_device
from clinigraph.tools.segmentation.pixels import RGB
from clinigraph.tools.segmentation.prompting import BoxSegmenter, Prompt, PromptedMask, box_spec

if TYPE_CHECKING:
    from segment_anything import SamPredictor
    from torch import Tensor

_VARIANTS = {768: "vit_b", 1024: "vit_l", 1280: "vit_h"}
"""Width of the image encoder to the name that segment-anything gives it."""
_IMAGES_KEPT = 4


class SamEngine:
    """A SAM with a small cache of encoded images; safe to use from several threads."""

    def __init__(self, checkpoint: Path | None, sha256: str | None, device: str = "auto") -> None:
        self._checkpoint = checkpoint
        self._sha256 = (sha256 or "").lower()
        self._wanted_device = device
        self._predictor: SamPredictor | None = None
        self._encoded: OrderedDict[str, tuple[Tensor, tuple[int, int]]] = OrderedDict()
        self._lock = Lock()

    def unavailable(self) -> str:
        """Return why the engine cannot work here, or an empty string; does not read the checkpoint."""
        if find_spec("segment_anything") is None:
            return "the Python package segment-anything is not installed"
        if self._checkpoint is None:
            return "no SAM checkpoint is set (CLINIGRAPH_SAM_CHECKPOINT)"
        if not self._sha256:
            return "the SAM checkpoint has no expected sha256 (CLINIGRAPH_SAM_CHECKPOINT_SHA256), so it is not loaded"
        return "" if self._checkpoint.is_file() else "the SAM checkpoint that is set does not exist"

    def warm_up(self) -> None:
        """Load the checkpoint once.

        Raises:
            WeightsInvalid: No path or sha256 is set, the file is missing, or it is another file.
        """
        with self._lock:
            self._loaded()

    def _loaded(self) -> SamPredictor:
        if self._predictor is None:
            reason = self.unavailable()
            if reason or self._checkpoint is None:
                raise WeightsInvalid("The SAM checkpoint cannot be used", given=reason, todo="Set path and sha256.")
            self._predictor = _load(self._checkpoint, self._sha256, self._wanted_device)
        return self._predictor

    def segment(self, rgb: RGB, prompts: Sequence[Prompt], *, key: str) -> list[PromptedMask]:
        """Outline what each prompt points at.

        Args:
            rgb: ``(H, W, 3)`` uint8.
            prompts: One answer each, in order.
            key: Names the pixels; equal keys must mean equal pixels.
        """
        import torch

        with self._lock, torch.inference_mode():
            predictor = self._loaded()
            self._encode(predictor, rgb, key)
            return [_answer(predictor, prompt) for prompt in prompts]

    def _encode(self, predictor: SamPredictor, rgb: RGB, key: str) -> None:
        if key not in self._encoded:
            predictor.set_image(rgb)
            self._encoded[key] = (predictor.features, predictor.input_size)
            if len(self._encoded) > _IMAGES_KEPT:
                self._encoded.popitem(last=False)
            return
        self._encoded.move_to_end(key)
        predictor.features, predictor.input_size = self._encoded[key]
        predictor.original_size = rgb.shape[:2]
        predictor.is_image_set = True


def _answer(predictor: SamPredictor, prompt: Prompt) -> PromptedMask:
    points = np.array([p[:2] for p in prompt.points], dtype=np.float32) if prompt.points else None
    inside = np.array([int(p[2]) for p in prompt.points]) if prompt.points else None
    box = np.array(prompt.box, dtype=np.float32) if prompt.box is not None else None
    logits, scores, _ = predictor.predict(points, inside, box, multimask_output=False, return_logits=True)
    probability = (1 / (1 + np.exp(-np.clip(logits[0], -30, 30)))).astype(np.float32)
    return PromptedMask(probability > 0.5, probability, float(np.clip(scores[0], 0, 1)))


def _load(checkpoint: Path, sha256: str, device: str) -> SamPredictor:
    import torch
    from segment_anything import SamPredictor, sam_model_registry

    content = checkpoint.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise WeightsInvalid(
            "The SAM checkpoint is not the expected file", given=f"sha256 {found}", todo="Correct path or sha256."
        )
    try:
        state = cast("dict[str, Tensor]", torch.load(io.BytesIO(content), map_location="cpu", weights_only=True))
        net = sam_model_registry[_VARIANTS[int(state["image_encoder.pos_embed"].shape[-1])]]()
        net.load_state_dict(state)
    except Exception as error:
        raise WeightsInvalid(
            "The SAM checkpoint holds no ViT-B, L or H", given=type(error).__name__, todo="Use an original checkpoint."
        ) from error
    return SamPredictor(net.eval().to(pick_device(device)))


class SamSegmenter(BoxSegmenter):
    """Outlines by a box with the checkpoint of the settings."""

    def __init__(self, settings: Settings) -> None:
        spec = box_spec(
            name="sam_box",
            description="Outlines the structure inside a given box with a SAM checkpoint of the user.",
            weights_sha256=settings.sam_checkpoint_sha256,
            licence="as stated by the origin of the user's checkpoint",
            needs=(Need.CHECKPOINT,),
        )
        engine = SamEngine(settings.sam_checkpoint, settings.sam_checkpoint_sha256, settings.device)
        super().__init__(spec, engine)
