"""The modality router: held-out pictures of each kind, and pictures that it has to turn away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from clinigraph.evals.contract import EvalContext, EvalItem
from clinigraph.evals.imaging import splits
from clinigraph.evals.imaging.figures import Figure
from clinigraph.evals.imaging.running import read_picture, shown

if TYPE_CHECKING:
    from clinigraph.tools.segmentation.networks.router import ModalityRouter

Picture = NDArray[np.uint8]
_PREFIXES = {"fundus": "fundus", "cxr": "chest_film", "derm": "dermoscopy", "us": "ultrasound", "mri": "mr"}
"""First word of a set's name to the kind that its pictures show."""
_DRAWN = 60
"""Text pages and noise pictures, each."""
_REJECTED = ("not_medical", "unknown")


class Kinds:
    """Pictures of ``fundus_*``, ``cxr_*``, ``derm_*``, ``us_*`` and ``mri_*``; rejects come with the benchmark."""

    name = "router"
    title = "Modality router: kinds, and what is no medical picture"
    folders = ("fundus_*", "cxr_*", "derm_*", "us_*", "mri_*")
    figures = (
        Figure("right", "kind named right", 0.0, 0.98, share=True),
        Figure("rejected", "turned away (not medical, or unknown)", 0.0, 0.95, share=True),
    )
    note = (
        "Of sets that trained the router only the files of its test part (by a hash of the name or patient) are shown. "
        "Cats and everyday pictures are those inside scikit-image; one cat is cropped and mirrored, so its interval is "
        "too narrow. Text pages and noise are drawn here by generators that training does not use."
    )

    def items(self, folders: Sequence[Path], context: EvalContext) -> list[EvalItem]:
        """Return held-out and new pictures of each set, then the rejects."""
        found = [item for folder in folders for item in self._of(folder)]
        found.extend(self._reject("text page", index, context.seed) for index in range(_DRAWN))
        found.extend(self._reject("noise", index, context.seed) for index in range(_DRAWN))
        found.extend(self._reject("cat", index, context.seed) for index in range(20))
        found.extend(self._reject("everyday picture", index, context.seed) for index in range(len(_everyday())))
        return found

    def _of(self, folder: Path) -> Iterator[EvalItem]:
        kind = _PREFIXES[folder.name.split("_")[0]]
        for path in shown(folder):
            place = splits.place_of(path, (folder.name,))
            if place is not None and not _kept_back(path, folder.name):
                continue
            words = splits.NEW.words if place is None else "shipped; images held out from it"
            data: dict[str, JsonValue] = {
                "part": self.name, "set": f"{folder.name}, {kind}", "network": words,
                "path": str(path), "kind": kind,
            }  # fmt: skip
            name = f"{self.name}/{folder.name}/{path.stem}"
            yield EvalItem(id=name, input=f"Which kind of picture is {path.name}?", target=kind, data=data)

    def _reject(self, what: str, index: int, seed: int) -> EvalItem:
        data: dict[str, JsonValue] = {
            "part": self.name, "set": f"to be turned away: {what}", "network": splits.NEW.words,
            "draw": what, "index": index, "seed": seed,
        }  # fmt: skip
        name = f"{self.name}/{what.replace(' ', '_')}/{index:03d}"
        return EvalItem(id=name, input=f"Which kind of picture is {what} {index}?", target="rejected", data=data)

    def measure(self, item: EvalItem, context: EvalContext) -> dict[str, JsonValue]:
        """Return whether the kind was named, or the picture turned away."""
        del context
        router = _router()
        if "path" in item.data:
            answer = router.predict(read_picture(Path(str(item.data["path"])), "RGB")).kind
            return {"right": int(answer == item.data["kind"]), "answer": answer}
        index, seed = int(str(item.data["index"])), int(str(item.data["seed"]))
        answer = router.predict(_DRAWERS[str(item.data["draw"])](index, np.random.default_rng((seed, index)))).kind
        return {"rejected": int(answer in _REJECTED), "answer": answer}


