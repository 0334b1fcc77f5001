"""Counts what a case spends on a model, by role, and stops it at its budget."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import Field

from clinigraph.errors import ModelBudgetSpent
from clinigraph.llm.contract import ModelBudget
from clinigraph.models.base import Value

_MILLION = 1e6


class Counts(Value):
    """What a case has spent, as its file holds it."""

    calls: int = Field(default=0, ge=0)
    tokens: dict[str, int] = Field(default_factory=dict)


class Spending:
    """One call under way; its reservation ends with it."""

    def __init__(self) -> None:
        self.prompt = 0
        self.completion = 0

    def spend(self, prompt: int, completion: int) -> None:
        """Note what the server counted."""
        self.prompt += prompt
        self.completion += completion


class Ledger:
    """Calls and tokens of one case; safe in threads.

    A call starts only where the budget still covers its estimate, those of calls under way included. Prompts are
    estimated (a server counts them afterwards), so the sum may pass the budget by the error of one estimate.

    Args:
        budget: Limits; none by default.
        kept_in: File that holds the counts, so that a case that stopped counts on; its folder is not made. One
            process at a time writes it. None keeps them in memory.
    """

    def __init__(self, budget: ModelBudget | None = None, kept_in: Path | None = None) -> None:
        self.budget = budget or ModelBudget()
        self._kept_in = kept_in
        self._lock = threading.Lock()
        self._read: Counts | None = None if kept_in else Counts()
        self._tokens: Counter[str] = Counter(prompt=0, completion=0)
        self._calls = 0
        self._reserved = 0

    def tokens(self) -> dict[str, int]:
        """Return tokens in total and by role."""
        with self._lock:
            self._begin()
            return dict(self._tokens)

    @property
    def calls(self) -> int:
        """Calls begun so far."""
        with self._lock:
            self._begin()
            return self._calls

    @property
    def cost(self) -> float:
        """Cost so far, in the currency of the prices."""
        with self._lock:
            self._begin()
            return self._cost(self._tokens["prompt"], self._tokens["completion"])

    @contextmanager
    def call(self, role: str, estimate: int, max_tokens: int) -> Iterator[Spending]:
        """Reserve a call, and count it when the block ends, however it ends.

        Args:
            role: Under which name its tokens are counted.
            estimate: Tokens that it may take, prompt and completion.
            max_tokens: Of these, the completion.

        Raises:
            ModelBudgetSpent: The budget does not cover it.
        """
        with self._lock:
            self._begin()
            self._check(estimate, max_tokens)
            self._calls += 1
            self._reserved += estimate
        spending = Spending()
        try:
            yield spending
        finally:
            with self._lock:
                self._reserved -= estimate
                self._add(role, spending)
                self._keep()

    def _begin(self) -> None:
        """Take over what the file says, once; a file that is not there or cannot be read counts as nothing."""
        if self._read is not None or self._kept_in is None:
            return
        try:
            self._read = Counts.model_validate_json(self._kept_in.read_bytes())
        except (OSError, ValueError):
            self._read = Counts()
        self._calls = self._read.calls
        self._tokens.update(self._read.tokens)

    def _keep(self) -> None:
        if self._kept_in is None or not self._kept_in.parent.is_dir():  # the run is over, and its folder is gone
            return
        part = self._kept_in.with_suffix(".part")
        part.write_text(Counts(calls=self._calls, tokens=dict(self._tokens)).model_dump_json(), encoding="utf-8")
        part.replace(self._kept_in)

    def _add(self, role: str, spending: Spending) -> None:
        for name, number in (("prompt", spending.prompt), ("completion", spending.completion)):
            self._tokens[name] += number
            self._tokens[f"{role}.{name}"] += number

    def _check(self, estimate: int, max_tokens: int) -> None:
        limits, used = self.budget, self._tokens["prompt"] + self._tokens["completion"]
        if limits.max_calls is not None and self._calls >= limits.max_calls:
            raise _spent(f"{self._calls} of {limits.max_calls} calls", "CLINIGRAPH_MODEL_MAX_CALLS")
        if limits.max_tokens is not None and used + self._reserved + estimate > limits.max_tokens:
            given = f"{used} of {limits.max_tokens} tokens used, the next call may take {estimate}"
            raise _spent(given, "CLINIGRAPH_MODEL_MAX_TOKENS")
        if limits.max_cost is not None:
            cost = self._cost(self._tokens["prompt"], self._tokens["completion"])
            ahead = cost + self._cost(estimate - max_tokens, max_tokens) + self._reserved_cost()
            if ahead > limits.max_cost:
                raise _spent(f"{cost:.4g} of {limits.max_cost:.4g} spent", "CLINIGRAPH_MODEL_MAX_COST")

    def _reserved_cost(self) -> float:
        dearest = max(self.budget.prompt_price, self.budget.completion_price)
        return self._reserved * dearest / _MILLION

    def _cost(self, prompt: int, completion: int) -> float:
        return (prompt * self.budget.prompt_price + completion * self.budget.completion_price) / _MILLION


def _spent(given: str, setting: str) -> ModelBudgetSpent:
    return ModelBudgetSpent(
        "The case's budget for the model is spent",
        given=given,
        todo=f"Raise {setting}.",
    )
