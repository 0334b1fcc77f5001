"""Which networks have seen an image: told by the file's content, so that other images under old names count as new.

``splits.json`` lists the first 12 digits of the sha256 of every file that the shipped networks were trained or tuned
on, by set, with its place in the set's order (from which the training commands derive folds). It is written by

    python -m clinigraph.evals.imaging.splits --data DIR
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from clinigraph.tools.segmentation.networks.bundle import BUNDLES, Bundle, BundleError

LIST = Path(__file__).resolve().parent / "splits.json"
_DIGITS = 12
HEADS = "us_hc18_examinations"
"""Pictures of fetal heads by examination; their own set lists them by file, as the router was trained."""


def digest(path: Path) -> str:
    """Return the first digits of the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:_DIGITS]


@cache
def known() -> Mapping[str, Mapping[str, int]]:
    """Return set -> digest -> place of the files that took part in any training."""
    return MappingProxyType(json.loads(LIST.read_text(encoding="utf-8")))


def place_of(path: Path, sets: Sequence[str]) -> int | None:
    """Return the place of a file in the first of the sets that holds it, or None."""
    found = digest(path)
    return next((known()[name][found] for name in sets if found in known().get(name, {})), None)


@dataclass(frozen=True, slots=True)
class Network:
    """Which members of an ensemble answer for an image, and in which words a table says so."""

    members: tuple[int, ...] | None
    """None means the shipped ensemble."""
    words: str


NEW = Network(None, "shipped; images not in training")
TRAINED = Network(None, "shipped; TRAINED ON these images")


def network_for(bundle: str, place: int | None, folds: int) -> Network:
    """Return the network that gives an honest figure for an image.

    Args:
        bundle: Name of a shipped ensemble whose members are the runs of a cross-validation.
        place: Of the image in its set, or None for an image that is not in training.
        folds: Of the cross-validation.
    """
    if place is None:
        return NEW
    runs = members_of(bundle)
    unseen = tuple(index for index, run in enumerate(runs) if run == f"fold{place % folds}")
    if not unseen:
        return TRAINED
    return Network(unseen, "one member; images held out from it")


@cache
def members_of(bundle: str) -> tuple[str, ...]:
    """Return the runs that form a shipped ensemble, empty when it does not say."""
    try:
        data = json.loads((BUNDLES / bundle / "metadata.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(str(run) for run in data.get("members_from", ()))


def bundle_of(bundle: str, members: Sequence[int] | None, work: Path) -> Path:
    """Return the folder of a shipped ensemble, or of one that holds some of its members alone.

    Raises:
        BundleError: The ensemble is not installed.
    """
    shipped = BUNDLES / bundle
    if members is None:
        return shipped
    version = digest(Bundle.read(shipped).folder / "metadata.json")  # names the weights, and the error that is stated
    folder = work / f"{bundle}-{version}-{'-'.join(map(str, members))}"
    if not (folder / "metadata.json").is_file():
        _write_members(shipped, members, folder)
    return folder


def _write_members(shipped: Path, members: Sequence[int], folder: Path) -> None:
    from safetensors.torch import load_file, save

    metadata = json.loads((shipped / "metadata.json").read_text(encoding="utf-8"))
    weights = {}
    for key, value in load_file(shipped / "models" / "model.safetensors").items():
        role, index, name = key.split(".", 2)
        if int(index) in members:
            weights[f"{role}.{members.index(int(index))}.{name}"] = value
    if not weights:
        raise BundleError(f"bundle '{shipped.name}' has no members {list(members)}")
    content = save(weights)
    for network in metadata["networks"].values():
        network["members"] = len(members)
    metadata["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "models").mkdir(parents=True, exist_ok=True)
    (folder / "models" / "model.safetensors").write_bytes(content)
    (folder / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")


def _training_files(data: Path) -> dict[str, list[Path]]:
    """Return every set's files in the order of the training commands."""
    from clinigraph.tools.segmentation.training.chest_data import list_films
    from clinigraph.tools.segmentation.training.fundus_data import list_photos
    from clinigraph.tools.segmentation.training.router_sources import FOLDERS, picture_files

    found: dict[str, list[Path]] = {}
    for photo in list_photos(data, 1):
        found.setdefault(photo.image_path.relative_to(data).parts[0], []).append(photo.image_path)
    found["cxr_jsrt_lung_heart"] = [film.folder / "images" / f"{film.name}.png" for film in list_films(data, 1)]
    for name, (_, folder) in FOLDERS.items():
        found.setdefault(name, picture_files(data / name / folder))
    found["mri_acdc_odd"] = sorted((data / "mri_acdc_odd" / "volumes").glob("*.npz"))
    found["mri_hippocampus_quarter"] = sorted((data / "mri_hippocampus_quarter" / "images").glob("*.nii.gz"))
    return found


def _examinations(data: Path) -> dict[str, int]:
    """Return the pictures of fetal heads with the place of their examination, from which folds are derived."""
    from clinigraph.tools.segmentation.training.head_data import list_heads

    heads = list_heads(data, len(list_heads(data, 1)))
    return {digest(head.image_path): head.fold for head in heads}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the list from a folder with the training sets."""
    parser = argparse.ArgumentParser(description="List the files that shipped networks were trained on.")
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args(arguments).data
    listed = {
        name: {digest(path): place for place, path in enumerate(paths)} for name, paths in _training_files(data).items()
    }
    listed[HEADS] = _examinations(data)
    LIST.write_text(json.dumps(listed, indent=0, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
