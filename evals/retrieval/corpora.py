"""Corpora that lie beside the checkout, and the questions that are made from them with a fixed seed.

- ``ngc``: the words of a guideline's condition field and every other content word of one sentence of its major
  recommendations, so that no run of words is left to match; the guideline's own document is wanted.
- ``ngc-title``: the content words of the guideline's title and conditions in alphabetical order.
- ``medquad``: a question of a page, as it stands; the page itself is wanted.

Nothing of the corpora is shipped: they are read where they lie and indexed in a work folder.
"""

from __future__ import annotations

import html
import random
import re
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from clinigraph.errors import InputRefused, InputUnreadable
from clinigraph.knowledge.documents.readers import read_document
from clinigraph.knowledge.documents.readers.structured import parse_xml
from clinigraph.knowledge.documents.splitting import source_id
from clinigraph.knowledge.words import words

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


def questions(kind: str, data: Path, work: Path, count: int, seed: int) -> tuple[Question, ...]:
    """Return up to ``count`` questions, drawn from the files of a corpus.

    Args:
        kind: Key of :data:`MAKERS`.
        data: Folder of the archives.
        work: Where corpora are unpacked.
        count: Most questions.
        seed: Of the draw.
    """
    corpus, make = MAKERS[kind]
    files = list(unpack(corpus, data, work))
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


def ngc_query(raw: bytes, chance: random.Random) -> str:
    """Return condition words and thinned words of one recommendation, or nothing when there is none."""
    fields = _fields(raw)
    sentences = [s for s in _SENTENCE.split(fields.get("Major Recommendations", "")) if 10 <= len(words(s)) <= 60]
    if not sentences or not fields.get("Disease/Condition(s)"):
        return ""
    conditions = words(fields["Disease/Condition(s)"])[:_CONDITION_WORDS]
    return " ".join([*conditions, *words(chance.choice(sentences))[::2]])


def ngc_title_query(raw: bytes, chance: random.Random) -> str:
    """Return the words of title and conditions, sorted, or nothing when there are none."""
    del chance
    fields = _fields(raw)
    conditions = words(fields.get("Disease/Condition(s)", ""))[:_CONDITION_WORDS]
    return " ".join(sorted({*words(fields.get("Guideline Title", "")), *conditions}))


def medquad_query(raw: bytes, chance: random.Random) -> str:
    """Return one question of a page."""
    asked = [q.text.strip() for q in parse_xml(raw).iter("Question") if q.text and q.text.strip()]
    return chance.choice(asked) if asked else ""


def _fields(raw: bytes) -> dict[str, str]:
    wanted = ("Guideline Title", "Disease/Condition(s)", "Major Recommendations")
    found = {}
    for field in parse_xml(raw).iterfind("./Section/Field"):
        if field.get("Name") in wanted:
            joined = html.unescape(" ".join(v.get("Value", "") for v in field.iter("FieldValue")))
            found[field.get("Name", "")] = html.unescape(_TAG.sub(" ", joined))
    return found


MAKERS: Mapping[str, tuple[str, Callable[[bytes, random.Random], str]]] = {
    "ngc": ("ngc", ngc_query),
    "ngc-title": ("ngc", ngc_title_query),
    "medquad": ("medquad", medquad_query),
}
"""Kind of question -> corpus and how a question is made from a file."""
