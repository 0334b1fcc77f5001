"""ProbMed and MediConfusion: questions in pairs that only a model that looks answers both.

ProbMed (Yan et al. 2024) asks the same picture a true and a negated or invented question; MediConfusion (Sepehri et al.
2024) asks one question of two pictures that a CLIP encoder confuses. A pair counts when both are right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from clinigraph.errors import InputRefused
from clinigraph.evals.agenteval.picture_sets import ALONE
from clinigraph.evals.agenteval.vqa import PictureQuestions
from clinigraph.evals.contract import EvalContext, EvalItem, EvalTable, Outcome
from clinigraph.evals.scoring import Mark, mark_of
from clinigraph.statistics import wilson


class PairedQuestions(PictureQuestions):
    """Rows with a column ``pair`` (or ``pair_id``, ``group_id``), ProbMed or MediConfusion as published, else ``vqa``.

    Questions of ProbMed that have no partner are asked and marked, and are no pairs.
    """

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return whole pairs only, in an order drawn by the seed; see the contract.

        Raises:
            InputRefused: A row names no pair, or a pair has one row.
        """
        pairs: dict[str, list[EvalItem]] = defaultdict(list)
        for item in super().items(context):
            pairs[str(item.data["pair"])].append(item)
        if "" in pairs or any(len(p) < 2 and not name.startswith(ALONE) for name, p in pairs.items()):
            raise InputRefused(
                "Rows do not form pairs", given="a row without pair, or a pair of one", todo="Fill the column pair."
            )
        made: list[EvalItem] = []
        for pair in pairs.values():
            if limit is None or len(made) + len(pair) <= limit:
                made.extend(sorted(pair, key=lambda i: i.id))
        return tuple(made)

    def more(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return how many pairs are right in both, and how often a model said the same to both."""
        pairs: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in outcomes:
            if not str(outcome.item.data["pair"]).startswith(ALONE):
                pairs[str(outcome.item.data["pair"])].append(outcome)
        if not pairs:
            return ()
        marks = [[mark_of(o) for o in p] for p in pairs.values()]
        both = sum(all(m is Mark.RIGHT for m in p) for p in marks)
        failed = sum(any(m is Mark.FAILED for m in p) for p in marks)
        same = sum(
            len({str(o.values.get("answer")) for o in p}) == 1 and not any(o.error for o in p) for p in pairs.values()
        )
        row = (str(len(pairs)), str(both), str(same), str(failed), str(wilson(both, len(pairs))))
        columns = ("pairs", "both right", "same answer to both", "with a failure", "pair accuracy (95 %)")
        return (EvalTable(title="Consistency under negation and swap", columns=columns, rows=(row,)),)
