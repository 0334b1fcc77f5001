"""AgentClinic with scripted doctors: the whole task on every published case, without a model.

``python -m clinigraph.evals.bench.scripted_clinic --data DIR [--json]``. Each doctor asks one question, requests one
test and then names a diagnosis: ``key`` that of the case, ``other`` that of the next case in the file whose key is
another, ``none`` never any. A scripted patient and a scripted moderator (always yes) answer. What is measured is that
every talk runs to its end and what the marks by words and concepts make of right and of wrong names, not a doctor.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from clinigraph.evals.contract import EvalContext, EvalItem, Outcome
from clinigraph.evals.registry import benchmark
from clinigraph.evals.scoring import mark_of
from clinigraph.llm.dialogue import Request
from clinigraph.statistics import wilson
from clinigraph.testing.models import all_text
from clinigraph.testing.models_adversarial import AdversarialModel


def names(items: Sequence[EvalItem], doctor: str) -> Mapping[str, str]:
    """Return item id -> the diagnosis that a doctor names; empty for none."""
    found: dict[str, str] = {}
    for place, item in enumerate(items):
        turned = [*items[place + 1 :], *items[:place]]
        other = next((i.target for i in turned if i.target.casefold() != item.target.casefold()), "")
        found[item.id] = {"key": item.target, "other": other, "none": ""}[doctor]
    return found


def said(request: Request, name: str) -> str:
    """Return what the scripted person of a role says."""
    if request.role == "patient":
        return "It began last week."
    if request.role == "moderator":
        return "Answer: yes"
    talk = all_text(request)
    if "Patient:" not in talk:
        return "When did it begin?"
    if "Measurement:" not in talk:
        return "REQUEST TEST: complete blood count"
    return f"DIAGNOSIS READY: {name}" if name else "Tell me more, please."


async def run(data: Path, doctor: str, limit: int | None) -> Counter[str]:
    """Return how many cases count as what with one doctor."""
    bench = benchmark("agentclinic")
    context = EvalContext(data=data, work=Path())
    items = bench.items(context, limit)
    called = names(items, doctor)
    marks: Counter[str] = Counter()
    for item in items:
        name = called[item.id]
        chat = AdversarialModel(0, rate=0.0, honest=partial(said, name=name))
        values = await bench.measure(item, replace(context, chat=chat))
        marks[mark_of(Outcome(item, values)).value] += 1
    return marks


def main(
    data: Annotated[Path, typer.Option(help="Folder that holds qa_agentclinic_medqa, or the file.")],
    limit: int | None = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Measure the three doctors and print their marks."""
    found = {doctor: dict(asyncio.run(run(data, doctor, limit))) for doctor in ("key", "other", "none")}
    if as_json:
        typer.echo(json.dumps(found))
        return
    for doctor, marks in found.items():
        total = sum(marks.values())
        typer.echo(f"{doctor}: {marks}, right {wilson(marks.get('right', 0), total)}")


if __name__ == "__main__":
    typer.run(main)
