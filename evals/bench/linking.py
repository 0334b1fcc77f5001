"""Speed and memory of concept linking with the embedded vocabularies.

Run ``python -m clinigraph.evals.bench.linking [--json]``; accuracy is measured by ``clinigraph eval linking``. Goal: a
note of 300 words in 50 ms.
"""

from __future__ import annotations

import json
import resource
import time

import typer

from clinigraph.evals.bench.umls_import import note, percentile_ms
from clinigraph.knowledge.terminology.embedded import EmbeddedTerminology
from clinigraph.settings import Settings


def run(as_json: bool = typer.Option(False, "--json", help="Print only JSON.")) -> None:
    """Load, link, print."""
    terminology = EmbeddedTerminology(Settings().cache_dir)
    begin = time.perf_counter()
    terminology.warm_up()
    loaded, text = time.perf_counter() - begin, note()
    figures = {
        "load_s": loaded,
        "note of 300 words": percentile_ms(lambda _: terminology.link(text), 50),
        "exact lookup": percentile_ms(lambda _: terminology.lookup("pleural effusion"), 500),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    typer.echo(json.dumps(figures, indent=2) if as_json else "\n".join(f"{k}: {v}" for k, v in figures.items()))


if __name__ == "__main__":
    typer.run(run)
