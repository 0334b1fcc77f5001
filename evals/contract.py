"""The contract of a benchmark: one versioned YAML file, items from labelled data, one outcome an item, tables.

Invariants, checked by ``clinigraph.testing.benchmark_suite``:

- the constructor is light, and nothing is downloaded, ever; data are read from the folder that the user names;
- ``items`` gives the same items in the same order for the same folder, limit and seed, each with an id of its own;
- ``measure`` gives one outcome for one item, whatever other items were measured before (values whose names end in
  ``_ms`` are times and may differ); what it raises counts as a failure of that item, which no table may drop;
- ``tables`` is a pure function of the outcomes, in any order.

Benchmarks are run by Inspect (``clinigraph.evals.runner``), which keeps logs, retries and shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from pydantic import Field, JsonValue

from clinigraph.llm.contract import ChatModel
from clinigraph.models.base import Value


class PublishedMark(Value):
    """A figure that others have published for the same work."""

    system: str
    figure: str
    """As published, for example ``F1 79.6``."""
    source: str
    """Author, year, identifier."""


class EvalSpec(Value):
    """What a benchmark's YAML file (``evals/tasks/<name>.yaml``) states."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    title: str
    factory: str = Field(pattern=r"^[a-z_.]+:[A-Za-z]+$")
    """``package.module:Class`` of the benchmark; called with this value."""
    folders: tuple[str, ...] = ()
    """Folders below the data folder; empty when the benchmark makes its items itself."""
    source: str
    licence: str
    split: str
    """Which part is measured, and whether it trained anything that ships."""
    prompt_version: str | None = None
    needs_model: bool = False
    needs_images: bool = False
    """Whether the model under test must take pictures."""
    configs: tuple[str, ...] = ("full",)
    """Configurations that can be compared; the first is the default."""
    sha256: dict[str, str] = Field(default_factory=dict)
    """File name -> sha256 of the data that the published figures belong to; other bytes are refused."""
    goals: tuple[str, ...] = ()
    """What is to be reached, in words."""
    published: tuple[PublishedMark, ...] = ()


class EvalItem(Value):
    """One question to the system: an Inspect ``Sample`` without Inspect."""

    id: str
    input: str
    """What is asked, as a reader of the log sees it."""
    target: str = ""
    data: dict[str, JsonValue] = Field(default_factory=dict)
    """Paths and labels that ``measure`` needs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one item."""

    item: EvalItem
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    """Named results; empty when the item failed."""
    error: str = ""
    """Why the item failed; empty when it did not."""
    seconds: float = 0.0


class EvalTable(Value):
    """Rows to print, each cell as text."""

    title: str
    columns: tuple[str, ...] = Field(min_length=1)
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class EvalContext:
    """What a benchmark may reach."""

    data: Path
    """Folder that holds the folders of ``EvalSpec.folders``."""
    work: Path
    """Folder for what is made on the way (indexes); kept between runs."""
    seed: int = 20260101
    chat: ChatModel | None = None
    """The model under test, bridged to Inspect; None on the path without a model."""
    config: str = "full"
    """One of ``EvalSpec.configs``."""


@runtime_checkable
class Benchmark(Protocol):
    """A benchmark; see the module for its invariants."""

    @property
    def spec(self) -> EvalSpec:
        """What its YAML file states."""
        ...

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the items.

        Raises:
            InputRefused: The data are not there or not what the YAML file states.
        """
        ...

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Return the outcome of one item."""
        ...

    def tables(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return what is printed at the end: counts, 95 % intervals, failures."""
        ...
