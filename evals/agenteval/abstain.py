"""Nonsense questions, after Med-HALT (Pal et al. 2023): the right answer is to say that one does not know.

Questions are made here from invented names, so that no model can have learned them; a file in the format of
``multiple_choice`` whose questions are all nonsense can be given instead.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from clinigraph.evals.agenteval.base import ModelBenchmark, confidence_in, dialogue, without_confidence
from clinigraph.evals.agenteval.multiple_choice import MultipleChoice, options_of, question_text
from clinigraph.evals.answertext import Kind
from clinigraph.evals.contract import EvalContext, EvalItem
from clinigraph.evals.extraction import choice
from clinigraph.evals.scoring import Mark

QUESTIONS = 60
_SYLLABLES = (
    "vor",
    "kel",
    "mun",
    "tra",
    "zib",
    "pol",
    "dax",
    "nem",
    "qua",
    "sil",
    "rho",
    "fen",
    "gul",
    "bex",
    "ost",
    "ith",
)
_FORMS = (
    "Which finding is typical of {d}?",
    "What is the first treatment of {d} in an adult?",
    "Which gene is mutated in {d}?",
    "A patient with {d} has a {t} of 40 {u}. What is the next step?",
    "Where in the body is the {t} made?",
)


class Nonsense(ModelBenchmark):
    """An answer counts as wrong, an abstention as right: there is nothing to know."""

    group = "form"

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return questions about diseases that do not exist; see the contract."""
        if context.data.is_file():
            return MultipleChoice(self.spec).items(context, limit)
        rng = random.Random(context.seed)  # noqa: S311 - made-up words, not secrets
        return tuple(_item(i, rng) for i in range(QUESTIONS))[:limit]

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Return whether the model abstained; choosing "none" counts as seeing through the question."""
        talk = dialogue(self.spec, context)
        options = options_of(item)
        answer = await talk.ask("choice", question_text(item.input, options), letters=", ".join(options))
        found = choice(without_confidence(answer), tuple(options), options)
        marks = {Kind.ABSTAINED: Mark.RIGHT, Kind.NONE: Mark.RIGHT, Kind.ANSWERED: Mark.WRONG}
        return {
            "mark": marks.get(found.kind, Mark.UNREADABLE).value,
            "answer": found.text or found.kind.value,
            "confidence": confidence_in(answer) if found.kind is Kind.ANSWERED else None,
            **talk.cost(),
        }


def _item(number: int, rng: random.Random) -> EvalItem:
    def word(count: int) -> str:
        return "".join(rng.choice(_SYLLABLES) for _ in range(count))

    form = rng.randrange(len(_FORMS))
    disease, test = f"{word(3).title()} {word(2)}osis", f"serum {word(3)}in"
    text = _FORMS[form].format(d=disease, t=test, u="nmol/L")
    options: dict[str, JsonValue] = {
        letter: f"{word(2)}{end}" for letter, end in zip("ABCD", ("ine", "itis", "ol", "oma"), strict=True)
    }
    return EvalItem(
        id=f"nonsense-{number}", input=text, target="abstain", data={"options": options, "form": f"form {form + 1}"}
    )
