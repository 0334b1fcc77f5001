"""Corpora that lie beside the checkout, and the questions that are made from them with a fixed seed.

- ``ngc``: a guideline's title and conditions, each finding or disease called by another name where the terminology has
  one that shares no word with it; no text of the recommendations. The guideline's own document is wanted.
- ``ngc-advice``: one sentence of the major recommendations with the same swaps, of which every other content word is
  kept, after the swapped conditions.
- ``medquad``: a question of a page, as it stands; the page itself is wanted.

Guidelines in which nothing can be swapped are not asked for. Half of the files of each corpus, by a hash of their name,
serve to choose the weights of fusion (``tune``); figures come from the other half (``report``).

Nothing of the corpora is shipped: they are read where they lie and indexed in a work folder.
"""

from __future__ import annotations

import hashlib
import html
import random
import re
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clinigraph.errors import InputRefused, InputUnreadable
from clinigraph.evals.retrieval.paraphrase import Paraphraser
from clinigraph.knowledge.documents.readers import read_document
from clinigraph.knowledge.documents.readers.structured import parse_xml
from clinigraph.knowledge.documents.splitting import source_id
from clinigraph.knowledge.words import words

Half = Literal["tune", "report"]
Maker = Callable[[bytes, random.Random], str]
"""A file and a source of chance to a question, empty when none can be made of it."""

ARCHIVES: Mapping[str, str] = {
    "ngc": "corpus_ngc_guidelines_half/ngc_half.tar.gz",
    "medquad": "corpus_medquad/medquad.tar.gz",
}
"""Corpus -> archive below the data folder."""
_TAG = re.compile(r"<[^>]+>")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_CONDITION_WORDS = 12


@dataclass(frozen=True, slots=True)
class Question:
    """A query and the document that answers it."""

    kind: str
    """Key of :data:`MAKERS`."""
    query: str
    source_id: str
    path: str
    """Of the file below the corpus' folder."""


def unpack(corpus: str, data: Path, work: Path) -> tuple[Path, ...]:
    """Unpack a corpus once, and return its XML files, sorted.

    Raises:
        InputUnreadable: The archive is not there or is damaged.
    """
    archive, folder = data / ARCHIVES[corpus], work / corpus / "files"
    if not folder.exists():
        part = folder.with_name("files.part")
        try:
            with tarfile.open(archive) as tar:
                tar.extractall(part, filter="data")
        except (OSError, tarfile.TarError) as error:
            raise InputUnreadable(
                "The corpus cannot be read", given=str(archive), todo="Name the data folder with --data."
            ) from error
        part.replace(folder)
    return tuple(sorted(folder.rglob("*.xml")))


def half_of(path: Path) -> Half:
    """Return which half a file belongs to; depends on its name alone."""
    return "tune" if hashlib.sha256(path.name.encode()).digest()[0] % 2 else "report"


def questions(kind: str, data: Path, work: Path, count: int, seed: int, half: Half = "report") -> tuple[Question, ...]:
    """Return up to ``count`` questions, drawn from one half of the files of a corpus.

    Args:
        kind: Key of :data:`MAKERS`.
        data: Folder of the archives.
        work: Where corpora are unpacked.
        count: Most questions.
        seed: Of the draw.
        half: Of the files.
    """
    corpus, maker = MAKERS[kind]
    make = maker(work)
    files = [f for f in unpack(corpus, data, work) if half_of(f) == half]
    chance = random.Random(f"{seed} {kind}")  # noqa: S311 - a sample, not a secret
    chance.shuffle(files)
    made: list[Question] = []
    for path in files:
        if len(made) == count:
            break
        raw = path.read_bytes()
        try:
            document = read_document(path, raw)
        except InputRefused:
            continue
        query = make(raw, chance)
        if query:
            made.append(Question(kind, query, source_id(document), str(path.relative_to(work / corpus / "files"))))
    return tuple(made)


def ngc_maker(work: Path) -> Maker:
    """Return what makes a question of title and conditions under other names."""
    paraphraser = Paraphraser(work / "terminology")

    def make(raw: bytes, chance: random.Random) -> str:
        fields = _fields(raw)
        conditions = _beginning(fields.get("Disease/Condition(s)", ""))
        if not conditions:
            return ""
        text, swapped = paraphraser.swap(f"{fields.get('Guideline Title', '').strip()} {conditions}", chance)
        return " ".join(dict.fromkeys(words(text))) if swapped else ""

    return make


def ngc_advice_maker(work: Path) -> Maker:
    """Return what makes a question of thinned advice and conditions under other names."""
    paraphraser = Paraphraser(work / "terminology")

    def make(raw: bytes, chance: random.Random) -> str:
        fields = _fields(raw)
        sentences = [s for s in _SENTENCE.split(fields.get("Major Recommendations", "")) if 10 <= len(words(s)) <= 60]
        if not sentences:
            return ""
        advice, swaps = paraphraser.swap(chance.choice(sentences), chance)
        conditions, more = paraphraser.swap(_beginning(fields.get("Disease/Condition(s)", "")), chance)
        return " ".join([*words(conditions), *words(advice)[::2]]) if swaps + more else ""

    return make


def medquad_maker(work: Path) -> Maker:
    """Return what takes one question of a page."""
    del work

    def make(raw: bytes, chance: random.Random) -> str:
        asked = [q.text.strip() for q in parse_xml(raw).iter("Question") if q.text and q.text.strip()]
        return chance.choice(asked) if asked else ""

    return make


def _beginning(text: str) -> str:
    return " ".join(text.split()[:_CONDITION_WORDS])


def _fields(raw: bytes) -> dict[str, str]:
    wanted = ("Guideline Title", "Disease/Condition(s)", "Major Recommendations")
    found = {}
    for field in parse_xml(raw).iterfind("./Section/Field"):
        if field.get("Name") in wanted:
            joined = html.unescape(" ".join(v.get("Value", "") for v in field.iter("FieldValue")))
            found[field.get("Name", "")] = html.unescape(_TAG.sub(" ", joined))
    return found


MAKERS: Mapping[str, tuple[str, Callable[[Path], Maker]]] = {
    "ngc": ("ngc", ngc_maker),
    "ngc-advice": ("ngc", ngc_advice_maker),
    "medquad": ("medquad", medquad_maker),
}
"""Kind of question -> corpus, and what gives the maker of questions from files, for a work folder."""
