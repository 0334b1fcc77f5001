"""Changed inputs of a tool call: other grids, other pixels, no spacing. Used by the conformance suite of tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from clinigraph.artifacts import ArtifactStore
from clinigraph.models.codes import Modality
from clinigraph.models.tooling import FlowValue, ImageValue, LabelMapValue

Pixels = NDArray[np.generic]
METRIC = ("mm", "mm2", "mm3", "cm", "cm2", "cm3", "mL", "g")
"""UCUM units that need a pixel spacing."""


def on_other_grid(value: ImageValue | LabelMapValue) -> FlowValue:
    """Return a value whose stated grid is one column wider than its pixels."""
    geometry = value.value.geometry
    other = geometry.replace(shape=(*geometry.shape[:-1], geometry.shape[-1] + 1))
    if isinstance(value, ImageValue):
        return ImageValue(value=value.value.replace(geometry=other))
    return LabelMapValue(value=value.value.replace(geometry=other))


def with_pixels(
    inputs: Mapping[str, FlowValue], store: ArtifactStore, change: Callable[[Pixels], Pixels]
) -> dict[str, FlowValue]:
    """Return inputs with the pixels of each image changed."""
    changed: dict[str, FlowValue] = dict(inputs)
    for name, value in inputs.items():
        if isinstance(value, ImageValue):
            artifact = store.put(change(store.get(value.value.artifact_id)))
            changed[name] = ImageValue(value=value.value.replace(artifact_id=artifact))
    return changed


def broken(pixels: Pixels) -> Pixels:
    """Return pixels as float with NaN in the middle."""
    values = pixels.astype(np.float32)
    values.reshape(-1)[values.size // 2] = np.nan
    return values


def deep(pixels: Pixels) -> Pixels:
    """Return pixels stretched over 16 bits."""
    values = pixels.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    return np.round((values - low) / max(high - low, 1e-9) * 65535).astype(np.uint16)


def without_spacing(value: FlowValue) -> FlowValue:
    """Return an image or label map that states no spacing, anything else as it is."""
    if not isinstance(value, ImageValue | LabelMapValue):
        return value
    geometry = value.value.geometry.replace(spacing_mm=None, spacing_source=None)
    if isinstance(value, ImageValue):
        return ImageValue(value=value.value.replace(geometry=geometry))
    return LabelMapValue(value=value.value.replace(geometry=geometry))


def pixels_in(value: FlowValue) -> bool:
    """Whether a value has pixels."""
    return isinstance(value, ImageValue | LabelMapValue)


def with_modality(value: FlowValue, modality: Modality) -> FlowValue:
    """Return an image of another kind, anything else as it is."""
    if isinstance(value, ImageValue):
        return ImageValue(value=value.value.replace(modality=modality))
    return value
