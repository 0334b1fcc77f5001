"""What a MONAI bundle says of itself, read as data: nothing in its files is evaluated.

Bundles carry Python in two places: strings that start with ``$`` in their configs, and modules next to them. A bundle
whose network or preprocessing cannot be understood without running either is refused unless it is trusted explicitly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from clinigraph.errors import ToolFailure
from clinigraph.models.codes import Modality
from clinigraph.tools.segmentation.bundle_steps import Intensity, has_code, left_undone, read_steps

Json = dict[str, object]

_MODALITIES = {
    "ct": Modality.CT,
    "mr": Modality.MR,
    "mri": Modality.MR,
    "us": Modality.ULTRASOUND,
    "ultrasound": Modality.ULTRASOUND,
    "dx": Modality.CHEST_FILM,
    "cr": Modality.CHEST_FILM,
    "fundus": Modality.FUNDUS,
    "op": Modality.FUNDUS,
    "dermoscopy": Modality.DERMOSCOPY,
    "histology": Modality.HISTOLOGY,
    "pathology": Modality.HISTOLOGY,
}
_NETWORK_CONFIGS = ("inference", "network", "train")


@dataclass(frozen=True, slots=True)
class BundleReading:
    """A bundle's metadata and inference recipe, as far as they can be read without running code."""

    folder: Path
    name: str
    version: str
    licence: str
    modality: Modality
    channels: int
    labels: tuple[tuple[int, str], ...]
    """Output channel (or class number) and label, background left out."""
    sigmoid: bool
    """Channels are independent; otherwise the largest one wins."""
    axcodes: str | None
    spacing_mm: tuple[float, ...] | None
    """In the order of the bundle's axes."""
    intensity_before: tuple[Intensity, ...]
    """Steps on the image's own grid."""
    intensity_after: tuple[Intensity, ...]
    """Steps on the network's grid."""
    roi_size: tuple[int, ...]
    overlap: float
    network: Json
    """The ``network_def`` entry; empty when there is none."""
    unknown_steps: tuple[str, ...]
    """Preprocessing that cannot be done here; the bundle is refused because of it."""
    not_applied: tuple[str, ...]
    """Postprocessing that is not done here, stated in the tool's description."""
    sha256: str | None
    """Digest of the weights as the metadata gives it."""

    @property
    def spatial_dims(self) -> int:
        """2 or 3."""
        return len(self.roi_size)


def read_bundle(folder: Path) -> BundleReading:
    """Read a bundle directory.

    Raises:
        ToolFailure: There is no metadata, or it lacks inputs, outputs or a size.
    """
    meta = _load(folder / "configs" / "metadata.json") or _load(folder / "metadata.json")
    if not meta:
        raise _bad(folder, "it has no configs/metadata.json")
    recipe: Json = {}
    for stem in reversed(_NETWORK_CONFIGS):
        for ending in ("json", "yaml", "yml"):
            recipe |= _load(folder / "configs" / f"{stem}.{ending}")
    recipe = {key: _resolved(value, recipe) for key, value in recipe.items()}
    image, prediction = _formats(folder, meta)
    preprocessing = recipe.get("preprocessing")
    steps = read_steps(_section(recipe, "preprocessing").get("transforms"))
    opaque = ("preprocessing",) if isinstance(preprocessing, str) else ()
    return BundleReading(
        folder=folder,
        name=slug(str(meta.get("name") or folder.name)),
        version=str(meta.get("version", "0")),
        licence=str(meta.get("license") or meta.get("licence") or meta.get("copyright") or "not stated"),
        modality=_MODALITIES.get(str(image.get("modality", "")).strip().lower(), Modality.UNKNOWN),
        channels=int(str(image.get("num_channels", 1))),
        labels=_labels(folder, prediction),
        sigmoid=_is_sigmoid(recipe),
        axcodes=steps.axcodes or _stated_orientation(image),
        spacing_mm=steps.pixdim or _stated_spacing(image),
        intensity_before=steps.before,
        intensity_after=steps.after,
        roi_size=_roi(recipe, image, folder),
        overlap=_overlap(recipe, folder),
        network=_section(recipe, "network_def") or _section(recipe, "network"),
        unknown_steps=(*opaque, *steps.unknown),
        not_applied=left_undone(_section(recipe, "postprocessing").get("transforms")),
        sha256=str(meta["sha256"]).lower() if meta.get("sha256") else None,
    )


