"""The state machine.

::

    intake → triage → plan ⟨approve?⟩ → schedule ⇄ act → reflect → consult → decide → write ⇄ verify → ⟨sign?⟩ → finish
                 │                         └──⟨ask?⟩────────┘                    ↑
                 └────────────────── no protocol applies ────────────────────────┘

Model roles are heard in ``consult``; without a model that node is not met. A case in text goes from triage over
``survey`` to the tools that its facts allow, and from there to ``decide``.

A node during which the model server was lost raises instead of writing what it found, so that a run resumes before it;
``act`` alone writes what its tools found and leaves the raising to ``schedule``: no tool that ran is run again.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import lru_cache, wraps
from typing import Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import RetryPolicy

from clinigraph.graphs.dependencies import Dependencies
from clinigraph.graphs.nodes_act import act, reflect, schedule
from clinigraph.graphs.nodes_ask import ask
from clinigraph.graphs.nodes_consult import consult_roles
from clinigraph.graphs.nodes_plan import approve, intake, plan, triage
from clinigraph.graphs.nodes_report import decide, finish, sign, verify, write
from clinigraph.graphs.nodes_text import survey
from clinigraph.graphs.state import CaseState

CaseGraph = CompiledStateGraph[CaseState, Dependencies, CaseState, CaseState]


class Node(Protocol):
    """A node as LangGraph calls it."""

    def __call__(self, state: CaseState, runtime: Runtime[Dependencies]) -> Awaitable[object]:
        """Return changes of the state, or a command with changes and the next node."""
        ...


NODES = (
    "intake",
    "triage",
    "plan",
    "survey",
    "approve",
    "schedule",
    "act",
    "reflect",
    "ask",
    "consult",
    "decide",
    "write",
    "verify",
    "sign",
    "finish",
)
"""Names of the nodes in the order in which a case meets them."""

RECURSION_LIMIT = 100
"""Most supersteps of one run; the longest legal one (all alternatives tried, two revisions) stays far below."""


def with_checkpoints(graph: CaseGraph, checkpointer: BaseCheckpointSaver[str]) -> CaseGraph:
    """Return a compiled state machine that keeps its states; costs nothing, so one compilation serves a session."""
    kept = graph.copy(update={"checkpointer": checkpointer})
    if not isinstance(kept, CompiledStateGraph):
        raise TypeError("LangGraph gave another kind of graph")
    return kept


@lru_cache(maxsize=8)
def build_graph(node_timeout_s: float) -> CaseGraph:
    """Compile the state machine, without checkpoints; one compilation serves every session with the same limit.

    Args:
        node_timeout_s: Longest time of one node, in seconds; tools have their own, shorter ones.
    """
    graph = StateGraph(CaseState, context_schema=Dependencies)
    again = RetryPolicy(max_attempts=3, initial_interval=0.2, retry_on=(ConnectionError, TimeoutError))
    for name, node in (
        ("intake", intake), ("triage", triage), ("plan", plan), ("approve", approve), ("schedule", schedule),
        ("reflect", reflect), ("decide", decide), ("write", write), ("verify", verify), ("sign", sign),
        ("finish", finish), ("ask", ask), ("consult", consult_roles), ("survey", survey),
    ):  # fmt: skip
        graph.add_node(name, stopping(node), retry_policy=again, timeout=None if name in _PAUSING else node_timeout_s)
    graph.add_node("act", act, timeout=node_timeout_s)
    graph.add_edge(START, "intake")
    for source, target in (
        ("intake", "triage"), ("approve", "schedule"), ("act", "schedule"), ("decide", "write"), ("write", "verify"),
        ("sign", "finish"), ("finish", END), ("consult", "decide"),
    ):  # fmt: skip
        graph.add_edge(source, target)
    return graph.compile()


def stopping(node: Node) -> Node:
    """Return a node that raises when the model server was lost, unless the run is to go on by its rules."""

    @wraps(node)
    async def watched(state: CaseState, runtime: Runtime[Dependencies]) -> object:
        found = await node(state, runtime)
        if runtime.context.watch is not None:
            runtime.context.watch.raise_lost()
        return found

    return watched


_PAUSING = ("approve", "sign", "ask")
