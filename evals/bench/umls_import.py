"""Speed and memory of the UMLS import, and of lookups in what it makes.

``python -m clinigraph.evals.bench.umls_import [--rows 1000000] [--json]`` writes a synthetic release (made-up names of
anatomical and pathological words; no text of the UMLS), imports it in a process of its own and measures. Goals: 100,000
lines/s over all tables, 2 GB of memory, exact lookup p95 2 ms, linking a 300-word note 50 ms.
"""

from __future__ import annotations

import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

ATOMS_PER_CONCEPT = 4
"""About the mean of a full release."""
_PARTS = (
    "renal", "pulmonary", "hepatic", "cardiac", "gastric", "cerebral", "retinal", "corneal", "splenic", "aortic",
    "mitral", "femoral", "tibial", "spinal", "lumbar", "cervical", "thoracic", "pelvic", "ovarian", "uterine",
    "prostatic", "thyroid", "adrenal", "pituitary", "pancreatic", "biliary", "intestinal", "colonic", "rectal",
    "oral", "nasal", "laryngeal", "tracheal", "bronchial", "pleural", "dermal", "muscular", "neural", "vascular",
    "venous", "arterial",
)  # fmt: skip
_KINDS = (
    "stenosis", "atrophy", "hypertrophy", "carcinoma", "adenoma", "fibrosis", "infarction", "hemorrhage", "edema",
    "abscess", "cyst", "calculus", "fistula", "rupture", "thrombosis", "embolism", "necrosis", "inflammation",
    "infection", "dysplasia", "aplasia", "sclerosis", "ulcer", "polyp", "neuropathy", "myopathy", "effusion",
    "nodule", "granuloma", "malformation", "syndrome", "disorder",
)  # fmt: skip
_MANNERS = (
    "acute", "chronic", "recurrent", "congenital", "acquired", "severe", "mild", "focal", "diffuse", "bilateral",
    "familial", "idiopathic",
)  # fmt: skip
_LANGUAGES = ("ENG", "ENG", "ENG", "ENG", "ENG", "ENG", "ENG", "SPA", "FRE", "GER")
_SOURCES = ("SNOMEDCT_US", "MSH", "ICD10CM", "NCI", "MDR", "HPO", "OMIM", "RXNORM")


