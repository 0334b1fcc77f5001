"""Train the modality router.

python -m clinigraph.tools.segmentation.training.modality_router --data DIR --photos DIR --out DIR

Writes DIR/models/model.safetensors and DIR/metadata.json. The same seed gives the same examples in the same order.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from clinigraph.tools.segmentation.networks.router_net import RouterNet
from clinigraph.tools.segmentation.training.router_fit import Calibration, calibrate, fit
from clinigraph.tools.segmentation.training.router_sampler import CLASSES
from clinigraph.tools.segmentation.training.router_sources import Sample, read_samples

VERSION = "1.0.0"
LOWEST_SCORE = 0.6
"""A best score below this is answered as `unknown`."""


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train the modality router.")
    parser.add_argument("--data", type=Path, required=True, help="folder with the medical image sets")
    parser.add_argument("--photos", type=Path, required=True, help="folder with one folder of photographs per origin")
    parser.add_argument("--out", type=Path, required=True, help="bundle folder to write")
    parser.add_argument("--leave-out", action="append", default=[], metavar="SET", help="set that must not be read")
    parser.add_argument("--steps", type=int, default=1500, help="batches of 32 new and 32 remembered examples")
    parser.add_argument("--start", type=Path, help="bundle whose weights to train further")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw examples")
    parser.add_argument("--threads", type=int, default=1, help="threads of the training process")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def _digest(bundle: Path | None) -> str | None:
    """SHA-256 of the weights that training started from."""
    return hashlib.sha256((bundle / "models" / "model.safetensors").read_bytes()).hexdigest() if bundle else None


def weights_of(bundle: Path) -> dict[str, Tensor]:
    """The network's weights in a bundle."""
    tensors = load_file(bundle / "models" / "model.safetensors")
    prefix = "network."
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def write_bundle(
    out: Path, network: RouterNet, calibration: Calibration, samples: Sequence[Sample], options: argparse.Namespace
) -> None:
    """Write the weights and what describes them."""
    tensors = {f"network.{name}": value.contiguous() for name, value in network.state_dict().items()}
    tensors["calibration.means"] = calibration.means.contiguous()
    tensors["calibration.whitening"] = calibration.whitening.contiguous()
    content = save(tensors)
    (out / "models").mkdir(parents=True, exist_ok=True)
    (out / "models" / "model.safetensors").write_bytes(content)
    counts = Counter((s.source, s.part) for s in samples)
    metadata = {
        "name": "modality_router",
        "version": VERSION,
        "sha256": hashlib.sha256(content).hexdigest(),
        "license": "research use only, non-commercial (see README.md)",
        "classes": list(CLASSES),
        "temperature": calibration.temperature,
        "lowest_score": LOWEST_SCORE,
        "distance_limits": {k: round(v, 3) for k, v in zip(CLASSES, calibration.distance_limits, strict=True)},
        "training": {
            "seed": options.seed,
            "steps": options.steps,
            "started_from": _digest(options.start),
            "left_out": sorted(options.leave_out),
            "pictures": {
                source: {part: counts[source, part] for part in ("train", "val", "test")}
                for source in sorted({s.source for s in samples})
            },
        },
    }
    (out / "metadata.json").write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Read, train, calibrate, write."""
    options = arguments()
    torch.set_num_threads(options.threads)
    samples = read_samples(options.data, options.photos, frozenset(options.leave_out))
    start = weights_of(options.start) if options.start else None
    network = fit(samples, steps=options.steps, seed=options.seed, workers=options.workers, start=start)
    calibration = calibrate(network, samples, seed=options.seed)
    write_bundle(options.out, network, calibration, samples, options)


if __name__ == "__main__":
    main()
