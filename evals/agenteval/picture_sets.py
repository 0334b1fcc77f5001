"""Published sets of questions about pictures, brought to the columns of ``vqa``: one row a question.

- VQA-RAD (``image_name, question, answer``), SLAKE (``img_name``, ``q_lang``), PathVQA and others as Parquet with the
  picture inside (``image`` as bytes), OmniMedVQA (``image_path, gt_answer, option_A`` …): taken as they are.
- ChestAgentBench: the options stand in the question ("A) … B) …"), the key is a letter.
- ProbMed (``id, qa_type, gt_ans``): a true question and the one made to mislead form a pair; ``abnormality`` and
  questions without a partner stand alone.
- MediConfusion (``im_1, im_2, option_A, option_B, im_1_correct, im_2_correct``): one question of two pictures.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from clinigraph.errors import InputRefused
from clinigraph.evals.agenteval.loading import Row

ALONE = "alone-"
"""Start of the name of a pair of one."""
_OPTION = re.compile(r"(?:^|(?<=[\s:;?.,]))\(?([A-J])[).:]\s+")
_PARTNER = re.compile(r"_(?:gt|hallu)(?=_|$)")
_SUFFIXES = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"BM": ".bmp"}
_TWO = ("im_1", "im_2", "im_1_correct", "im_2_correct")


def unified(rows: Sequence[Row], work: Path) -> list[Row]:
    """Return the rows in one form; pictures inside the table are written to a folder under their content's hash.

    Args:
        rows: As the file holds them.
        work: Folder for pictures that come inside the table.

    Raises:
        InputRefused: A set that is known by its columns lacks some of them.
    """
    have = {name for row in rows for name in row}
    if have & set(_TWO):
        missing = [n for n in (*_TWO, "question", "option_A", "option_B") if n not in have]
        if missing:
            raise InputRefused("A data file lacks columns", given=", ".join(missing))
        rows = [made for row in rows for made in _confused(row)]
    elif "qa_type" in have:
        rows = list(_probed(rows))
    return [_with_options(_with_file(row, work)) for row in rows]


def _confused(row: Row) -> Iterator[Row]:
    for number in ("1", "2"):
        local = str(row.get(f"im_{number}_local") or "")
        name = f"{local}.jpg" if local and "." not in local else local
        yield {
            "id": f"{row.get('id')}-{number}",
            "pair": str(row.get("id")),
            "image": name or row[f"im_{number}"],
            "question": row["question"],
            "options": {"A": str(row["option_A"]), "B": str(row["option_B"])},
            "answer": row[f"im_{number}_correct"],
            "modality": row.get("category_1") if number == "1" else row.get("category_2"),
        }


def _probed(rows: Sequence[Row]) -> Iterator[Row]:
    bases = [f"{row.get('id')}/{_PARTNER.sub('', str(row.get('qa_type')))}" for row in rows]
    twice = _twice(bases)
    for number, (row, base) in enumerate(zip(rows, bases, strict=True)):
        key = row.get("answer", row.get("gt_ans"))
        kind = _PARTNER.sub("", str(row.get("qa_type"))).rstrip("0123456789").rstrip("_")
        yield {
            **{k: v for k, v in row.items() if k not in ("gt_ans", "id")},
            "id": f"{row.get('id')}-{row.get('qa_type')}",
            "answer": key,
            "categories": kind,
            "pair": base if base in twice else f"{ALONE}{number}",
        }


def _twice(bases: Sequence[str]) -> frozenset[str]:
    counts: dict[str, int] = {}
    for base in bases:
        counts[base] = counts.get(base, 0) + 1
    return frozenset(b for b, n in counts.items() if n == 2)


def _with_file(row: Row, work: Path) -> Row:
    """Return a row whose pictures are names of files."""
    changed: dict[str, object] = {}
    for name, value in row.items():
        given = value if isinstance(value, list) else [value]
        if any(isinstance(v, dict) and isinstance(v.get("bytes"), bytes) for v in given):
            changed[name] = [_kept(v, work) for v in given if isinstance(v, dict)]
    return {**row, **changed} if changed else row


def _kept(value: Mapping[str, object], work: Path) -> str:
    content = value.get("bytes")
    if not isinstance(content, bytes):
        return str(value.get("path") or "")
    suffix = next((s for head, s in _SUFFIXES.items() if content.startswith(head)), ".img")
    path = work / "pictures" / f"{hashlib.sha256(content).hexdigest()}{suffix}"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return str(path)


def _with_options(row: Row) -> Row:
    """Return a row whose options, where they stand in the question, stand in a column of their own."""
    key = str(row.get("answer") or row.get("correct_answer") or "").strip().strip("()")
    question = str(row.get("question") or "")
    if not re.fullmatch(r"[A-J]", key) or row.get("options") or row.get("choices") or row.get("option_A"):
        return row
    marks = list(_OPTION.finditer(question))
    wanted = "ABCDEFGHIJ"[: len(marks)]
    if len(marks) < 2 or "".join(m[1] for m in marks) != wanted:
        return row
    ends = [*(m.start() for m in marks[1:]), len(question)]
    texts = [question[m.end() : end].strip(" ,;\n") for m, end in zip(marks, ends, strict=True)]
    return {
        **row,
        "question": question[: marks[0].start()].strip(),
        "options": dict(zip(wanted, texts, strict=True)),
        "answer": key,
    }
