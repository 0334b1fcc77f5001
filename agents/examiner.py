"""The examiner: which missing fact, once known, would change the decision most? Pure; it tries every answer.

For indicators the answers "met" and "not met" are put in turn into the weighted rule. For a differential the finding
is taken that splits the weight of the hypotheses most evenly: with the share p of the weight that expects it, the one
of the largest p (1 - p).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from clinigraph.agents.decider import weigh
from clinigraph.models.base import IndicatorId
from clinigraph.models.consultation import NextQuestion
from clinigraph.models.differential import Differential
from clinigraph.models.findings import Impression, IndicatorResult, IndicatorStatus, Met
from clinigraph.models.formatting import pretty_unit
from clinigraph.models.planning import DiagnosticPlan, Indicator, IndicatorKind

LOOKED_AT = 5
"""Hypotheses that a question is to tell apart."""


def next_question(
    plan: DiagnosticPlan, results: Sequence[IndicatorResult], asked: Sequence[str] = ()
) -> NextQuestion | None:
    """Return the question whose answer moves the decision most; None when nobody could answer what is open.

    Args:
        plan: Says which indicators come from the record or from looking.
        results: One result for each indicator.
        asked: Indicators that were asked for already.
    """
    now = _weigh(plan, results)
    open_ones = [r for r in results if r.met is Met.NOT_ASSESSED and r.weight > 0 and r.indicator_id not in asked]
    questions = [q for r in open_ones if (q := _question(plan, results, r, now)) is not None]
    weights = {str(r.indicator_id): r.weight for r in results}
    return max(questions, key=lambda q: (q.would_change, q.span, weights[q.subject]), default=None)


def fact_of(plan: DiagnosticPlan, indicator_id: IndicatorId) -> str:
    """Return the name of the one fact that answers an indicator, or an empty string when none does."""
    for step in plan.steps:
        if indicator_id in step.answers.values():
            facts = [ref.removeprefix("fact:") for ref in step.inputs.values() if ref.startswith("fact:")]
            return facts[0] if len(facts) == len(step.inputs) == 1 else ""
    return ""


def _question(
    plan: DiagnosticPlan, results: Sequence[IndicatorResult], missing: IndicatorResult, now: Impression
) -> NextQuestion | None:
    indicator = plan.indicator(missing.indicator_id)
    if indicator is None or not (text := _words(plan, indicator)):
        return None
    tried = {met: _weigh(plan, _with(results, missing, met)) for met in (Met.YES, Met.NO)}
    scores = [i.score for i in tried.values() if i.score is not None]
    return NextQuestion(
        subject=str(indicator.id),
        text=text,
        would_change=any(i.decision is not now.decision for i in tried.values()),
        span=round(max(scores) - min(scores), 6) if len(scores) == len(tried) else 0.0,
        outcomes={f"{_said(indicator, met)}": i.decision.value for met, i in tried.items()},
    )


def _weigh(plan: DiagnosticPlan, results: Sequence[IndicatorResult]) -> Impression:
    return weigh(results, plan.condition, plan.threshold, plan.min_assessed_share)


def _with(results: Sequence[IndicatorResult], missing: IndicatorResult, met: Met) -> list[IndicatorResult]:
    score = 1.0 if met is Met.YES else 0.0
    known = missing.replace(met=met, score=score, status=IndicatorStatus.COMPLETE)
    return [known if r.id == missing.id else r for r in results]


def _words(plan: DiagnosticPlan, indicator: Indicator) -> str:
    if indicator.kind is IndicatorKind.QUALITATIVE:
        return indicator.question
    if not fact_of(plan, indicator.id):
        return ""
    unit = pretty_unit(indicator.unit)
    return f"What is the {indicator.name[:1].lower()}{indicator.name[1:]}{f' in {unit}' if unit else ''}?"


def _said(indicator: Indicator, met: Met) -> str:
    if indicator.criterion is not None:
        return f"{indicator.criterion.text}: {met.value}"
    return "present" if met is Met.YES else "absent"


def finding_to_ask(differential: Differential) -> NextQuestion | None:
    """Return the finding that tells the best hypotheses apart, or None when none is left to ask."""
    best = [h for h in differential.hypotheses[:LOOKED_AT] if h.score > 0]
    total = sum(h.score for h in best)
    expected: dict[str, float] = defaultdict(float)
    names: dict[str, str] = {}
    for hypothesis in best:
        for finding in hypothesis.missing:
            expected[finding.concept.value] += hypothesis.score * finding.frequency / total
            names[finding.concept.value] = finding.concept.meaning
    if not expected:
        return None
    code, share = max(expected.items(), key=lambda item: (round(item[1] * (1 - item[1]), 9), item[0]))
    leaders = [h for h in best if any(f.concept.value == code for f in h.missing)]
    others = [h for h in best if h not in leaders]
    outcomes = {"present": leaders[0].name, **({"absent": others[0].name} if others else {})}
    change = any(name != best[0].name for name in outcomes.values())
    text = f"Is there {names[code][:1].lower()}{names[code][1:]}?"
    return NextQuestion(subject=code, text=text, would_change=change, span=min(1.0, round(share, 6)), outcomes=outcomes)