def _kept_back(path: Path, source: str) -> bool:
    """Return whether a file of a training set took no part in training or tuning of the router."""
    from clinigraph.tools.segmentation.training.router_sources import Sample, group_of

    empty = np.zeros((1, 1, 3), dtype=np.uint8)
    return Sample("", source, group_of(path.stem, source), empty).part == "test"


@cache
def _router() -> ModalityRouter:
    from clinigraph.tools.segmentation.networks.router import ModalityRouter

    return ModalityRouter()


@cache
def _everyday() -> tuple[Path, ...]:
    """Return the pictures inside scikit-image that show nothing medical."""
    from importlib.resources import files

    from clinigraph.tools.segmentation.training.router_report import LIBRARY_PHOTOGRAPHS

    places = [Path(str(files("skimage.data") / name)) for name in LIBRARY_PHOTOGRAPHS if name != "chelsea.png"]
    return tuple(path for path in places if path.is_file())


def _everyday_picture(index: int, rng: np.random.Generator) -> Picture:
    del rng
    return read_picture(_everyday()[index], "RGB")


def _cat(index: int, rng: np.random.Generator) -> Picture:
    from importlib.resources import files

    cat = read_picture(Path(str(files("skimage.data") / "chelsea.png")), "RGB")
    if index == 0:
        return cat
    height, width = (int(n * rng.uniform(0.6, 1.0)) for n in cat.shape[:2])
    top, left = rng.integers(0, cat.shape[0] - height + 1), rng.integers(0, cat.shape[1] - width + 1)
    part = cat[top : top + height, left : left + width]
    lit = np.clip(part.astype(np.float32) * rng.uniform(0.6, 1.4), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(lit[:, ::-1] if rng.random() < 0.5 else lit)


def _text_page(index: int, rng: np.random.Generator) -> Picture:
    """Draw a page of made-up words, some pages tilted, dark or coloured."""
    from PIL import Image as Raster
    from PIL import ImageDraw, ImageFont

    del index
    size = (int(rng.integers(300, 900)), int(rng.integers(300, 900)))
    paper, ink = _paper(rng)
    page = Raster.new("RGB", size, paper)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size=int(rng.integers(10, 30)))
    height = int(font.getbbox("Ag")[3]) + int(rng.integers(2, 12))
    letters = np.array(list("abcdefghijklmnopqrstuvwxyzABCDE0123456789.,;"))
    for row in range(20, size[1] - 20, height):
        words = ["".join(rng.choice(letters, int(rng.integers(2, 10)))) for _ in range(size[0] // 40)]
        pen.text((20, row), " ".join(words), fill=ink, font=font)
    angle = float(rng.uniform(-4, 4)) if rng.random() < 0.4 else 0.0
    return np.asarray(page.rotate(angle, fillcolor=paper), dtype=np.uint8)


def _paper(rng: np.random.Generator) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    light, dark = int(rng.integers(215, 256)), int(rng.integers(0, 80))
    tint = int(rng.integers(0, 30))
    paper, ink = (light, light, max(0, light - tint)), (dark, dark, dark + tint)
    return (ink, paper) if rng.random() < 0.2 else (paper, ink)


def _noise(index: int, rng: np.random.Generator) -> Picture:
    """Draw noise: white, smooth, streaked or speckled, grey or coloured, in turn."""
    from scipy.ndimage import gaussian_filter

    side, channels = int(rng.integers(96, 400)), 3 if index % 2 else 1
    field = rng.standard_normal((side, side, channels))
    style = index // 2 % 4
    if style == 1:
        field = gaussian_filter(field, (rng.uniform(1, 12),) * 2 + (0,))
    elif style == 2:
        field = gaussian_filter(field, (0, rng.uniform(4, 30), 0))
    elif style == 3:
        field = np.where(rng.random(field.shape) < 0.05, 5.0, 0.0)
    low, high = np.percentile(field, (1, 99.5))
    grey = np.clip((field - low) / max(float(high - low), 1e-6), 0, 1) * 255
    return np.repeat(grey, 3 // channels, axis=2).astype(np.uint8)


_DRAWERS: dict[str, Callable[[int, np.random.Generator], Picture]] = {
    "text page": _text_page,
    "noise": _noise,
    "cat": _cat,
    "everyday picture": _everyday_picture,
}
