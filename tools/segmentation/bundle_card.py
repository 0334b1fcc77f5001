"""What a tool says of a shipped bundle without loading it: version, licence, sha256, errors on held-out images."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from clinigraph.models.imaging import Calibration

BUNDLES = Path(__file__).resolve().parent / "bundles"
MEASURE_NAMES = {"vcdr": "vertical_cup_disc_ratio", "ctr": "cardiothoracic_ratio"}
"""Short names in metadata.json to the measures of the tools."""


@dataclass(frozen=True, slots=True)
class BundleCard:
    """The parts of metadata.json that agents and reports state."""

    version: str = "0.0.0"
    sha256: str | None = None
    licence: str = "not stated"
    calibration: dict[str, Calibration] = field(default_factory=dict)
    problem: str = ""
    """Why the bundle cannot be used, or an empty string."""

    @classmethod
    def read(cls, folder: Path) -> BundleCard:
        """Read the card; a bundle that cannot be used says so in ``problem``."""
        try:
            data = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return cls(problem=f"the bundle {folder.name} is not installed")
        has_weights = (folder / "models" / "model.safetensors").is_file()
        return cls(
            version=str(data.get("version", "0.0.0")),
            sha256=data.get("sha256"),
            licence=str(data.get("licence") or data.get("copyright") or "not stated"),
            calibration=_calibration(data.get("calibration")),
            problem="" if has_weights else f"the bundle {folder.name} has no weights yet; train it or install it again",
        )


def _calibration(data: object) -> dict[str, Calibration]:
    """Return the half-widths that can be read; a malformed entry counts as none."""
    found: dict[str, Calibration] = {}
    for name, entry in data.items() if isinstance(data, dict) else ():
        try:
            found[MEASURE_NAMES.get(str(name), str(name))] = Calibration.model_validate(
                {key: entry[key] for key in ("halfwidth", "level", "n")}
            )
        except (ValidationError, KeyError, TypeError):
            continue
    return found