def write_release(folder: Path, rows: int, seed: int = 20260101) -> int:
    """Write a synthetic release with ``rows`` lines of MRCONSO and return the lines of all tables.

    MRREL has as many lines as MRCONSO, MRSTY one for each concept, MRDEF one for every eighth.
    """
    chance = random.Random(seed)  # noqa: S311 - not a secret
    concepts = max(8, rows // ATOMS_PER_CONCEPT)
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for name, lines in (
        ("MRCONSO.RRF", _names(rows, chance)),
        ("MRSTY.RRF", (f"C{n:07d}|T047|B2.2.1.2.1|Disease or Syndrome|AT{n:08d}|256|\n" for n in range(concepts))),
        ("MRREL.RRF", _relations(rows, concepts, chance)),
        ("MRDEF.RRF", _definitions(concepts)),
    ):
        with (folder / name).open("w", encoding="utf-8") as file:
            for line in lines:
                file.write(line)
                total += 1
    return total


def _names(rows: int, chance: random.Random) -> Iterator[str]:
    for n in range(rows):
        cui = n // ATOMS_PER_CONCEPT
        rank = n % ATOMS_PER_CONCEPT
        words = [chance.choice(_MANNERS), _PARTS[cui % len(_PARTS)], _KINDS[cui // len(_PARTS) % len(_KINDS)]]
        if rank:
            words = words[rank % 2 :] if rank < 3 else [words[2] + ",", *words[:2]]
        name = f"{' '.join(words)} type {cui // 1000}"
        language = "ENG" if rank == 0 else _LANGUAGES[(n * 7) % 10]
        preferred = ("P", "PF", "Y") if rank == 0 else ("S", "VO", "N")
        suppress = "O" if n % 23 == 22 else "N"
        yield (
            f"C{cui:07d}|{language}|{preferred[0]}|L{n:07d}|{preferred[1]}|S{n:07d}|{preferred[2]}|A{n:08d}||{n}||"
            f"{_SOURCES[n % 8]}|PT|{cui}|{name}|0|{suppress}|256|\n"
        )


def _relations(rows: int, concepts: int, chance: random.Random) -> Iterator[str]:
    for n in range(rows):
        one = n % concepts
        two = one // 7 if n % 3 else int(chance.random() * concepts)
        rel, rela = ("PAR", "inverse_isa") if n % 3 else ("RO", "associated_with")
        yield (
            f"C{one:07d}|A{one:08d}|AUI|{rel}|C{two:07d}|A{two:08d}|AUI|{rela}|R{n:08d}||{_SOURCES[n % 8]}|"
            f"{_SOURCES[n % 8]}||N|N|4096|\n"
        )


def _definitions(concepts: int) -> Iterator[str]:
    for n in range(0, concepts, 8):
        yield f"C{n:07d}|A{n:08d}|AT{n:08d}||NCI|A made-up condition with the number {n}.|N|256|\n"


def note(words: int = 300) -> str:
    """Return a made-up note of about this many words."""
    chance = random.Random(7)  # noqa: S311 - not a secret
    sentences: list[str] = []
    while sum(len(s.split()) for s in sentences) < words:
        part, kind, manner = chance.choice(_PARTS), chance.choice(_KINDS), chance.choice(_MANNERS)
        sentences.append(
            chance.choice(
                (
                    f"There is {manner} {part} {kind} on the left.",
                    f"No evidence of {part} {kind} or of {kind} elsewhere today.",
                    f"The patient reports that it began three days ago after {manner} {kind}.",
                    "Examination of the other side was normal, and she was sent home with advice.",
                )
            )
        )
    return " ".join(sentences)


def percentile_ms(work: Callable[[int], object], n: int) -> dict[str, float]:
    """Return median, 95th percentile and mean processor time in milliseconds over ``n`` calls."""
    times = []
    cpu = time.process_time()
    for number in range(n):
        begin = time.perf_counter()
        work(number)
        times.append((time.perf_counter() - begin) * 1000)
    cpu_ms = (time.process_time() - cpu) * 1000 / n
    return {"median_ms": statistics.median(times), "p95_ms": sorted(times)[int(0.95 * (n - 1))], "cpu_ms": cpu_ms}


_CHILD = (
    "import sys, json, resource, time; from pathlib import Path;"
    "from clinigraph.knowledge.terminology.umls.importer import import_umls;"
    "s = import_umls(Path(sys.argv[1]), Path(sys.argv[2]));"
    "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024;"
    "print(json.dumps({**s.model_dump(), 'cpu_s': time.process_time(), 'peak_mib': peak}))"
)


def run(
    rows: int = typer.Option(1_000_000, "--rows", help="Lines of MRCONSO."),
    as_json: bool = typer.Option(False, "--json", help="Print only JSON."),
) -> None:
    """Generate, import, look up, print."""
    from clinigraph.knowledge.terminology.umls.store import UmlsTerminology

    with tempfile.TemporaryDirectory() as name:
        folder, target = Path(name) / "META", Path(name) / "umls.sqlite"
        lines = write_release(folder, rows)
        done = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", _CHILD, str(folder), str(target)], check=True, capture_output=True, text=True
        )
        imported = json.loads(done.stdout)
        terms = UmlsTerminology(target)
        entries = [
            terms.describe(f"C{(n * 7919) % (rows // ATOMS_PER_CONCEPT):07d}")
            for n in track(range(2000), description="names", console=Console(stderr=True), transient=True)
        ]
        wanted = [e.concept.meaning for e in entries if e is not None]
        text = note()
        figures = {
            "lines": lines,
            "import_s": imported["seconds"],
            "lines_per_s": lines / imported["seconds"],
            "import_cpu_s": imported["cpu_s"],
            "peak_mib": imported["peak_mib"],
            "file_mib": target.stat().st_size / 2**20,
            "exact lookup": percentile_ms(lambda n: terms.lookup(wanted[n % len(wanted)]), 2000),
            "two hops": percentile_ms(lambda n: terms.neighbours(f"C{n * 131 + 1:07d}"), 100),
            "full text": percentile_ms(lambda n: terms.search(wanted[n % len(wanted)]), 100),
            "note of 300 words": percentile_ms(lambda _: terms.link(text), 50),
            "found": sum(any(c.matched == w for c in terms.lookup(w)) for w in wanted) / len(wanted),
        }
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
        return
    table = Table("What", "Value")
    for key, value in figures.items():
        table.add_row(key, json.dumps(value) if isinstance(value, dict) else f"{value:,.2f}")
    Console().print(
        table, f"Memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB"
    )


if __name__ == "__main__":
    typer.run(run)
