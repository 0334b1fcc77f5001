"""A call starts only where the budget covers it; what was spent is counted however the call ends."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from clinigraph.errors import ModelBudgetSpent
from clinigraph.llm.budget import Ledger
from clinigraph.llm.contract import ModelBudget


def test_tokens_are_counted_by_role_also_when_the_call_fails() -> None:
    ledger = Ledger()

    def call_that_fails() -> None:
        with ledger.call("reader", 100, 50) as call:
            call.spend(7, 3)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        call_that_fails()
    assert ledger.tokens() == {"prompt": 7, "completion": 3, "reader.prompt": 7, "reader.completion": 3}
    assert ledger.calls == 1


def test_calls_under_way_are_reserved() -> None:
    ledger = Ledger(ModelBudget(max_tokens=150))
    with ledger.call("a", 100, 50), pytest.raises(ModelBudgetSpent, match="MAX_TOKENS"), ledger.call("b", 100, 50):
        pass
    with ledger.call("b", 100, 50) as call:
        call.spend(10, 5)
    assert ledger.tokens()["prompt"] == 10


def test_the_cost_is_that_of_both_prices() -> None:
    ledger = Ledger(ModelBudget(prompt_price=2, completion_price=10))
    with ledger.call("a", 1, 1) as call:
        call.spend(1_000_000, 500_000)
    assert ledger.cost == pytest.approx(7)


def test_threads_cannot_pass_the_limit_together() -> None:
    ledger, refused, gate = Ledger(ModelBudget(max_calls=10)), [], threading.Barrier(20)

    def work() -> None:
        gate.wait()
        try:
            with ledger.call("a", 1, 1) as call:
                call.spend(1, 1)
        except ModelBudgetSpent as error:
            refused.append(error)

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 10
    assert ledger.tokens()["prompt"] == 10


def test_a_ledger_with_a_file_counts_on(tmp_path: Path) -> None:
    path = tmp_path / "spending.json"
    first = Ledger(ModelBudget(max_calls=2), path)
    with first.call("reader", 10, 5) as call:
        call.spend(7, 3)
    second = Ledger(ModelBudget(max_calls=2), path)
    assert second.calls == 1
    assert second.tokens() == first.tokens()
    with second.call("planner", 10, 5) as call:
        call.spend(1, 1)
    with pytest.raises(ModelBudgetSpent, match="2 of 2 calls"), Ledger(ModelBudget(max_calls=2), path).call("x", 1, 1):
        pass


@pytest.mark.parametrize("content", ["", "{", '{"calls": -1}', '{"calls": "many"}'])
def test_a_file_that_cannot_be_read_counts_as_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "spending.json"
    path.write_text(content, encoding="utf-8")
    assert Ledger(kept_in=path).tokens() == {"prompt": 0, "completion": 0}


def test_no_folder_is_made_for_a_run_that_is_over(tmp_path: Path) -> None:
    ledger = Ledger(kept_in=tmp_path / "gone" / "spending.json")
    with ledger.call("reader", 10, 5) as call:
        call.spend(7, 3)
    assert ledger.calls == 1
    assert not (tmp_path / "gone").exists()
