"""MedQA, MedMCQA and MMLU-med: one right letter, with and without passages looked up.

Formats, by columns: MedQA (``question, options, answer_idx``; Jin et al. 2021), MedMCQA (``question, opa..opd, cop``;
Pal et al. 2022) and MMLU (``question, choices, answer``; Hendrycks et al. 2021).
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from pydantic import JsonValue

from clinigraph.client.library import SessionLibrary
from clinigraph.errors import InputRefused
from clinigraph.evals.agenteval.base import ModelBenchmark, confidence_in, dialogue, without_confidence
from clinigraph.evals.agenteval.loading import Row, columns, data_file, read_rows, text_of
from clinigraph.evals.contract import EvalContext, EvalItem
from clinigraph.evals.extraction import choice
from clinigraph.evals.scoring import mark
from clinigraph.evals.subgroups import KEY, subgroups_of
from clinigraph.settings import Settings

_LETTERS = "ABCDEFGHIJ"
_WANTED: Mapping[str, Sequence[str]] = {
    "question": ("question", "sent1", "query", "stem"),
    "answer": ("answer_idx", "cop", "answer", "label"),
}
_OPTIONS: Sequence[str] = ("options", "choices")
_SPREAD: Sequence[Sequence[str]] = (
    ("opa", "opb", "opc", "opd"),
    ("option_A", "option_B", "option_C", "option_D"),
    ("ending0", "ending1", "ending2", "ending3"),
    ("A", "B", "C", "D"),
)
_PASSAGES = 3


class MultipleChoice(ModelBenchmark):
    """Questions with letters; ``full`` looks passages up in cards and the user's documents, ``direct`` asks alone."""

    group = "subject"

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the questions in an order drawn by the seed; see the contract."""
        path = data_file(self.spec, context)
        rows = read_rows(path)
        made = list(_items(rows, path.name))
        random.Random(context.seed).shuffle(made)  # noqa: S311 - an order, not a secret
        return tuple(made[:limit])

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Return the letter that was taken from the answer, its mark, confidence and cost."""
        talk = dialogue(self.spec, context)
        options = options_of(item)
        data = question_text(item.input, options)
        passages: list[str] = []
        if context.config == "full":
            passages = await asyncio.to_thread(self._passages, item.input)
            data += "".join(f"\n\nPassage: {p}" for p in passages)
        answer = await talk.ask("choice", data, letters=", ".join(options))
        found = choice(without_confidence(answer), tuple(options), options)
        return {
            "mark": mark(found, item.target).value,
            "answer": found.text or found.kind.value,
            "reason": found.reason,
            "confidence": confidence_in(answer),
            "passages": len(passages),
            **talk.cost(),
        }

    def _passages(self, question: str) -> list[str]:
        from clinigraph.knowledge.contract import RetrievalQuery

        return [f.passage.text for f in self._library.retrieve(RetrievalQuery(text=question, top_k=_PASSAGES))]

    @cached_property
    def _library(self) -> SessionLibrary:
        return SessionLibrary(Settings())


def question_text(question: str, options: Mapping[str, str]) -> str:
    """Return a question with its options as it is quoted to a model."""
    return "\n".join([question, "", *(f"{letter}. {text}" for letter, text in options.items())])


def options_of(item: EvalItem) -> dict[str, str]:
    """Return an item's options by letter."""
    options = item.data.get("options")
    return {k: str(v) for k, v in options.items()} if isinstance(options, dict) else {}


def _items(rows: Sequence[Row], where: str) -> Iterator[EvalItem]:
    names = columns(rows, _WANTED, where)
    if not any(n in r for r in rows for n in _OPTIONS) and not any(set(s) <= set(rows[0]) for s in _SPREAD):
        raise InputRefused(
            "A data file lacks columns", given=f"{where}: options, choices, or one column an option (opa … opd)"
        )
    first = _first_index(rows, names["answer"], where)
    for number, row in enumerate(rows):
        options = row_options(row)
        yield EvalItem(
            id=f"{where.partition('.')[0]}-{number}",
            input=text_of(row, names["question"]),
            target=letter_of(row.get(names["answer"]), options, first),
            data={
                "options": dict(options),
                "subject": text_of(row, "subject_name") or text_of(row, "subject") or text_of(row, "meta_info"),
                KEY: subgroups_of(row),
            },
        )


def row_options(row: Row) -> dict[str, str]:
    """Return the options of a row by letter."""
    given = next((row[n] for n in _OPTIONS if row.get(n)), None)
    if isinstance(given, str):
        given = json.loads(given)
    if isinstance(given, dict):
        return {str(k).upper(): str(v) for k, v in sorted(given.items())}
    if isinstance(given, list):
        texts = [str(v.get("value", v)) if isinstance(v, dict) else str(v) for v in given]
        return dict(zip(_LETTERS, texts, strict=False))
    spread = next((s for s in _SPREAD if set(s[:2]) <= set(row)), ())
    return {
        letter: str(row[name])
        for letter, name in zip(_LETTERS, spread, strict=False)
        if row.get(name) not in (None, "")
    }


def _first_index(rows: Sequence[Row], name: str, where: str) -> int:
    """Return whether numbers of options count from 0 or from 1: the file as a whole tells."""
    values = {int(str(r[name])) for r in rows if str(r.get(name)).isdigit()}
    if not values or 0 in values:
        return 0
    if max(values) == max(len(row_options(r)) for r in rows):
        return 1
    raise InputRefused(
        "A data file does not tell whether options count from 0 or from 1", given=f"{where}: column {name}",
        todo="Write letters instead of numbers.",
    )  # fmt: skip


def letter_of(value: object, options: Mapping[str, str], first: int = 0) -> str:
    """Return the letter of the key, given as a letter, a number or an option's text.

    Raises:
        InputRefused: It is none of them.
    """
    text = "" if value is None else str(value).strip()
    if text.isdigit() and 0 <= int(text) - first < len(options):
        return tuple(options)[int(text) - first]
    if text.upper() in options:
        return text.upper()
    same = [letter for letter, option in options.items() if option.strip() == text]
    if len(same) != 1:
        raise InputRefused("A key names none of the options", given=text[:40])
    return same[0]
