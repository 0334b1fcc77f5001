"""Builds the two vocabularies that ship, from their public releases.

``python -m clinigraph.knowledge.terminology.build_data DO_FOLDER ICD_FOLDER`` reads ``HumanDO.tsv`` and
``allXREFinDO.tsv`` (Disease Ontology, CC0) and ``icd10cm-codes-2024.txt`` (ICD-10-CM, a work of the United States
government) and writes ``data/disease_ontology.tsv.gz`` and ``data/icd10cm.tsv.gz``. The output is the same, byte for
byte, for the same input.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import typer

DATA = Path(__file__).parent / "data"
_LATER_VISIT = re.compile(r"(subsequent encounter|sequela)\b")
_FIRST_VISIT = re.compile(r",? initial encounter( for closed fracture)?$")
_XREF_SCHEMES = {"UMLS_CUI": "UMLS", "ICD10CM": "I10C", "MESH": "MSH", "MIM": "OMIM", "ORDO": "ORPHA"}


def disease_lines(names: Path, references: Path) -> Iterator[str]:
    """Yield one line for each disease: id, name, names of the broader diseases, references to other vocabularies."""
    xrefs: dict[str, list[str]] = {}
    for doid, _, xref in _rows(references):
        scheme, _, code = xref.partition(":")
        if scheme in _XREF_SCHEMES:
            xrefs.setdefault(doid, []).append(f"{_XREF_SCHEMES[scheme]}:{code}")
    parents: dict[str, set[str]] = {}
    labels: dict[str, str] = {}
    for doid, label, parent in _rows(names):
        labels[doid] = label
        parents.setdefault(doid, set()).update(filter(None, [parent]))
    ids = {label: doid for doid, label in labels.items()}
    for doid in sorted(labels):
        broader = sorted(ids[p] for p in parents[doid] if p in ids)
        yield "\t".join((doid, labels[doid], "|".join(broader), "|".join(sorted(set(xrefs.get(doid, []))))))


def icd_lines(codes: Path) -> Iterator[str]:
    """Yield one line for each code: code with its dot, title; later visits for the same injury are left out."""
    for line in codes.read_text(encoding="utf-8").splitlines():
        code, _, title = line.partition(" ")
        title = title.strip()
        if code and title and not _LATER_VISIT.search(title):
            dotted = f"{code[:3]}.{code[3:]}" if len(code) > 3 else code
            yield f"{dotted}\t{_FIRST_VISIT.sub('', title)}"


def _rows(path: Path) -> Iterator[tuple[str, str, str]]:
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    for line in lines:
        first, second, third = [*(part.strip('"') for part in line.split("\t")), "", ""][:3]
        yield first, second, third


def write(path: Path, lines: Iterable[str]) -> int:
    """Write lines compressed, without a time stamp, and return the size in bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), compresslevel=9, mtime=0))
    return path.stat().st_size


def main(do_folder: Path, icd_folder: Path) -> None:
    """Build both files and print their sizes."""
    diseases = disease_lines(do_folder / "HumanDO.tsv", do_folder / "allXREFinDO.tsv")
    size = write(DATA / "disease_ontology.tsv.gz", diseases)
    typer.echo(f"disease_ontology.tsv.gz: {size:,} bytes")
    typer.echo(
        f"icd10cm.tsv.gz: {write(DATA / 'icd10cm.tsv.gz', icd_lines(icd_folder / 'icd10cm-codes-2024.txt')):,} bytes"
    )


if __name__ == "__main__":
    typer.run(main)
