"""Writing bundles: several trained runs become one file of weights with its metadata."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version as installed_version
from pathlib import Path

from safetensors.torch import load_file, save

from clinigraph.tools.segmentation.networks.unet import UNetPlan


def write_bundle(
    folder: Path, runs: Sequence[Path], plans: Mapping[str, UNetPlan], about: Mapping[str, object]
) -> None:
    """Write models/model.safetensors, metadata.json and configs/inference.json.

    Args:
        folder: The bundle.
        runs: Weights of the runs that form the ensemble, as the training commands write them.
        plans: Role to architecture.
        about: What metadata.json says besides: version, description, copyright, data and so on.
    """
    weights = {}
    for index, run in enumerate(runs):
        for key, value in load_file(run).items():
            role, name = key.split(".", 1)
            weights[f"{role}.{index}.{name}"] = value
    (folder / "models").mkdir(parents=True, exist_ok=True)
    path = folder / "models" / "model.safetensors"
    path.write_bytes(save(weights))
    networks = {role: _plan_as_dict(plan, len(runs)) for role, plan in plans.items()}
    metadata = {
        **about,
        **{f"{name}_version": installed_version(name) for name in ("monai", "numpy")},
        "pytorch_version": installed_version("torch").split("+")[0],
        "networks": networks,
        "members_from": [run.stem for run in runs],
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    _write_json(folder / "metadata.json", metadata)
    _write_json(folder / "configs" / "inference.json", _inference(plans))


def _plan_as_dict(plan: UNetPlan, members: int) -> dict[str, object]:
    return {
        "in_channels": plan.in_channels,
        "out_channels": plan.out_channels,
        "channels": list(plan.channels),
        "norm": plan.norm,
        "members": members,
    }


def _inference(plans: Mapping[str, UNetPlan]) -> dict[str, object]:
    """MONAI bundle configuration: networks by role; cutting and averaging are in segmentation/networks."""
    definitions: dict[str, object] = {
        f"network_{role}": {
            "_target_": "UNet",
            "spatial_dims": 2,
            "in_channels": plan.in_channels,
            "out_channels": plan.out_channels,
            "channels": list(plan.channels),
            "strides": [2] * (len(plan.channels) - 1),
            "num_res_units": 2,
            "norm": [plan.norm, {"affine": True}],
        }
        for role, plan in plans.items()
    }
    return {"bundle_root": ".", "weights": "$@bundle_root + '/models/model.safetensors'", **definitions}


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
