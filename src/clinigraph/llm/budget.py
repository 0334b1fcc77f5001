"""Counts what a case spends on a model, by role, and stops it at its budget."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from clinigraph.errors import ModelBudgetSpent
from clinigraph.llm.contract import ModelBudget

_MILLION = 1e6


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
    """

    def __init__(self, budget: ModelBudget | None = None) -> None:
        self.budget = budget or ModelBudget()
        self._lock = threading.Lock()
        self._tokens: Counter[str] = Counter(prompt=0, completion=0)
        self._calls = 0
        self._reserved = 0

    def tokens(self) -> dict[str, int]:
        """Return tokens in total and by role."""
        with self._lock:
            return dict(self._tokens)

    @property
    def calls(self) -> int:
        """Calls begun so far."""
        with self._lock:
            return self._calls

    @property
    def cost(self) -> float:
        """Cost so far, in the currency of the prices."""
        with self._lock:
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
        todo=f"Raise {setting} and run the same again to resume.",
    )
