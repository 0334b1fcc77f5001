"""Where a case comes from: paths on disk, or a case that the caller has read already."""

from __future__ import annotations

import hashlib
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

from pydantic import PrivateAttr

from clinigraph.artifacts import ArtifactStore
from clinigraph.models import case as values
from clinigraph.models.case import Fact
from clinigraph.models.imaging import Box, Point
from clinigraph.settings import Settings


class CaseSource(Protocol):
    """Gives a case and puts its pixels into a store."""

    def digest(self) -> str:
        """Return a hash of the input, without decoding it."""
        ...

    def read(self, artifacts: ArtifactStore) -> values.Case:
        """Return the case.

        Raises:
            InputRefused: The input cannot become a case.
        """
        ...


@dataclass(frozen=True, slots=True)
class PathSource:
    """Files, folders or a case folder."""

    paths: tuple[Path, ...]
    settings: Settings
    question: str = ""
    boxes: Mapping[str, Box] = field(default_factory=dict)
    facts: Sequence[Fact] = ()
    points: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)

    def digest(self) -> str:
        """Return a hash over the bytes of the files and over question, prompts and facts."""
        from clinigraph.intake import case_digest

        return case_digest(
            list(self.paths), question=self.question, boxes=self.boxes, points=self.points, facts=self.facts
        )

    def read(self, artifacts: ArtifactStore) -> values.Case:
        """Read the files."""
        from clinigraph.intake import read_case

        return read_case(
            list(self.paths),
            question=self.question,
            artifacts=artifacts,
            settings=self.settings,
            boxes=self.boxes,
            points=self.points,
            facts=self.facts,
        )


class Case(values.Case):
    """A case that knows where its pixels are, until it is no longer referenced.

    Example:
        >>> from clinigraph import Case
        >>> case = Case.from_path("eye.jpg")  # doctest: +SKIP
    """

    _artifacts: ArtifactStore = PrivateAttr()

    @classmethod
    def from_path(
        cls,
        *paths: str | Path,
        question: str = "",
        boxes: Mapping[str, Box] | None = None,
        points: Mapping[str, tuple[Point, ...]] | None = None,
        facts: Sequence[Fact] = (),
        settings: Settings | None = None,
    ) -> Self:
        """Read files, a DICOM or NIfTI volume, or a case folder.

        Args:
            paths: One or more paths; a folder with ``case.yaml`` is a case folder.
            question: Overrides the question of ``case.yaml``.
            boxes: Prompts by structure, in pixels of the first current image.
            points: Likewise.
            facts: More facts of the record.
            settings: Limits; the environment's by default.

        Raises:
            InputRefused: The input cannot become a case; the message says what to do.
        """
        folder = tempfile.mkdtemp(prefix="clinigraph-")
        store = ArtifactStore(Path(folder))
        source = PathSource(tuple(map(Path, paths)), settings or Settings(), question, boxes or {}, facts, points or {})
        try:
            read = source.read(store)
        except BaseException:
            _remove(folder)
            raise
        case = cls.model_validate(read.model_dump())
        case._artifacts = store
        weakref.finalize(case, _remove, folder)
        return case

    @property
    def artifacts(self) -> ArtifactStore:
        """Where the pixels are."""
        return self._artifacts


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class ReadSource:
    """A case that has been read already; its pixels are copied into the store of the run."""

    case: values.Case
    artifacts: ArtifactStore

    def digest(self) -> str:
        """Return a hash of the case and its question."""
        return hashlib.sha256(f"{self.case.id}\n{self.case.question}".encode()).hexdigest()

    def read(self, artifacts: ArtifactStore) -> values.Case:
        """Return the case."""
        for image in self.case.images:
            artifacts.put(self.artifacts.get(image.artifact_id))
        return self.case
