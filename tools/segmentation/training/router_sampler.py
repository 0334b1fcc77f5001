"""Drawing training examples: which class, which picture, and what is done to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.utils.data import Dataset

from clinigraph.tools.segmentation.networks.router_net import BORDER_LEVEL, to_tensor
from clinigraph.tools.segmentation.training import router_geometry as geometry
from clinigraph.tools.segmentation.training import router_photometry as light
from clinigraph.tools.segmentation.training.router_geometry import Image8
from clinigraph.tools.segmentation.training.router_phantoms import phantom
from clinigraph.tools.segmentation.training.router_sources import Sample
from clinigraph.tools.segmentation.training.router_synthetic import not_medical

CLASSES = ("fundus", "chest_film", "dermoscopy", "ultrasound", "mr", "histology", "not_medical", "outlier")
"""Outputs of the network; `outlier` is answered as `unknown`."""
SHARES = (0.18, 0.21, 0.05, 0.08, 0.08, 0.03, 0.28, 0.09)
"""How often each class is drawn."""


def fundus(image: Image8, rng: Generator) -> Image8:
    """A fundus photograph as another camera, operator or viewer would show it, redrawn while nothing is to be seen."""
    for _ in range(4):
        out = _fundus_once(image, rng)
        content = out[out.max(axis=2) > BORDER_LEVEL]
        glare = float((content.min(axis=1) > 245).mean()) if len(content) > 1500 else 1.0
        if glare < 0.25 and float(content.std(axis=0).max()) > 9:
            return out
    return geometry.fundus_view(image, rng)


def _fundus_once(image: Image8, rng: Generator) -> Image8:
    out = geometry.fundus_view(image, rng)
    out = light.colour(out, rng, rng.uniform(0.2, 0.9)) if rng.random() < 0.85 else out
    if rng.random() < 0.07:
        out = light.local_contrast(out, rng)
    if rng.random() < 0.22:
        out = light.greyed(out, rng)
        out = light.windowed(out, rng) if rng.random() < 0.4 else out
    return _finish(out, rng, lighting=0.35, text=0.15, framed=0.2)


def chest_film(image: Image8, rng: Generator) -> Image8:
    """A chest film: cropped, turned, portable, windowed, inverted, with letters and borders."""
    turn = rng.uniform(-8, 8) if rng.random() < 0.85 else rng.uniform(-30, 30)
    out = geometry.cut(image, geometry.random_box(image, rng, 0.55, 1.06, 2.0), rng, turn)
    out = geometry.flip(out, rng, vertical=0.02, transpose=0.0)
    if rng.random() < 0.04:
        out = np.ascontiguousarray(np.rot90(out, int(rng.integers(4))))
    out = light.film(out, rng) if rng.random() < 0.75 else out
    out = light.lines_and_shadows(out, rng) if rng.random() < 0.45 else out
    out = light.windowed(out, rng) if rng.random() < 0.6 else out
    out = light.inverted(out) if rng.random() < 0.25 else out
    out = light.colour(out, rng, 0.25) if rng.random() < 0.12 else out
    return _finish(out, rng, lighting=0.3, text=0.45, framed=0.4, ground=int(rng.choice([0, 0, 0, 255, 20])))


def dermoscopy(image: Image8, rng: Generator) -> Image8:
    """A skin lesion through a dermatoscope."""
    box = geometry.random_box(image, rng, 0.5, 1.0, 1.3)
    out = geometry.flip(geometry.cut(image, box, rng, rng.uniform(-40, 40)), rng, transpose=0.5)
    out = light.colour(out, rng, 0.5) if rng.random() < 0.8 else out
    out = geometry.masked(out, geometry.field_mask(rng), rng) if rng.random() < 0.25 else out
    return _finish(out, rng, lighting=0.3, text=0.15, framed=0.1)


def ultrasound(image: Image8, rng: Generator) -> Image8:
    """A B-mode picture, whole or cropped, at times cut to a fan."""
    out = geometry.flip(geometry.cut(image, geometry.random_box(image, rng, 0.65, 1.05, 1.3), rng), rng, vertical=0.1)
    out = light.windowed(out, rng) if rng.random() < 0.5 else out
    if rng.random() < 0.35:
        out = geometry.masked(out, geometry.sector_mask(rng), rng)
    out = light.colour(out, rng, 0.3) if rng.random() < 0.2 else out
    return _finish(out, rng, lighting=0.15, text=0.45, framed=0.35)


def mr(image: Image8, rng: Generator) -> Image8:
    """A magnetic-resonance slice."""
    box = geometry.random_box(image, rng, 0.55, 1.1, 1.3)
    out = geometry.flip(geometry.cut(image, box, rng, rng.uniform(-20, 20)), rng, transpose=0.5)
    out = light.windowed(out, rng) if rng.random() < 0.7 else out
    return _finish(out, rng, lighting=0.2, text=0.2, framed=0.35)


def histology(image: Image8, rng: Generator) -> Image8:
    """A stained section at varying magnification and stain."""
    box = geometry.random_box(image, rng, 0.22, 0.75, 1.2)
    out = geometry.flip(geometry.cut(image, box, rng, rng.uniform(-45, 45)), rng, transpose=0.5)
    out = light.restain(out, rng) if rng.random() < 0.8 else out
    return _finish(light.colour(out, rng, 0.4), rng, lighting=0.2, text=0.05, framed=0.05)


def photograph(image: Image8, rng: Generator) -> Image8:
    """A photograph or drawing, often disguised: red, grey, inverted, behind a round mask."""
    turn = rng.uniform(-30, 30) if rng.random() < 0.3 else 0.0
    out = geometry.cut(image, geometry.random_box(image, rng, 0.2, 1.05, 1.5), rng, turn)
    out = geometry.flip(out, rng, vertical=0.15, transpose=0.1)
    out = light.colour(out, rng, 0.7) if rng.random() < 0.6 else out
    disguise = rng.random()
    if disguise < 0.2:
        out = light.tint(out, rng)
    elif disguise < 0.48:
        out = light.greyed(out, rng)
        out = light.windowed(out, rng) if rng.random() < 0.4 else out
    elif disguise < 0.52:
        out = light.local_contrast(out, rng)
    out = light.inverted(out) if rng.random() < 0.06 else out
    if rng.random() < 0.22:
        out = geometry.masked(out, geometry.field_mask(rng), rng)
    return _finish(out, rng, lighting=0.2, text=0.1, framed=0.2)


def drawn(rng: Generator) -> Image8:
    """A procedural picture that is not medical."""
    out = not_medical(rng)
    if rng.random() < 0.15:
        out = geometry.masked(out, geometry.field_mask(rng), rng)
    if rng.random() < 0.35:
        out = light.greyed(out, rng) if rng.random() < 0.7 else light.tint(out, rng)
    return _finish(out, rng, lighting=0.35, text=0.05, framed=0.1)


def torn(image: Image8, rng: Generator) -> Image8:
    """Anatomy destroyed: a shuffled picture or a tiny patch of it."""
    if rng.random() < 0.5:
        out = geometry.cut(image, geometry.random_box(image, rng, 0.08, 0.18, 1.3), rng)
    else:
        out = geometry.shuffled(geometry.cut(image, geometry.random_box(image, rng, 0.7, 1, 1.2), rng), rng,
                                int(rng.integers(3, 7)))  # fmt: skip
    return _finish(light.windowed(out, rng) if rng.random() < 0.5 else out, rng, lighting=0.2, text=0.1, framed=0.1)


def _finish(image: Image8, rng: Generator, *, lighting: float, text: float, framed: float, ground: int = 0) -> Image8:
    """Common last steps, each with its probability: light, loss of quality, border, letters."""
    image = light.lighting(image, rng) if rng.random() < lighting else image
    image = light.degrade(image, rng)
    image = geometry.frame(image, rng, ground) if rng.random() < framed else image
    return light.overlay(image, rng) if rng.random() < text else image


RECIPES: dict[str, Callable[[Image8, Generator], Image8]] = {
    "fundus": fundus, "chest_film": chest_film, "dermoscopy": dermoscopy, "ultrasound": ultrasound, "mr": mr,
    "histology": histology, "not_medical": photograph,
}  # fmt: skip


class Examples(Dataset[tuple[Tensor, int]]):
    """An endless-looking set: example i is a pure function of the seed and i."""

    def __init__(self, samples: Sequence[Sample], length: int, seed: int) -> None:
        self.length = length
        self.seed = seed
        self.pools: dict[str, dict[str, list[Image8]]] = {}
        for sample in samples:
            self.pools.setdefault(sample.kind, {}).setdefault(sample.source, []).append(sample.image)

    def __len__(self) -> int:
        """Number of examples."""
        return self.length

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Example `index` as ((3, 128, 128) float tensor, class index)."""
        rng = np.random.default_rng((self.seed, index))
        label = int(rng.choice(len(CLASSES), p=np.array(SHARES) / sum(SHARES)))
        return to_tensor(np.ascontiguousarray(self.draw(CLASSES[label], rng))[None])[0], label

    def draw(self, kind: str, rng: Generator) -> Image8:
        """One augmented picture (128, 128, 3) of a class."""
        if kind == "outlier":
            if rng.random() < 0.65:
                return _finish(phantom(rng), rng, lighting=0.1, text=0.25, framed=0.2)
            return torn(self._pick(str(rng.choice(["chest_film", "chest_film", "ultrasound", "mr"])), rng), rng)
        if kind == "not_medical" and rng.random() < 0.25:
            return drawn(rng)
        return RECIPES[kind](self._pick(kind, rng), rng)

    def _pick(self, kind: str, rng: Generator) -> Image8:
        """A picture of a class; sources weigh with the square root of their size, so that small ones are seen."""
        pool = self.pools[kind]
        weights = np.sqrt([len(images) for images in pool.values()])
        images = list(pool.values())[int(rng.choice(len(pool), p=weights / weights.sum()))]
        return images[int(rng.integers(len(images)))]


def seed_worker(_: int) -> None:
    """Keep a data-loading process to one thread."""
    torch.set_num_threads(1)
