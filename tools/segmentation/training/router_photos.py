"""Collect photographs and drawings from extracted Debian packages for the class `not_medical`.

apt-get download gnome-backgrounds && dpkg -x gnome-backgrounds_*.deb DIR/gnome-backgrounds
python -m clinigraph.tools.segmentation.training.router_photos --packages DIR --out DIR

The model card lists the packages, their versions and licences. No picture is kept in the repository.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from rich.progress import track

PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
START_OF_PICTURE = re.compile(rb"\xff\xd8\xff[\xe0\xe1\xdb\xee]|RIFF....WEBP|\x89PNG\r\n", re.DOTALL)
LIMITS = {
    "openclipart-png": 250,
    "torcs-data": 220,
    "kstars-data": 200,
    "fillets-ng-data": 120,
    "extremetuxracer-data": 80,
}
"""Most pictures to take from packages that hold very many of one kind; the others give up to 400."""
SMALLEST_FILE = 20_000
"""Smaller files are icons, bytes."""
SMALLEST_SIDE = 100
LONGEST_SIDE = 640
PER_RESOURCE = 60
"""Most pictures to take from one Qt resource file."""


def plain_files(package: Path, rng: np.random.Generator) -> Iterator[Image.Image]:
    """Picture files of a package in random order."""
    files = [
        path
        for path in sorted(package.rglob("*"))
        if path.suffix.lower() in PICTURES and not path.is_symlink() and path.stat().st_size > SMALLEST_FILE
    ]
    for index in rng.permutation(len(files)):
        picture = _opened(files[index].read_bytes())
        if picture is not None:
            yield picture


def resource_files(package: Path) -> Iterator[Image.Image]:
    """Pictures stored uncompressed inside Qt resource files (.rcc)."""
    for path in sorted(package.rglob("*.rcc")):
        content, taken = path.read_bytes(), 0
        for match in START_OF_PICTURE.finditer(content):
            start = match.start()
            length = 3_000_000
            if content[start : start + 4] == b"RIFF":
                length = 8 + int(struct.unpack("<I", content[start + 4 : start + 8])[0])
            picture = _opened(content[start : start + length])
            if picture is not None and taken < PER_RESOURCE:
                taken += 1
                yield picture


def _opened(content: bytes) -> Image.Image | None:
    """Decode a picture on black, at most 640 pixels long; None for what cannot be read or is too small."""
    try:
        picture: Image.Image = Image.open(io.BytesIO(content))
        picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    if min(picture.size) < SMALLEST_SIDE:
        return None
    if picture.mode in {"RGBA", "LA", "P"}:
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "black"), picture.convert("RGBA"))
    picture = picture.convert("RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return picture


def collect(package: Path, out: Path, seed: int) -> int:
    """Write the pictures of one extracted package, without repetitions.

    Returns:
        Number of pictures written.
    """
    rng, seen = np.random.default_rng(seed), set[bytes]()
    limit = LIMITS.get(package.name, 400)
    for pictures in (plain_files(package, rng), resource_files(package)):
        for picture in pictures:
            digest = hashlib.sha256(picture.resize((8, 8)).tobytes()).digest()
            if digest not in seen and len(seen) < limit:
                seen.add(digest)
                out.mkdir(parents=True, exist_ok=True)
                picture.save(out / f"{len(seen):04d}.jpg", quality=92)
    return len(seen)


def main() -> None:
    """Collect from every extracted package below a folder."""
    parser = argparse.ArgumentParser(description="Collect photographs for the modality router.")
    parser.add_argument("--packages", type=Path, required=True, help="folder with one extracted package per folder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for package in track(sorted(path for path in options.packages.iterdir() if path.is_dir())):
        collect(package, options.out / package.name, options.seed)


if __name__ == "__main__":
    main()
