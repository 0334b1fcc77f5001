"""Ask before answering, after CRAFT-MD (Johri et al. 2025) and MediQ (Li et al. 2024): facts are given when asked for.

Rows carry ``question``, ``options`` and ``answer_idx`` as in ``multiple_choice``, and ``facts`` (or ``atomic_facts``,
or ``context`` as a list of sentences). The patient answers by rule with the facts that share most words with the
question, each once, so two runs differ only by the model. ``direct`` gives the first fact alone and allows no question;
``all`` gives every fact at once.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from clinigraph.evals.agenteval.base import ModelBenchmark, dialogue
from clinigraph.evals.agenteval.loading import columns, data_file, read_rows, text_of
from clinigraph.evals.agenteval.multiple_choice import letter_of, options_of, question_text, row_options
from clinigraph.evals.answertext import cleaned, squeezed
from clinigraph.evals.contract import EvalContext, EvalItem, EvalTable, Outcome
from clinigraph.evals.extraction import choice
from clinigraph.evals.scoring import mark
from clinigraph.evals.subgroups import KEY, subgroups_of

MAX_QUESTIONS = 10
UNKNOWN = "The patient does not know."
_ASK = re.compile(r"\bASK\s*:\s*(?P<question>[^\n]+)", re.IGNORECASE)
_FACTS = ("facts", "atomic_facts", "context")
_COMMON = frozenset(
    {"the", "a", "an", "of", "is", "are", "was", "has", "have", "had", "do", "does", "did", "you", "your", "patient"}
    | {"any", "with", "in", "to", "and", "or", "what", "how", "for", "on", "there", "his", "her"}
)


class Asking(ModelBenchmark):
    """Questions of which the model knows one fact at first."""

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the cases in an order drawn by the seed; see the contract."""
        path = data_file(self.spec, context)
        rows = read_rows(path)
        wanted = {
            "question": ("question",),
            "answer": ("answer_idx", "answer"),
            "facts": _FACTS,
            "options": ("options", "choices"),
        }
        names = columns(rows, wanted, path.name)
        made = []
        for number, row in enumerate(rows):
            options, facts = row_options(row), row[names["facts"]]
            listed: list[JsonValue] = [str(f) for f in facts] if isinstance(facts, list) else _sentences(str(facts))
            made.append(
                EvalItem(
                    id=f"case-{number}",
                    input=text_of(row, names["question"]),
                    target=letter_of(row[names["answer"]], options),
                    data={"options": dict(options), "facts": listed, KEY: subgroups_of(row)},
                )
            )
        random.Random(context.seed).shuffle(made)  # noqa: S311 - an order, not a secret
        return tuple(made[:limit])

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Return the letter, its mark, and how many questions were asked and answered."""
        talk = dialogue(self.spec, context)
        options = options_of(item)
        facts = [str(f) for f in item.data["facts"]] if isinstance(item.data["facts"], list) else []
        known = list(facts) if context.config == "all" else facts[:1]
        left = MAX_QUESTIONS if context.config == "full" else 0
        asked, helpful, answer = 0, 0, ""
        for turn in range(left + 1):
            data = "\n".join([question_text(item.input, options), "", "Known:", *known])
            answer = cleaned(
                await talk.ask("asking", data, max_tokens=400, letters=", ".join(options), left=left - turn)
            )
            question = _ASK.search(answer)
            if question is None or turn == left:
                break
            asked += 1
            told = reply(question["question"], facts, known)
            helpful += told != UNKNOWN
            known.append(f"Asked: {question['question'].strip()} Answer: {told}" if told == UNKNOWN else told)
        found = choice(_ASK.sub("", answer), tuple(options), options)
        return {
            "mark": mark(found, item.target).value,
            "answer": found.text or found.kind.value,
            "asked": asked,
            "helpful": helpful,
            **talk.cost(),
        }

    def more(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return how much was asked before deciding."""
        done = [o for o in outcomes if not o.error]
        asked = [int(str(o.values["asked"])) for o in done]
        helpful = sum(int(str(o.values["helpful"])) for o in done)
        none = sum(a == 0 for a in asked)
        mean = f"{sum(asked) / len(asked):.1f}" if asked else "none"
        row = (str(len(outcomes)), str(none), mean, f"{helpful} of {sum(asked)}")
        columns_ = ("cases", "decided without asking", "questions (mean)", "questions that gave a fact")
        return (EvalTable(title="Questions before the decision", columns=columns_, rows=(row,)),)


def reply(question: str, facts: Sequence[str], known: Sequence[str]) -> str:
    """Return the fact that shares most words with a question and is not known yet, or that there is none."""
    wanted = set(squeezed(question).split()) - _COMMON
    scored = [(len(wanted & set(squeezed(f).split())), -i, f) for i, f in enumerate(facts) if f not in known]
    best = max(scored, default=(0, 0, ""))
    return best[2] if best[0] else UNKNOWN


def _sentences(text: str) -> list[JsonValue]:
    return [s.strip() for s in re.split(r"(?<=[.!?])\s+", text) if s.strip()]
