"""The benchmark ``imaging``: every imaging tool against labels, one table for each kind of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from itertools import zip_longest
from pathlib import Path

from pydantic import JsonValue

from clinigraph.errors import InputRefused
from clinigraph.evals.contract import EvalContext, EvalItem, EvalSpec, EvalTable, Outcome
from clinigraph.evals.imaging.chests import Chests
from clinigraph.evals.imaging.eyes import Eyes
from clinigraph.evals.imaging.figures import Part, table
from clinigraph.evals.imaging.hearts import Hearts
from clinigraph.evals.imaging.kinds import Kinds
from clinigraph.evals.imaging.prompted import FoundHeads, Heads, Lesions
from clinigraph.evals.imaging.volumes import Hippocampi, Solids

PARTS: tuple[Part, ...] = (
    Eyes(),
    Chests(),
    Hearts(),
    Lesions(),
    Heads(),
    FoundHeads(),
    Solids(),
    Hippocampi(),
    Kinds(),
)


class ImagingBenchmark:
    """Runs the parts whose folders are there; a benchmark file may name some of the folder patterns only."""

    def __init__(self, spec: EvalSpec) -> None:
        self._spec = spec
        self._parts = tuple(part for part in PARTS if set(part.folders) & set(spec.folders))

    @property
    def spec(self) -> EvalSpec:
        """What the YAML file states."""
        return self._spec

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the items of all parts; a limit takes of each part in turn, spread over its sets.

        Raises:
            InputRefused: The folder holds no set of a kind that the benchmark knows.
        """
        queues = []
        for part in self._parts:
            folders = self._folders(part, context.data)
            found = part.items(folders, context) if folders else []
            queues.append(_spread(found) if limit is not None else list(found))
        items = [item for turn in zip_longest(*queues) for item in turn if item is not None]
        if not items:
            raise InputRefused(
                "There are no labelled images for this benchmark",
                given=context.data.name,
                todo=f"Give a folder that holds some of: {', '.join(self._spec.folders)}.",
            )
        return items[:limit]

    def _folders(self, part: Part, data: Path) -> list[Path]:
        wanted = [pattern for pattern in part.folders if pattern in self._spec.folders]
        present = sorted(p for p in data.iterdir() if p.is_dir()) if data.is_dir() else []
        return [p for p in present if any(fnmatch(p.name, pattern) for pattern in wanted)]

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Return the values of one item."""
        part = next(p for p in PARTS if p.name == item.data["part"])
        return part.measure(item, context)

    def tables(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return one table for each part that measured something."""
        made = [table(part, [o for o in outcomes if o.item.data.get("part") == part.name]) for part in self._parts]
        return [t for t in made if t is not None]


def _spread(items: Sequence[EvalItem]) -> list[EvalItem]:
    """Return items so that each set and network comes in turn."""
    groups: dict[tuple[str, str], list[EvalItem]] = {}
    for item in items:
        groups.setdefault((str(item.data.get("set")), str(item.data.get("network"))), []).append(item)
    return [item for turn in zip_longest(*groups.values()) for item in turn if item is not None]
