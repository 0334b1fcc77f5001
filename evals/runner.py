"""Benchmarks as Inspect tasks: its logs, its retries, its viewer; our tables from what the log holds.

Inspect runs, we measure. A sample that fails keeps its error in the log and counts as a failure in every table; a log
that was cut short goes on with ``inspect eval-retry`` or ``clinigraph eval TASK --resume``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from inspect_ai import Task
from inspect_ai.agent import agent_bridge
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import get_model
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from pydantic import JsonValue

from clinigraph.evals.agenteval.loading import digests
from clinigraph.evals.contract import Benchmark, EvalContext, EvalItem, EvalTable, Outcome
from clinigraph.llm.contract import ChatModel
from clinigraph.llm.openai_chat import OpenAiChat
from clinigraph.llm.retrying import RetryPolicy

DEAD_PORT = "http://127.0.0.1:9/v1"
"""Address given to bridged clients: a call that the bridge does not catch fails instead of leaving the machine."""
BRIDGE_TIMEOUT_S = 3600.0
"""Longest time of one bridged call: repeats and time limits are Inspect's (``--timeout``, ``--max-retries``)."""
_VALUES = "values"


def as_task(benchmark: Benchmark, context: EvalContext, limit: int | None = None) -> Task:
    """Return a benchmark as an Inspect task.

    Args:
        benchmark: What is measured.
        context: Data, work folder, seed.
        limit: Most items.

    Raises:
        InputRefused: The data are not there.
    """
    spec = benchmark.spec
    items = benchmark.items(context, limit)
    samples = [
        Sample(id=i.id, input=i.input, target=i.target, metadata={"item": i.model_dump(mode="json")}) for i in items
    ]
    return Task(
        dataset=MemoryDataset(samples, name=spec.name),
        solver=_measured(benchmark, context),
        scorer=_outcome(),
        name=spec.name,
        version=spec.version,
        fail_on_error=False,
        metadata={**spec.model_dump(mode="json", exclude={"factory"}), "data_sha256": digests(spec, context)},
    )


@solver
def _measured(benchmark: Benchmark, context: EvalContext) -> Solver:
    """Measure one item; the model under test, if there is one, is reached through Inspect's bridge."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        del generate
        item = EvalItem.model_validate(state.metadata["item"])
        async with AsyncExitStack() as stack:
            chat = await _bridged(stack)
            values = await benchmark.measure(item, replace(context, chat=chat))
        state.store.set(_VALUES, dict(values))
        state.output.completion = json.dumps(dict(values), ensure_ascii=False)
        return state

    return solve


async def _bridged(stack: AsyncExitStack) -> ChatModel | None:
    if get_model().api.__class__.__name__ == "NoModel":
        return None
    bridge = agent_bridge(
        forward_generation_config=True,  # else Inspect drops the length limit and the temperature of each role
        web_search=False,
        code_execution=False,
        client_mcp_servers=False,
    )
    await stack.enter_async_context(bridge)
    return OpenAiChat(DEAD_PORT, "inspect", timeout_s=BRIDGE_TIMEOUT_S, retry=RetryPolicy(retries=0))


@scorer(metrics=[mean(), stderr()], name="measured")
def _outcome() -> Scorer:
    """Score 1 for an item that was measured; what was measured stands in the metadata."""

    async def score(state: TaskState, target: Target) -> Score:
        del target
        values = state.store.get(_VALUES)
        return Score(value=0.0 if values is None else 1.0, metadata={_VALUES: values})

    return score


def ended(log: EvalLog) -> tuple[EvalSample, ...]:
    """Return the samples of a log, failures included; not those under way when the run was interrupted."""
    samples = log.samples or []
    if log.status != "cancelled":
        return tuple(samples)
    return tuple(s for s in samples if s.error is None or not s.error.message.startswith("CancelledError"))


def outcomes(log: EvalLog) -> tuple[Outcome, ...]:
    """Return the outcomes that a log holds, failures included."""
    return tuple(_outcome_of(sample) for sample in ended(log))


def _outcome_of(sample: EvalSample) -> Outcome:
    item = EvalItem.model_validate(sample.metadata["item"])
    seconds = sample.total_time or 0.0
    if sample.error is not None:
        return Outcome(item, error=sample.error.message or "failed", seconds=seconds)
    values: dict[str, JsonValue] | None = None
    for score in (sample.scores or {}).values():
        values = (score.metadata or {}).get(_VALUES)
    if values is None:
        return Outcome(item, error="the item was not measured", seconds=seconds)
    return Outcome(item, values, seconds=seconds)


def tables_of(benchmark: Benchmark, log: EvalLog) -> Sequence[EvalTable]:
    """Return the tables of a finished log."""
    return benchmark.tables(outcomes(log))


def unfinished_log(folder: Path, name: str) -> Path | None:
    """Return the newest log of a benchmark that was cut short, or None."""
    from inspect_ai.log import list_eval_logs

    logs = list_eval_logs(str(folder), filter=lambda log: log.eval.task == name and log.status != "success")
    if not logs:
        return None
    newest = max(logs, key=lambda info: info.mtime or 0)
    return Path(newest.name.removeprefix("file://"))
