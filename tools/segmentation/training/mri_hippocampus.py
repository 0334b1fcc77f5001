"""Train, measure and write the bundle `mri_hippocampus`: anterior and posterior hippocampus in a T1 crop.

    python -m clinigraph.tools.segmentation.training.mri_hippocampus --data DIR --out BUNDLE [--steps 450]

`DIR` is `mri_hippocampus_quarter` (images/ and masks/, the same names). One fold of four is held out; the figures are
those of the written bundle, run as a tool on the held-out files.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version as installed_version
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Generator, Tensor, nn
from torch.nn import functional

from clinigraph.tools.segmentation.training.loop import Schedule, average, progress
from clinigraph.tools.segmentation.training.mri_hippocampus_data import (
    FOLDS,
    WINDOW,
    augmented,
    list_names,
    read_crops,
    stack,
)

NETWORK: dict[str, object] = {
    "_target_": "UNet",
    "spatial_dims": 3,
    "in_channels": 1,
    "out_channels": 3,
    "channels": [16, 32, 64],
    "strides": [2, 2],
    "num_res_units": 2,
    "norm": ["INSTANCE", {"affine": True}],
}
LABELS = ("background", "anterior hippocampus", "posterior hippocampus")


def build() -> nn.Module:
    """Return the network of the bundle with random weights."""
    from monai.networks.nets import UNet

    made: nn.Module = UNet(**{k: v for k, v in NETWORK.items() if k != "_target_"})
    return made


def loss_of(logits: Tensor, labels: Tensor) -> Tensor:
    """Return cross-entropy plus 1 - soft Dice of both parts."""
    entropy = functional.cross_entropy(logits, labels)
    probability = logits.softmax(dim=1)[:, 1:]
    target = functional.one_hot(labels, len(LABELS)).movedim(-1, 1)[:, 1:].float()
    overlap = (probability * target).sum(dim=(0, 2, 3, 4))
    total = (probability + target).sum(dim=(0, 2, 3, 4))
    return entropy + (1 - (2 * overlap + 1) / (total + 1)).mean()


def train(images: Tensor, labels: Tensor, schedule: Schedule, *, batch: int, seed: int) -> nn.Module:
    """Return the averaged network after training on ``(N, 1, *WINDOW)`` and ``(N, *WINDOW)``."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    network = build().to(device).to(memory_format=torch.channels_last_3d).train()
    teacher = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(network.parameters(), schedule.learning_rate, weight_decay=schedule.weight_decay)
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, schedule.learning_rate, total_steps=schedule.steps, pct_start=0.1
    )
    for step in progress(range(schedule.steps), "mri_hippocampus"):
        chosen = torch.randint(len(images), (batch,), generator=generator)
        picture, wanted = augmented(images[chosen], labels[chosen], generator)
        loss = loss_of(network(picture.to(device, memory_format=torch.channels_last_3d)), wanted.to(device))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        rate.step()
        average(teacher, network, min(schedule.averaging, (1 + step) / (10 + step)))
    return teacher.cpu().eval()


def write(folder: Path, network: nn.Module, trained: Sequence[str], held_out: Sequence[str]) -> None:
    """Write the bundle: weights in half precision, configs/metadata.json, configs/inference.json."""
    weights = save({k: v.half().contiguous() for k, v in network.state_dict().items()})
    (folder / "models").mkdir(parents=True, exist_ok=True)
    (folder / "models" / "model.safetensors").write_bytes(weights)
    metadata: dict[str, object] = {
        "schema": "MONAI bundle metadata",
        "name": "mri_hippocampus",
        "version": "1.0.0",
        "task": "Segmentation of the anterior and posterior hippocampus in a T1 crop",
        "description": "Outlines the anterior and posterior part of one hippocampus in a T1-weighted crop round it.",
        "authors": "Clinigraph",
        "license": "CC BY-SA 4.0",
        "copyright": "Weights: CC BY-SA 4.0, as the training data (Medical Segmentation Decathlon, Task04).",
        "intended_use": "Research use only; not a medical device.",
        "data_source": "Medical Segmentation Decathlon, Task04 Hippocampus (65 crops, one per patient)",
        "monai_version": installed_version("monai"),
        "numpy_version": installed_version("numpy"),
        "pytorch_version": installed_version("torch").split("+")[0],
        "sha256": hashlib.sha256(weights).hexdigest(),
        "network_data_format": _formats(),
        "split": {"folds": FOLDS, "held_out": list(held_out), "trained_on": list(trained)},
    }
    _write_json(folder / "configs" / "metadata.json", metadata)
    _write_json(folder / "configs" / "inference.json", _inference())


def _formats() -> dict[str, object]:
    image = {
        "type": "image",
        "format": "magnitude",
        "modality": "MR",
        "num_channels": 1,
        "spatial_shape": list(WINDOW),
        "dtype": "float32",
        "channel_def": {"0": "T1-weighted image"},
    }
    prediction = {
        "type": "image",
        "format": "segmentation",
        "num_channels": len(LABELS),
        "spatial_shape": list(WINDOW),
        "channel_def": {str(number): name for number, name in enumerate(LABELS)},
    }
    return {"inputs": {"image": image}, "outputs": {"pred": prediction}}


def _inference() -> dict[str, object]:
    steps: list[dict[str, object]] = [
        {"_target_": "LoadImaged", "keys": "image"},
        {"_target_": "EnsureChannelFirstd", "keys": "image"},
        {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
        {"_target_": "Spacingd", "keys": "image", "pixdim": [1.0, 1.0, 1.0], "mode": "bilinear"},
        {"_target_": "NormalizeIntensityd", "keys": "image"},
    ]
    inferer = {"_target_": "SlidingWindowInferer", "roi_size": list(WINDOW), "overlap": 0.25, "mode": "gaussian"}
    return {"network_def": NETWORK, "preprocessing": {"_target_": "Compose", "transforms": steps}, "inferer": inferer}


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train, measure and write the bundle mri_hippocampus.")
    parser.add_argument("--data", type=Path, required=True, help="folder with images/ and masks/")
    parser.add_argument("--out", type=Path, required=True, help="the bundle that is written")
    parser.add_argument("--fold", type=int, default=0, choices=range(FOLDS), help="fold that is held out")
    parser.add_argument("--steps", type=int, default=450)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="processor threads")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on three folds and write the bundle."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    crops = read_crops(options.data)
    names = list_names(options.data)
    held_out = [name for i, name in enumerate(names) if i % FOLDS == options.fold]
    images, labels = stack([crop for crop in crops if crop.fold != options.fold])
    schedule = Schedule(options.steps, learning_rate=3e-3)
    network = train(images, labels, schedule, batch=options.batch, seed=options.fold)
    write(options.out, network, sorted(set(names) - set(held_out)), held_out)


if __name__ == "__main__":
    main()
