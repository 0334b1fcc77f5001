"""Peak memory of a large CT through a MONAI bundle: ``python -m clinigraph.evals.bench.volume_memory``.

A made CT of 512 x 512 x 300 voxels (int16) goes through a small U-Net of many labels with the sliding window of a real
bundle. The run happens in a process of its own, whose ``ru_maxrss`` is printed: interpreter, torch, pixels, masks and
the artifact store included. What is measured is memory; the network has random weights and is kept small for speed,
so the activations of a large network in one window come on top.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from clinigraph.artifacts import ArtifactStore
from clinigraph.models.base import ImageId, StepId
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Image, ImageFormat, ImageGeometry, SpacingSource
from clinigraph.models.tooling import ImageValue, LabelMapValue, ToolCall
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.segmentation.monai_bundle import MonaiBundleSegmenter

_SPACING_MM = (1.0, 0.75, 0.75)


def write_bundle(folder: Path, labels: int, window: int, pixdim: float | None) -> None:
    """Write a bundle with random weights: CT window, optional resampling, ``labels`` outputs beside the background."""
    from monai.networks.nets import UNet
    from safetensors.torch import save_file

    network = {
        "_target_": "UNet", "spatial_dims": 3, "in_channels": 1, "out_channels": labels + 1,
        "channels": [4, 8], "strides": [4],
    }  # fmt: skip
    steps: list[dict[str, object]] = [{"_target_": "Orientationd", "axcodes": "RAS"}]
    if pixdim is not None:
        steps.append({"_target_": "Spacingd", "pixdim": [pixdim] * 3})
    steps.append(
        {"_target_": "ScaleIntensityRanged", "a_min": -175, "a_max": 250, "b_min": 0, "b_max": 1, "clip": True}
    )
    names = {"0": "background"} | {str(n): f"organ {n}" for n in range(1, labels + 1)}
    metadata = {
        "name": "memory", "version": "1.0.0",
        "network_data_format": {
            "inputs": {"image": {"modality": "CT", "num_channels": 1, "spatial_shape": [window] * 3}},
            "outputs": {"pred": {"channel_def": names}},
        },
    }  # fmt: skip
    inference = {"network_def": network, "preprocessing": {"transforms": steps}, "inferer": {"roi_size": [window] * 3}}
    for part in ("configs", "models"):
        (folder / part).mkdir(parents=True)
    (folder / "configs" / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    (folder / "configs" / "inference.json").write_text(json.dumps(inference), encoding="utf-8")
    made = UNet(**{k: v for k, v in network.items() if k != "_target_"})
    save_file(made.state_dict(), folder / "models" / "model.safetensors")


def made_ct(shape: tuple[int, int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    """Return an int16 body-like volume: a noisy cylinder in air."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-1 : 1 : shape[1] * 1j, -1 : 1 : shape[2] * 1j]
    body = np.hypot(y / 0.7, x / 0.9) < 1
    volume = np.empty(shape, dtype=np.int16)
    for plane in volume:
        plane[:] = np.where(body, rng.integers(-50, 120, body.shape), -1000)
    return volume


def child(bundle: Path, shape: tuple[int, int, int]) -> dict[str, object]:
    """Run the bundle and return peak memory in MiB and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        store = ArtifactStore(folder)
        image = Image(
            id=ImageId("ct"),
            artifact_id=store.put(made_ct(shape)),
            geometry=ImageGeometry(
                shape=shape, spacing_mm=_SPACING_MM, spacing_source=SpacingSource.NIFTI_HEADER,
                direction=(0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0),
            ),
            format=ImageFormat.NIFTI,
            modality=Modality.CT,
        )  # fmt: skip
        tool = MonaiBundleSegmenter(bundle, device="cpu")
        started = time.perf_counter()
        call = ToolCall(step_id=StepId("s"), tool="memory", inputs={"image": ImageValue(value=image)})
        masks = tool.run(call, ToolContext(artifacts=store)).outputs["masks"]
        if not isinstance(masks, LabelMapValue):
            raise TypeError("the bundle gave no label map")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        voxels = sum(segment.pixel_count for segment in masks.value.segments)
        return {"peak_mib": round(peak), "seconds": round(time.perf_counter() - started, 1), "voxels_labelled": voxels}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description="Peak memory of a large CT through a MONAI bundle")
    parser.add_argument("--shape", type=int, nargs=3, default=(300, 512, 512), help="slices, rows, columns")
    parser.add_argument("--labels", type=int, default=4, help="structures that the bundle outlines")
    parser.add_argument("--window", type=int, default=96, help="side of the sliding window in voxels")
    parser.add_argument("--pixdim", type=float, help="voxel size that the bundle resamples to, in mm; none by default")
    parser.add_argument("--bundle", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    shape = (options.shape[0], options.shape[1], options.shape[2])
    if options.bundle is not None:
        print(json.dumps(child(options.bundle, shape)))
        return
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "bundle"
        write_bundle(bundle, options.labels, options.window, options.pixdim)
        module = "clinigraph.evals.bench.volume_memory"
        command = [sys.executable, "-m", module, "--bundle", str(bundle), "--shape", *map(str, shape)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own interpreter
    about = {"shape": shape, "labels": options.labels, "window": options.window, "pixdim_mm": options.pixdim}
    print(json.dumps(about | json.loads(done.stdout)))


if __name__ == "__main__":
    main()
