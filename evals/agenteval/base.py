"""What benchmarks with a model share: asking it, counting what it took, and the tables of marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from clinigraph.errors import ModelAnswerInvalid, ModelCutOff, ModelSeesNoImages, UsageError
from clinigraph.evals.comparing import calibration_error, risk_coverage
from clinigraph.evals.contract import EvalContext, EvalSpec, EvalTable, Outcome
from clinigraph.evals.scoring import Mark, cost_table, mark_of, marks_table
from clinigraph.evals.subgroups import subgroup_table
from clinigraph.llm.contract import ChatMessage, ChatModel, ModelBudget
from clinigraph.llm.prompt_files import load_prompt

PACKAGE = "clinigraph.evals.agenteval"
_CONFIDENCE = re.compile(r"\bconfidence\b\W{0,8}(\d{1,3}(?:\.\d+)?)\s*%?", re.IGNORECASE)


@dataclass
class Dialogue:
    """One item's talk with the model: its own counters, its turns."""

    chat: ChatModel
    turns: int = 0
    cut_off: int = 0
    """Answers that did not end or were empty: the model's fault, so the item is measured and the answer is nothing."""
    said: list[str] = field(default_factory=list)

    async def ask(
        self,
        prompt: str,
        data: str,
        *,
        images: tuple[NDArray[np.uint8], ...] = (),
        max_tokens: int = 700,
        counted: bool = True,
        **fields: str | int,
    ) -> str:
        """Return what the model says, never an instruction to us; nothing where its answer does not end.

        Args:
            prompt: Name of a prompt file of this package; tokens are counted under it.
            data: Quoted to the model as data.
            images: RGB pictures ``(H, W, 3)``.
            max_tokens: Longest answer.
            counted: Whether it is a turn of the system under test.
            fields: For the prompt.

        Raises:
            ModelSeesNoImages: Pictures are shown to a model that takes text only.
            ModelServerError: The server failed; the item counts as failed.
        """
        if images and not self.chat.sees_images:
            raise ModelSeesNoImages(
                "The model takes no images", given=self.chat.name, todo="Run this benchmark with a vision model."
            )
        messages: tuple[ChatMessage, ...] = load_prompt(PACKAGE, prompt).messages(data=data, images=images, **fields)
        try:
            answer = await self.chat.atext(messages, role=prompt, max_tokens=max_tokens)
        except (ModelCutOff, ModelAnswerInvalid):
            self.cut_off += 1
            answer = ""
        self.turns += counted
        self.said.append(answer)
        return answer

    def cost(self) -> dict[str, JsonValue]:
        """Return tokens and turns so far, for the outcome."""
        used = self.chat.tokens()
        return {
            "tokens": used.get("prompt", 0) + used.get("completion", 0),
            "calls": self.turns,
            "cut_off": self.cut_off,
        }


def dialogue(spec: EvalSpec, context: EvalContext) -> Dialogue:
    """Return a talk with the model under test.

    Raises:
        UsageError: There is none.
    """
    if context.chat is None:
        raise UsageError(f"The benchmark {spec.name} needs a model", todo="Give --model, for example vllm/NAME.")
    return Dialogue(context.chat.for_case(ModelBudget()))


def confidence_in(answer: str) -> float | None:
    """Return the confidence that an answer states, as a share; None where it states none.

    Example:
        >>> confidence_in("Answer: C, Confidence: 80 %")
        0.8
    """
    found = _CONFIDENCE.findall(answer)
    value = float(found[-1]) if found else -1.0
    return value / 100 if 0 <= value <= 100 else None


def without_confidence(answer: str) -> str:
    """Return an answer without the statement of confidence, whose number is no answer."""
    return _CONFIDENCE.sub("", answer)


def calibration_table(outcomes: Sequence[Outcome], note: str = "") -> EvalTable | None:
    """Return calibration of the answers that state a confidence; None where none does."""
    scored = [
        (float(str(o.values["confidence"])), mark_of(o) is Mark.RIGHT)
        for o in outcomes
        if mark_of(o) in (Mark.RIGHT, Mark.WRONG) and o.values.get("confidence") is not None
    ]
    if not scored:
        return None
    confidence, right = [c for c, _ in scored], [r for _, r in scored]
    curve = risk_coverage(confidence, right)
    row = (
        str(len(scored)),
        f"{calibration_error(confidence, right):.3f}",
        f"{curve.area:.3f}",
        f"{curve.risk[-1]:.3f}",
    )
    return EvalTable(
        title="Calibration of answers with a stated confidence",
        columns=("answers", "ECE (10 bins)", "area under risk-coverage", "risk at full coverage"),
        rows=(row,),
        note=note,
    )


class ModelBenchmark:
    """Base of benchmarks whose outcomes carry ``mark``, ``confidence``, ``tokens`` and ``calls``.

    Args:
        spec: What the YAML file states.
    """

    group = ""
    """Name in ``EvalItem.data`` that the table of marks is split by."""

    def __init__(self, spec: EvalSpec) -> None:
        self.spec = spec

    def tables(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return marks, subgroups and calibration where they are stated, and cost."""
        marks = marks_table(self.spec.title, outcomes, group=self.group)
        found = [marks, subgroup_table(outcomes), calibration_table(outcomes)]
        return tuple(t for t in (*found, *self.more(outcomes), cost_table(outcomes)) if t is not None)

    def more(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return further tables."""
        del outcomes
        return ()
