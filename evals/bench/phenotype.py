"""How often the phenotype differential finds the disease of a simulated patient.

``python -m clinigraph.evals.bench.phenotype [--patients 200] [--json]``. A patient is drawn from one disease's
annotations: up to six findings, each kept with its frequency; a third are replaced by a broader term; two findings of
no connection are added. Absent are one finding of the disease that the draw left out, and two of the best other
candidate that neither the patient nor the disease has: what a clinician would look for to tell them apart. The same
annotations are searched, so these figures say whether the ranking copes with noise, not how it does on real patients.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from dataclasses import dataclass

import numpy as np
import typer
from rich.console import Console
from rich.progress import track

from clinigraph.tools.phenotype.knowledge import Floats, PhenotypeKnowledge, load_knowledge
from clinigraph.tools.phenotype.ranking import Ranker

FINDINGS, NOISE, OWN, OTHER, FEWEST = 6, 2, 1, 2, 8


@dataclass(frozen=True)
class Patient:
    """A made-up patient; positions of terms."""

    disease: int
    present: list[int]
    absent: list[int]


def draw(knowledge: PhenotypeKnowledge, chance: random.Random) -> Patient:
    """Return a patient of a disease with at least ``FEWEST`` findings."""
    sizes = np.diff(knowledge.starts)
    while True:
        disease = int(chance.choice(np.flatnonzero(sizes >= FEWEST)))
        low, high = knowledge.starts[disease], knowledge.starts[disease + 1]
        pairs = list(zip(knowledge.annotated[low:high], knowledge.frequency[low:high], strict=True))
        has = [int(t) for t, f in pairs if chance.random() < f]
        if len(has) < 3:
            continue
        lacks = [int(t) for t, f in pairs if f < 1 and int(t) not in has]
        chosen = chance.sample(has, min(FINDINGS, len(has)))
        blurred = [_broader(knowledge, t, chance) if chance.random() < 1 / 3 else t for t in chosen]
        noise = [int(t) for t in chance.sample(list(knowledge.annotated), NOISE)]
        absent = chance.sample(lacks, min(OWN, len(lacks)))
        present = list(dict.fromkeys([*blurred, *noise]))
        return Patient(disease, present, [a for a in absent if a not in present])


def rule_out(knowledge: PhenotypeKnowledge, patient: Patient, score: Floats, chance: random.Random) -> list[int]:
    """Return what the patient is found not to have: own findings left out, and some of the best other candidate."""
    order = np.argsort(-score, kind="stable")
    other = int(order[0] if order[0] != patient.disease else order[1])
    own, there = _annotated(knowledge, patient.disease), set().union(*map(knowledge.ancestors, patient.present))
    own_all = set().union(*map(knowledge.ancestors, own))
    free = sorted(set(_annotated(knowledge, other)) - own_all - there)
    return [*patient.absent, *chance.sample(free, min(OTHER, len(free)))]


def _annotated(knowledge: PhenotypeKnowledge, disease: int) -> list[int]:
    return [int(t) for t in knowledge.annotated[knowledge.starts[disease] : knowledge.starts[disease + 1]]]


def _broader(knowledge: PhenotypeKnowledge, term: int, chance: random.Random) -> int:
    parents = [p for p in knowledge.parents[term] if p > 0]
    return chance.choice(parents) if parents else term


def run(
    patients: int = typer.Option(200, "--patients", help="How many are drawn."),
    seed: int = typer.Option(20260101, "--seed", help="Of the draw."),
    as_json: bool = typer.Option(False, "--json", help="Print only JSON."),
) -> None:
    """Draw, rank, print."""
    knowledge = load_knowledge()
    ranker = Ranker(knowledge)
    chance = random.Random(seed)  # noqa: S311 - not a secret
    ranks, blind, times = list[int](), list[int](), list[float]()
    for _ in track(range(patients), description="patients", console=Console(stderr=True), transient=True):
        patient = draw(knowledge, chance)
        without = ranker.rank(patient.present, ()).score
        blind.append(int((without > without[patient.disease]).sum()) + 1)
        absent = rule_out(knowledge, patient, without, chance)
        begin = time.perf_counter()
        score = ranker.rank(patient.present, absent).score
        times.append(time.perf_counter() - begin)
        ranks.append(int((score > score[patient.disease]).sum()) + 1)
    figures = {
        "patients": patients,
        "diseases": len(knowledge.diseases),
        "with absent findings": _shares(ranks),
        "absent findings not told": _shares(blind),
        "median_s": statistics.median(times),
    }
    typer.echo(json.dumps(figures, indent=2) if as_json else "\n".join(f"{k}: {v}" for k, v in figures.items()))


def _shares(ranks: list[int]) -> dict[str, float]:
    shares = {f"top {n}": sum(r <= n for r in ranks) / len(ranks) for n in (1, 5, 10)}
    return {**shares, "median rank": statistics.median(ranks)}


if __name__ == "__main__":
    typer.run(run)
