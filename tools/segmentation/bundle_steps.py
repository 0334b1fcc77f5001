"""The pre- and postprocessing of a MONAI bundle, read as data: what we can do ourselves, and what we cannot.

Steps are those of ``monai.transforms`` by their class names and arguments. A step or argument that is not known here
is named, never skipped in silence: it changes what the network sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Json = dict[str, object]
Floats = NDArray[np.float32]

_IGNORED = {"LoadImaged", "EnsureChannelFirstd", "EnsureTyped", "AddChanneld", "CastToTyped", "ToTensord"}
"""Steps that only bring files into memory; pixels come to us as arrays."""
_GRID = {"Orientationd": {"axcodes"}, "Spacingd": {"pixdim", "mode"}}
_INTENSITY = {
    "ScaleIntensityRanged": {"a_min", "a_max", "b_min", "b_max", "clip"},
    "ScaleIntensityRangePercentilesd": {"lower", "upper", "b_min", "b_max", "clip"},
    "ScaleIntensityd": {"minv", "maxv", "channel_wise"},
    "NormalizeIntensityd": {"nonzero", "channel_wise"},
}
"""Arguments that are followed; others must be left out."""
_HARMLESS = {"_target_", "_disabled_", "keys", "allow_missing_keys", "device", "dtype", "labels", "meta_keys"}
_DONE_BY_US = _IGNORED | {"Activationsd", "AsDiscreted", "Invertd", "SaveImaged"}
_LEAST = 1e-8


@dataclass(frozen=True, slots=True)
class Intensity:
    """One step that scales intensities."""

    kind: str
    """range (ends given), percentiles (ends of the image), unit (minimum to maximum), normal (mean 0, deviation 1)."""
    low: float = 0.0
    high: float = 1.0
    """Values for ``range``, percentiles 0..100 for ``percentiles``; they become ``to_low`` and ``to_high``."""
    to_low: float = 0.0
    to_high: float = 1.0
    clip: bool = False
    nonzero: bool = False
    """Voxels of value 0 are left out and stay 0."""
    channel_wise: bool = False


@dataclass(frozen=True, slots=True)
class Steps:
    """What a bundle does to an image before the network."""

    axcodes: str | None
    pixdim: tuple[float, ...] | None
    before: tuple[Intensity, ...]
    """Intensity steps before resampling."""
    after: tuple[Intensity, ...]
    unknown: tuple[str, ...]
    """What cannot be done here, in words."""


def read_steps(transforms: object) -> Steps:
    """Read the list ``preprocessing.transforms`` of an inference config."""
    unknown: list[str] = []
    grid: dict[str, Json] = {}
    before: list[Intensity] = []
    after: list[Intensity] = []
    for entry in transforms if isinstance(transforms, list) else []:
        step = dict(entry) if isinstance(entry, Mapping) else {}
        name = str(step.get("_target_", "")).split(".")[-1]
        if name in _IGNORED or step.get("_disabled_") is True:
            continue
        problem = _problem(name, step)
        if problem:
            unknown.append(problem)
        elif name in _GRID:
            grid[name] = step
        else:
            (after if "Spacingd" in grid else before).append(_intensity(name, step))
    axcodes = grid.get("Orientationd", {}).get("axcodes")
    pixdim = grid.get("Spacingd", {}).get("pixdim")
    return Steps(
        axcodes=str(axcodes).upper() if axcodes else None,
        pixdim=tuple(float(str(v)) for v in pixdim) if isinstance(pixdim, list) else None,
        before=tuple(before),
        after=tuple(after),
        unknown=tuple(unknown),
    )


def _problem(name: str, step: Json) -> str:
    """Return why a step cannot be done here, or an empty string."""
    followed = (_GRID | _INTENSITY).get(name)
    if followed is None:
        return name or "an unnamed preprocessing step"
    extra = sorted(k for k, v in step.items() if k not in followed | _HARMLESS and v not in (None, False))
    if extra:
        return f"{name} with {', '.join(extra)}"
    return f"{name} with an expression" if has_code({k: v for k, v in step.items() if k in followed}) else ""


def has_code(value: object) -> bool:
    """Whether a config value holds an expression or a reference anywhere."""
    if isinstance(value, str):
        return value.startswith(("$", "@", "%"))
    if isinstance(value, Mapping):
        return any(has_code(v) for v in value.values())
    return isinstance(value, list) and any(has_code(v) for v in value)


def _intensity(name: str, step: Json) -> Intensity:
    def number(key: str, default: float) -> float:
        value = step.get(key)
        return default if value is None else float(str(value))

    clip, channel_wise = step.get("clip") is True, step.get("channel_wise") is True
    if name == "ScaleIntensityRanged":
        low, high = number("a_min", 0), number("a_max", 1)
        return Intensity("range", low, high, number("b_min", 0), number("b_max", 1), clip=clip)
    if name == "ScaleIntensityRangePercentilesd":
        low, high = number("lower", 0), number("upper", 100)
        return Intensity("percentiles", low, high, number("b_min", 0), number("b_max", 1), clip=clip)
    if name == "ScaleIntensityd":
        ends = number("minv", 0), number("maxv", 1)
        return Intensity("unit", 0, 100, *ends, channel_wise=channel_wise)
    return Intensity("normal", nonzero=step.get("nonzero") is True, channel_wise=channel_wise)


def left_undone(transforms: object) -> tuple[str, ...]:
    """Return the postprocessing steps that change masks and are not done here."""
    entries = [e for e in transforms if isinstance(e, Mapping)] if isinstance(transforms, list) else []
    names = [str(e.get("_target_", "")).split(".")[-1] for e in entries if e.get("_disabled_") is not True]
    return tuple(dict.fromkeys(name for name in names if name and name not in _DONE_BY_US))


def scaled(values: Floats, intensity: Intensity) -> Floats:
    """Return intensities as one step makes them; the given array is left as it is.

    Args:
        values: ``(channels, ...)`` when the step works channel by channel, else any shape.
        intensity: The step.
    """
    if intensity.channel_wise:
        whole = replace(intensity, channel_wise=False)
        return np.stack([scaled(channel, whole) for channel in values])
    if intensity.kind == "normal":
        return _normal(values, nonzero=intensity.nonzero)
    low, high = _ends(values, intensity)
    out = np.subtract(values, np.float32(low), dtype=np.float32)
    span = high - low
    out *= np.float32((intensity.to_high - intensity.to_low) / (span if abs(span) > _LEAST else 1.0))
    out += np.float32(intensity.to_low)
    if intensity.clip:
        np.clip(out, min(intensity.to_low, intensity.to_high), max(intensity.to_low, intensity.to_high), out=out)
    return out


def _ends(values: Floats, intensity: Intensity) -> tuple[float, float]:
    if intensity.kind == "range":
        return intensity.low, intensity.high
    if intensity.kind == "unit":
        return float(values.min()), float(values.max())
    low, high = np.percentile(values, (intensity.low, intensity.high))
    return float(low), float(high)


def _normal(values: Floats, *, nonzero: bool) -> Floats:
    chosen = values[values != 0] if nonzero else values
    if chosen.size == 0:
        return values.copy()
    out = np.subtract(values, np.float32(chosen.mean(dtype=np.float64)), dtype=np.float32)
    out /= np.float32(max(float(chosen.std()), _LEAST))
    if nonzero:
        out[values == 0] = 0
    return out
