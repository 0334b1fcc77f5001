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
_IGNORED = {"LoadImaged", "EnsureChannelFirstd", "EnsureTyped", "AddChanneld", "CastToTyped", "ToTensord"}
"""Steps that only bring files into memory; pixels come to us as arrays."""
_NETWORK_CONFIGS = ("inference", "network", "train")


@dataclass(frozen=True, slots=True)
class Intensity:
    """How intensities are scaled: ``(x - shift) / scale``, then cut to 0..1 when ``clip``."""

    kind: str = "none"
    """none, range, unit (minimum to maximum) or normal (mean 0, deviation 1)."""
    low: float = 0.0
    high: float = 1.0
    clip: bool = False
    nonzero: bool = False


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
    intensity: Intensity
    roi_size: tuple[int, ...]
    overlap: float
    network: Json
    """The ``network_def`` entry; empty when there is none."""
    needs_code: tuple[str, ...]
    """What could not be understood without running the bundle's own Python."""

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
    image, prediction = _formats(folder, meta)
    steps, code = _steps(recipe)
    roi = _roi(recipe, image, folder)
    return BundleReading(
        folder=folder,
        name=slug(str(meta.get("name") or folder.name)),
        version=str(meta.get("version", "0")),
        licence=str(meta.get("license") or meta.get("licence") or meta.get("copyright") or "not stated"),
        modality=_MODALITIES.get(str(image.get("modality", "")).strip().lower(), Modality.UNKNOWN),
        channels=int(str(image.get("num_channels", 1))),
        labels=_labels(folder, prediction),
        sigmoid=_is_sigmoid(recipe),
        axcodes=_axcodes(steps, image),
        spacing_mm=_spacing(steps, image),
        intensity=_intensity(steps),
        roi_size=roi,
        overlap=_number(_section(recipe, "inferer").get("overlap"), 0.25),
        network=_section(recipe, "network_def") or _section(recipe, "network"),
        needs_code=code,
    )


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


def _steps(recipe: Json) -> tuple[dict[str, Json], tuple[str, ...]]:
    """Return preprocessing steps by class name, and what of them would need code."""
    transforms = _section(recipe, "preprocessing").get("transforms")
    steps: dict[str, Json] = {}
    code = []
    if isinstance(recipe.get("preprocessing"), str):
        code.append("preprocessing")
    for entry in transforms if isinstance(transforms, list) else []:
        name = str(entry.get("_target_", "")).split(".")[-1] if isinstance(entry, dict) else ""
        if name in _KNOWN and not _has_code(entry, ignore=("device",)):
            steps[name] = entry
        elif name not in _IGNORED:
            code.append(name or "an unnamed preprocessing step")
    return steps, tuple(code)


_KNOWN = {"Orientationd", "Spacingd", "ScaleIntensityRanged", "ScaleIntensityd", "NormalizeIntensityd"}


def _has_code(value: object, ignore: tuple[str, ...] = ()) -> bool:
    """Whether a config value holds an expression or a reference anywhere."""
    if isinstance(value, str):
        return value.startswith(("$", "@", "%"))
    if isinstance(value, Mapping):
        return any(_has_code(v) for k, v in value.items() if k not in ignore)
    return isinstance(value, list) and any(_has_code(v) for v in value)


def network_is_plain(network: Json) -> bool:
    """Whether a network can be built from MONAI's own classes and literal arguments alone."""
    target = str(network.get("_target_", ""))
    known = "." not in target or target.startswith("monai.networks.nets.")
    return bool(target) and known and not _has_code(network)


def _axcodes(steps: dict[str, Json], image: Json) -> str | None:
    code = steps.get("Orientationd", {}).get("axcodes") or image.get("orientation")
    return str(code).upper() if code else None


def _spacing(steps: dict[str, Json], image: Json) -> tuple[float, ...] | None:
    given = steps.get("Spacingd", {}).get("pixdim") or image.get("spacing")
    return tuple(float(str(v)) for v in given) if isinstance(given, list) else None


def _intensity(steps: dict[str, Json]) -> Intensity:
    if ranged := steps.get("ScaleIntensityRanged"):
        low, high = float(str(ranged["a_min"])), float(str(ranged["a_max"]))
        return Intensity("range", low, high, clip=bool(ranged.get("clip", False)))
    if "ScaleIntensityd" in steps:
        return Intensity("unit")
    if normal := steps.get("NormalizeIntensityd"):
        return Intensity("normal", nonzero=bool(normal.get("nonzero", False)))
    return Intensity()


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


def _number(value: object, default: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default
