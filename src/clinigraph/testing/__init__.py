"""Public doubles and conformance suites; each name is loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clinigraph.testing.model_suite import ModelSuite
    from clinigraph.testing.models import ScriptedModel, Step
    from clinigraph.testing.models_adversarial import AdversarialModel, Attack
    from clinigraph.testing.models_recorded import RecordedModel, Recording, RecordingModel
    from clinigraph.testing.models_server import Turn, WireServer

_HOMES = {
    "ModelSuite": "model_suite",
    "ScriptedModel": "models",
    "Step": "models",
    "AdversarialModel": "models_adversarial",
    "Attack": "models_adversarial",
    "RecordedModel": "models_recorded",
    "Recording": "models_recorded",
    "RecordingModel": "models_recorded",
    "Turn": "models_server",
    "WireServer": "models_server",
}

__all__ = [
    "AdversarialModel", "Attack", "ModelSuite", "RecordedModel", "Recording", "RecordingModel", "ScriptedModel",
    "Step", "Turn", "WireServer",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
