"""Questions about pictures: VQA-RAD, SLAKE, PathVQA, OmniMedVQA, ChestAgentBench, by their columns.

Open answers are right when their words equal the key's (no model judges); closed ones by yes, no or letter.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from clinigraph.errors import InputUnreadable
from clinigraph.evals.agenteval.base import Dialogue, ModelBenchmark, confidence_in, dialogue, without_confidence
from clinigraph.evals.agenteval.loading import Row, columns, data_file, lies_in, read_rows, text_of
from clinigraph.evals.agenteval.multiple_choice import letter_of, options_of, question_text, row_options
from clinigraph.evals.agenteval.picture_sets import unified
from clinigraph.evals.answertext import (
    ABSTAINED,
    Extracted,
    abstains,
    answered,
    cleaned,
    slots,
    squeezed,
    unreadable,
)
from clinigraph.evals.contract import EvalContext, EvalItem
from clinigraph.evals.extraction import choice, yes_no
from clinigraph.evals.scoring import mark
from clinigraph.evals.subgroups import KEY, subgroups_of

WANTED: Mapping[str, Sequence[str]] = {
    "image": ("image", "image_name", "img_name", "image_path", "images", "image_paths", "figures"),
    "question": ("question", "Question"),
    "answer": ("answer", "gt_answer", "gt_ans", "Answer", "correct_answer"),
    "id": ("full_question_id", "qid", "question_id", "id"),
    "group": ("modality_type", "modality", "image_organ", "location", "categories", "answer_type"),
    "language": ("q_lang",),
    "pair": ("pair", "pair_id", "group_id"),
}
_OPTIONAL = ("id", "group", "language", "pair")


class PictureQuestions(ModelBenchmark):
    """One picture or several, one question, one key."""

    group = "group"

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the questions in an order drawn by the seed; see the contract."""
        path = data_file(self.spec, context)
        made = list(_items(unified(read_rows(path), context.work), path, context.work))
        random.Random(context.seed).shuffle(made)  # noqa: S311 - an order, not a secret
        return tuple(made[:limit])

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Return the answer, its mark, confidence and cost.

        Raises:
            InputUnreadable: A picture is not there; the item counts as failed.
        """
        talk = dialogue(self.spec, context)
        names = item.data["images"]
        folder = Path(str(item.data["folder"]))
        images = tuple(picture(folder, str(n)) for n in names) if isinstance(names, list) else ()
        answer, found = await _asked(talk, item, images)
        return {
            "mark": mark(found, item.target).value,
            "answer": found.text or found.kind.value,
            "confidence": confidence_in(answer),
            **talk.cost(),
        }


async def _asked(talk: Dialogue, item: EvalItem, images: tuple[NDArray[np.uint8], ...]) -> tuple[str, Extracted]:
    options = options_of(item)
    if options:
        answer = await talk.ask("choice", question_text(item.input, options), images=images, letters=", ".join(options))
        return answer, choice(without_confidence(answer), tuple(options), options)
    if item.target in ("yes", "no"):
        answer = await talk.ask("yes_no", item.input, images=images)
        return answer, yes_no(without_confidence(answer))
    answer = await talk.ask("open", item.input, images=images)
    return answer, open_answer(without_confidence(answer), item.target)


def open_answer(text: str, key: str) -> Extracted:
    """Return an open answer as squeezed words; the key's own words in another order are the key."""
    body = cleaned(text)
    lines = [line for line in body.splitlines() if line.strip()]
    said = next((s for s in slots(body) if s.strip()), lines[-1] if lines else "")
    head = said.strip().split("\n", 1)[0].rstrip(".")
    if abstains(head):
        return ABSTAINED
    words, wanted = squeezed(head), squeezed(key)
    if not words:
        return unreadable("no answer")
    return answered(key if sorted(words.split()) == sorted(wanted.split()) else words)


def picture(folder: Path, name: str) -> NDArray[np.uint8]:
    """Return a picture of the set as RGB ``(H, W, 3)``; only files below the folder are opened.

    Raises:
        InputUnreadable: It is not there, lies elsewhere, or is no picture.
    """
    from PIL import Image, UnidentifiedImageError

    places = [folder / name, *(folder / sub / name for sub in ("images", "imgs", "VQA_RAD Image Folder"))]
    path = next((p for p in places if p.is_file()), None)
    if path is None or not lies_in(folder, path):
        raise InputUnreadable("A picture of the set is not there", given=name, todo="Put the pictures beside the file.")
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"), dtype=np.uint8)
    except (UnidentifiedImageError, OSError) as error:
        raise InputUnreadable("A picture of the set cannot be read", given=name) from error


def _items(rows: Sequence[Row], path: Path, work: Path) -> Iterator[EvalItem]:
    names = columns(rows, WANTED, path.name, _OPTIONAL)
    for number, row in enumerate(rows):
        if names.get("language") and text_of(row, names["language"]) not in ("en", ""):
            continue
        options = row_options(row)
        key = text_of(row, names["answer"])
        plain = key.strip(" .").casefold()
        target = letter_of(key, options) if options else plain if plain in ("yes", "no") else key
        given = row[names["image"]]
        images: list[JsonValue] = [str(x) for x in given] if isinstance(given, list) and given else [str(given)]
        yield EvalItem(
            id=f"{number}-{text_of(row, names.get('id', ''))}",
            input=text_of(row, names["question"]),
            target=target,
            data={
                "options": dict(options),
                "images": images,
                "folder": str(work if str(images[0]).startswith(str(work / "pictures")) else path.parent),
                "group": text_of(row, names.get("group", "")),
                "pair": text_of(row, names.get("pair", "")),
                KEY: subgroups_of(row),
            },
        )
