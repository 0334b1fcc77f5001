"""Ablations as configurations: which parts of the method take part when a benchmark runs the graph."""

from __future__ import annotations

from collections.abc import Mapping

from clinigraph.models.switches import DeciderKind, Switches

CONFIGS: Mapping[str, Switches] = {
    "full": Switches(),
    "no_plan": Switches(plan=False),
    "no_reflect": Switches(reflect=False),
    "weighted": Switches(decider=DeciderKind.WEIGHTED),
    "graded": Switches(decider=DeciderKind.GRADED),
    "model": Switches(decider=DeciderKind.MODEL),
    "direct": Switches(direct=True),
    "rules": Switches(),
}
"""Name -> switches; ``direct`` is the same model without the graph, ``rules`` the graph without the model."""
NEED_MODEL = frozenset({"no_plan", "model", "direct"})
"""Configurations that say nothing without a model."""