def _resolved(value: object, recipe: Json, depth: int = 8) -> object:
    """Return a config value with each plain reference (``@name``) to a literal put in; expressions stay as they are."""
    if isinstance(value, str) and value.startswith("@") and value[1:] in recipe and depth:
        target = _resolved(recipe[value[1:]], recipe, depth - 1)
        return value if has_code(target) or isinstance(target, Mapping) else target
    if isinstance(value, Mapping):
        return {str(k): _resolved(v, recipe, depth) for k, v in value.items()}
    return [_resolved(v, recipe, depth) for v in value] if isinstance(value, list) else value


def slug(text: str) -> str:
    """Return a label that plans can use: lower case letters, digits and underscores, a letter first."""
    clean = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return clean if clean[:1].isalpha() else f"label_{clean}"


def _bad(folder: Path, why: str) -> ToolFailure:
    return ToolFailure("The MONAI bundle cannot be used", given=f"{folder.name}: {why}", todo="Complete the bundle.")


def _load(path: Path) -> Json:
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise _bad(path.parent.parent, f"{path.name} cannot be read ({type(error).__name__})") from error
    return data if isinstance(data, dict) else {}


def _section(data: Mapping[str, object], key: str) -> Json:
    value = data.get(key)
    return dict(value) if isinstance(value, Mapping) else {}


def _formats(folder: Path, meta: Json) -> tuple[Json, Json]:
    layout = _section(meta, "network_data_format")
    inputs, outputs = _section(layout, "inputs"), _section(layout, "outputs")
    image = _section(inputs, "image") or next((v for v in inputs.values() if isinstance(v, dict)), {})
    prediction = _section(outputs, "pred") or next((v for v in outputs.values() if isinstance(v, dict)), {})
    if not image or not prediction:
        raise _bad(folder, "metadata.json does not describe an input image and an output")
    return image, prediction


def _labels(folder: Path, prediction: Json) -> tuple[tuple[int, str], ...]:
    found = sorted((int(n), str(name)) for n, name in _section(prediction, "channel_def").items())
    kept = tuple((n, slug(name)) for n, name in found if "background" not in name.lower())
    if not kept:
        raise _bad(folder, "metadata.json names no output labels (channel_def)")
    if len({name for _, name in kept}) != len(kept):
        raise _bad(folder, "two output labels have the same name")
    return kept


def network_is_plain(network: Json) -> bool:
    """Whether a network can be built from MONAI's own classes and literal arguments alone."""
    target = str(network.get("_target_", ""))
    known = "." not in target or target.startswith("monai.networks.nets.")
    return bool(target) and known and not has_code(network)


def _stated_orientation(image: Json) -> str | None:
    code = image.get("orientation")
    return str(code).upper() if code else None


def _stated_spacing(image: Json) -> tuple[float, ...] | None:
    given = image.get("spacing")
    return tuple(float(str(v)) for v in given) if isinstance(given, list) else None


def _is_sigmoid(recipe: Json) -> bool:
    transforms = _section(recipe, "postprocessing").get("transforms")
    entries = [e for e in transforms if isinstance(e, dict)] if isinstance(transforms, list) else []
    return any(e.get("sigmoid") is True for e in entries)


def _roi(recipe: Json, image: Json, folder: Path) -> tuple[int, ...]:
    given = _section(recipe, "inferer").get("roi_size") or image.get("spatial_shape")
    numbers = [int(v) for v in given if str(v).isdigit()] if isinstance(given, list) else []
    if len(numbers) not in (2, 3) or not isinstance(given, list) or len(numbers) != len(given):
        raise _bad(folder, "neither inferer.roi_size nor spatial_shape gives a window of two or three numbers")
    return tuple(numbers)


def _overlap(recipe: Json, folder: Path) -> float:
    value = _section(recipe, "inferer").get("overlap", 0.25)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise _bad(folder, "inferer.overlap is no number from 0 to below 1")
    return float(value)
