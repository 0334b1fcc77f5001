"""Strict doubles for tests of graphs and roles: they do what they were told, and fail on what they were not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from clinigraph.agents.appraisal import PixelOpinion
from clinigraph.agents.contract import StatedCriterion
from clinigraph.errors import PassageMissing, UsageError
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.models.base import PassageId
from clinigraph.models.codes import Modality
from clinigraph.models.passages import Passage, ScoredPassage, Source, Span, Trust, text_sha256
from clinigraph.models.tooling import ToolCall, ToolResult, ToolSpec, ToolStatus
from clinigraph.tools.contract import Tool, ToolContext

Answer = Callable[[ToolCall, ToolContext], ToolResult]


class FakeTool:
    """A tool that answers with a function and counts its calls.

    Args:
        spec: What agents see.
        answer: Gives the result of a call; may raise.
        unavailable: Why it cannot work, if it cannot.
    """

    def __init__(self, spec: ToolSpec, answer: Answer, unavailable: str = "") -> None:
        self.spec = spec
        self._answer = answer
        self._unavailable = unavailable
        self._lock = threading.Lock()
        self.calls: list[ToolCall] = []
        self.warm_ups = 0

    def unavailable(self) -> str:
        """Return why the tool cannot work here."""
        return self._unavailable

    def warm_up(self) -> None:
        """Count."""
        with self._lock:
            self.warm_ups += 1

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Answer.

        Raises:
            AssertionError: The tool was called although it is unavailable.
        """
        if self._unavailable:
            raise AssertionError(f"{self.spec.name} is unavailable and was called")
        with self._lock:
            self.calls.append(call)
        return self._answer(call, context)


class FakeToolBox:
    """Tools by name; an unknown name is an error."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = {t.spec.name: t for t in tools}

    def get(self, name: str) -> Tool:
        """Return a tool.

        Raises:
            UsageError: There is none of this name.
        """
        if name not in self._tools:
            raise UsageError("There is no such tool", given=name)
        return self._tools[name]

    def specs(self) -> Sequence[ToolSpec]:
        """Return the specs."""
        return tuple(t.spec for t in self._tools.values())


class FakeClassifier:
    """Says the same of every image."""

    def __init__(self, modality: Modality, score: float = 0.99, reason: str = "") -> None:
        self._opinion = PixelOpinion(modality=modality, score=score, reason=reason)

    def opinion(self, display: NDArray[np.uint8]) -> PixelOpinion:
        """Return the opinion; the pixels must be displayable.

        Raises:
            AssertionError: The array is not uint8 grey or RGB.
        """
        if display.dtype != np.uint8 or display.ndim not in (2, 3):
            raise AssertionError(f"not a displayable image: {display.dtype} {display.shape}")
        return self._opinion


class FakeLibrary:
    """Passages in memory; retrieval gives them in the order of insertion, those excluded left out.

    Args:
        passages: What can be cited.
        criteria: Passage id -> the rule that it states.
    """

    def __init__(self, passages: Sequence[Passage] = (), criteria: Mapping[str, StatedCriterion] | None = None) -> None:
        self._passages = {p.id: p for p in passages}
        self._criteria = dict(criteria or {})
        self.queries: list[RetrievalQuery] = []

    def get(self, passage_id: PassageId) -> Passage:
        """Return a passage.

        Raises:
            PassageMissing: The id is unknown.
        """
        if passage_id not in self._passages:
            raise PassageMissing("There is no such passage", given=passage_id)
        return self._passages[passage_id]

    def verify(self, passage: Passage) -> bool:
        """Whether exactly this passage is held."""
        return self._passages.get(passage.id) == passage

    def stated_criterion(self, passage_id: PassageId) -> StatedCriterion | None:
        """Return the rule of a passage."""
        return self._criteria.get(passage_id)

    def retrieve(self, query: RetrievalQuery) -> Sequence[ScoredPassage]:
        """Return passages in order of insertion."""
        self.queries.append(query)
        kept = [p for p in self._passages.values() if p.id not in query.exclude]
        return [ScoredPassage(passage=p, score=1.0 / (i + 1)) for i, p in enumerate(kept[: query.top_k])]

    def may_be_outdated(self, passage: Passage, today: date) -> bool:
        """Whether the source has a newer edition or is older than ten years; undated ones are not."""
        if passage.source.superseded_by is not None:
            return True
        return passage.source.year is not None and today.year - passage.source.year > 10


def make_passage(passage_id: str, text: str, *, trust: Trust = Trust.EMBEDDED) -> Passage:
    """Return a passage with a truthful hash."""
    source = Source(id=passage_id.partition("#")[0], title="Made for a test", publisher="Clinigraph", trust=trust)
    return Passage(
        id=PassageId(passage_id),
        source=source,
        section="test",
        span=Span(start=0, end=len(text)),
        text=text,
        sha256=text_sha256(text),
    )


def ok(call: ToolCall, spec: ToolSpec, **outputs: object) -> ToolResult:
    """Return an OK result with these outputs."""
    return ToolResult.model_validate(
        {
            "step_id": call.step_id,
            "tool": spec.name,
            "tool_version": spec.version,
            "status": ToolStatus.OK,
            "outputs": outputs,
        }
    )
