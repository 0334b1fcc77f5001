"""Measure a router bundle on held-out pictures and on sets that it never saw.

python -m clinigraph.tools.segmentation.training.router_report --bundle DIR --data DIR --photos DIR --out FILE
"""

from __future__ import annotations

import argparse
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from clinigraph.tools.segmentation.networks.router import ModalityRouter
from clinigraph.tools.segmentation.networks.router_net import content_box
from clinigraph.tools.segmentation.training.router_phantoms import PHANTOMS
from clinigraph.tools.segmentation.training.router_sources import (
    picture_files,
    read_picture,
    read_samples,
    stretch_to_8bit,
)
from clinigraph.tools.segmentation.training.router_synthetic import NOT_MEDICAL

Picture = NDArray[np.uint8]
Item = tuple[str, str, Picture]
"""Name of the set, expected kind, image."""


def wilson(hits: int, total: int) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson, 1927)."""
    if total == 0:
        return 0.0, 1.0
    z, p = 1.96, hits / total
    centre, half = p + z * z / (2 * total), z * np.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return float((centre - half) / (1 + z * z / total)), float((centre + half) / (1 + z * z / total))


def held_out(data: Path, photos: Path, left_out: frozenset[str]) -> Iterator[Item]:
    """Test parts of the sets that were trained on, all of the sets that were left out, and variants of both."""
    for sample in read_samples(data, photos):
        unseen = sample.source in left_out
        if not unseen and sample.part != "test":
            continue
        tag = ("unseen set " if unseen else "held-out files ") + sample.source
        if sample.kind == "not_medical":
            tag = ("unseen" if unseen else "held-out") + " photographs and drawings"
        yield tag, sample.kind, sample.image
        group = "unseen" if unseen else "held-out"
        for name, change in VARIANTS.get(sample.kind, {}).items():
            yield f"{group} {sample.kind}, {name}", sample.kind, change(sample.image)


def _inner(image: Picture, share: float) -> Picture:
    top, bottom, left, right = content_box(image)
    rows, columns = round((bottom - top) * (1 - share) / 2), round((right - left) * (1 - share) / 2)
    return np.ascontiguousarray(image[top + rows : bottom - rows, left + columns : right - columns])


def _poor(image: Picture) -> Picture:
    picture = Image.fromarray(image).resize((96, 96)).resize((image.shape[1], image.shape[0]))
    buffer = io.BytesIO()
    Image.fromarray((np.asarray(picture) * 0.6).astype(np.uint8)).save(buffer, "JPEG", quality=25)
    return np.asarray(Image.open(buffer).convert("RGB"))


def _green(image: Picture) -> Picture:
    return np.ascontiguousarray(image[..., 1])


def _inverted(image: Picture) -> Picture:
    return 255 - image


def _bordered(image: Picture) -> Picture:
    out = np.zeros((image.shape[0] + 40, image.shape[1] + 90, 3), np.uint8)
    out[15:-25, 60:-30] = image
    picture = Image.fromarray(out)
    ImageDraw.Draw(picture).text((70, 25), "L  PORTABLE 12:04", fill="white")
    return np.asarray(picture)


def _disguised(image: Picture) -> Picture:
    """Red tones inside a disc on black: the outline and the colours of a fundus photograph."""
    side = min(image.shape[:2])
    square = image[:side, :side].mean(axis=2, keepdims=True) * np.array([1.3, 0.6, 0.25])
    rows, columns = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    return np.asarray(np.clip(square, 0, 255) * (np.hypot(rows, columns) < 0.97)[..., None], dtype=np.uint8)


DEMO_KINDS = {
    "X-Ray": "chest_film",
    "CT": "ct",
    "MRI": "mr",
    "pathology": "histology",
    "ultrasound": "ultrasound",
    "fundus": "fundus",
    "dermoscopy": "dermoscopy",
    "endoscope": "other_medical",
    "OCT": "other_medical",
}
"""Second part of a BiomedParse file name to the expected kind."""

LIBRARY_PHOTOGRAPHS = (
    "astronaut.png", "brick.png", "camera.png", "chelsea.png", "coffee.png", "coins.png", "grass.png", "gravel.png",
    "hubble_deep_field.jpg", "logo.png", "page.png", "text.png", "rocket.jpg", "moon.png", "clock_motion.png",
    "motorcycle_left.png", "color.png", "horse.png",
)  # fmt: skip
"""Pictures of scikit-image that are not medical."""

VARIANTS: dict[str, dict[str, Callable[[Picture], Picture]]] = {
    "fundus": {
        "cropped without border": lambda image: _inner(image, 0.68),
        "central third": lambda image: _inner(image, 0.36),
        "green channel, grey": _green,
        "dark, blurred, compressed": _poor,
    },
    "chest_film": {
        "inverted": _inverted,
        "black border and letters": _bordered,
        "central 75 %": lambda image: _inner(image, 0.75),
        "dark, blurred, compressed": _poor,
    },
}


def elsewhere(data: Path) -> Iterator[Item]:
    """Sets that no version of the router has ever been trained on."""
    for path in picture_files(data / "cxr_medrax_demo"):
        yield "MedRAX demo films", "chest_film", read_picture(path)
    for path in picture_files(data / "multi_biomedparse_demo" / "demo"):
        kind = DEMO_KINDS[path.stem.split("_")[1].split("-T1")[0].split("-FLAIR")[0]]
        yield f"BiomedParse demo, {kind}", kind, read_picture(path)
    yield from _dicom_files(data)
    yield from _library_photographs()
    yield from _procedural()


def _dicom_files(data: Path) -> Iterator[Item]:
    """Single-frame CT and MR files, shown between the 1st and 99.5th percentile."""
    import pydicom

    for path in sorted([*data.glob("dicom_mix/**/*.dcm"), *data.glob("multi_biomedparse_demo/**/*.dcm")]):
        header = pydicom.dcmread(path, stop_before_pixels=True)
        modality = str(header.get("Modality"))
        if modality in {"CT", "MR"} and int(header.get("Rows", 0)) >= 100 and "NumberOfFrames" not in header:
            plane = np.asarray(pydicom.dcmread(path).pixel_array, dtype=np.float32)
            yield f"DICOM files, {modality}", modality.lower(), stretch_to_8bit(plane)


def _library_photographs() -> Iterator[Item]:
    """Pictures inside scikit-image, scikit-learn and matplotlib."""
    for name in LIBRARY_PHOTOGRAPHS:
        image = read_picture(Path(str(files("skimage.data") / name)))
        yield "library photographs", "not_medical", image
        yield "library photographs, grey and inverted", "not_medical", 255 - _green(image)
        yield "library photographs, red behind a round mask", "not_medical", _disguised(image)
    for name in ("china.jpg", "flower.jpg"):
        path = Path(str(files("sklearn.datasets.images") / name))
        yield "library photographs", "not_medical", read_picture(path)
    portrait = Path(str(files("matplotlib") / "mpl-data" / "sample_data" / "grace_hopper.jpg"))
    yield "library photographs", "not_medical", read_picture(portrait)
    yield "library fundus", "fundus", read_picture(Path(str(files("skimage.data") / "retina.jpg")))


def _procedural() -> Iterator[Item]:
    """Drawn pictures with a seed that training does not use."""
    for index in range(240):
        rng = np.random.default_rng((99, index))
        yield "drawn, not medical", "not_medical", NOT_MEDICAL[index % len(NOT_MEDICAL)](rng)
        yield "drawn look-alikes", "unknown", PHANTOMS[index % len(PHANTOMS)](rng)


def measure(router: ModalityRouter, items: Iterator[Item]) -> dict[str, dict[str, object]]:
    """Count the answers per set.

    Returns:
        Set to expected kind, number of images, answers, share of right answers with its 95 % interval.
    """
    answers: dict[str, Counter[str]] = {}
    expected: dict[str, str] = {}
    for name, kind, image in items:
        answers.setdefault(name, Counter())[router.predict(image).kind] += 1
        expected[name] = kind
    table: dict[str, dict[str, object]] = {}
    for name, counts in sorted(answers.items()):
        hits, total = counts[expected[name]], counts.total()
        low, high = wilson(hits, total)
        table[name] = {
            "expected": expected[name], "images": total, "right": hits, "interval": [round(low, 3), round(high, 3)],
            "answers": dict(counts.most_common()),
        }  # fmt: skip
    return table


def main() -> None:
    """Measure and write a table as JSON."""
    parser = argparse.ArgumentParser(description="Measure the modality router.")
    for name in ("--bundle", "--data", "--photos", "--out"):
        parser.add_argument(name, type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    metadata = json.loads((options.bundle / "metadata.json").read_text(encoding="utf-8"))
    left_out = frozenset(cast("list[str]", metadata["training"]["left_out"]))
    router = ModalityRouter(options.bundle)
    table = measure(router, held_out(options.data, options.photos, left_out))
    table |= measure(router, elsewhere(options.data))
    options.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
