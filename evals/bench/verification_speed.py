"""How long a claim takes to verify without a model: the report's own sentences, and free wording with a terminology.

Run: ``python evals/bench/verification_speed.py`` (one core; prints milliseconds a claim and seconds for 60).
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from clinigraph.agents.claims.matching import claims_of
from clinigraph.agents.verification.verifier import CaseVerifier, RuleVerifier
from clinigraph.evals.contract import EvalContext
from clinigraph.evals.grounding.bases import Base, load_base
from clinigraph.evals.grounding.sentences import true_sentences
from clinigraph.intake.facts import fact_catalogue
from clinigraph.intake.units import convert
from clinigraph.knowledge.terminology.embedded import EmbeddedTerminology
from clinigraph.models.reporting import Claim
from clinigraph.settings import Settings

REPORT = 60


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="retina", help="a base of the perturbation benchmark")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "clinigraph-bench")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    chosen = parser.parse_args()
    base = load_base(chosen.base, EvalContext(data=chosen.data, work=chosen.work))
    terminology = EmbeddedTerminology(Settings().cache_dir)
    start = time.perf_counter()
    terminology.warm_up()
    convert(1.0, "mm[Hg]", "kPa")
    fact_catalogue()
    print(f"once a process, terminology, units and the catalogue of facts: {time.perf_counter() - start:.2f} s")
    verifier = RuleVerifier(base.library, terminology)
    case = verifier.case(base.report.evidence_graph, base.report.impression)
    _each(case, base.report.claims, "own sentences")
    prose = claims_of("\n".join(true_sentences(base.report)), case.index, case.sentences, case.whole)
    _each(case, prose, "free wording")
    _whole(verifier, base, prose)


def _each(case: CaseVerifier, claims: tuple[Claim, ...], name: str) -> None:
    case.verify(claims[0])
    times = []
    for claim in claims:
        start = time.perf_counter()
        case.verify(claim)
        times.append(1000 * (time.perf_counter() - start))
    middle, worst = statistics.median(times), max(times)
    print(f"{name}: {len(times)} claims, median {middle:.2f} ms, largest {worst:.2f} ms")


def _whole(verifier: RuleVerifier, base: Base, claims: tuple[Claim, ...]) -> None:
    many = tuple(c.replace(id=f"{i}-{c.id}") for i in range(1 + REPORT // len(claims)) for c in claims)[:REPORT]
    start = time.perf_counter()
    asyncio.run(verifier.verify(many, base.report.evidence_graph, base.report.impression))
    print(f"a report of {len(many)} claims, evidence read anew: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
