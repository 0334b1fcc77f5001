"""The benchmark ``grounding_perturbation``: seeded falsehoods that are convicted, true sentences that are not."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from pydantic import JsonValue

from clinigraph.agents.claims.matching import claims_of
from clinigraph.agents.confidence import achieved_risk, claim_uncertainty, risk_threshold
from clinigraph.agents.verification.consistency import settled
from clinigraph.agents.verification.verifier import CaseVerifier, RuleVerifier
from clinigraph.evals.contract import EvalContext, EvalItem, EvalSpec, EvalTable, Outcome
from clinigraph.evals.grounding import burned_in, reports
from clinigraph.evals.grounding.bases import Base, base_names, load_base
from clinigraph.evals.grounding.corruptions import CLASSES
from clinigraph.evals.grounding.sentences import measured, true_sentences
from clinigraph.knowledge.terminology.embedded import EmbeddedTerminology
from clinigraph.models.evidence import EvidenceGraph
from clinigraph.models.findings import Impression, Presence
from clinigraph.models.reporting import Claim, Verdict
from clinigraph.settings import Settings
from clinigraph.statistics import wilson

PLANTED_RUNS = 30
DETERMINISTIC = (
    "number", "unit", "interval", "comparison", "criterion", "laterality", "anatomy", "negation_uncertainty", "count",
    "time_change", "citation", "modality", "completeness", "contradiction", "swapped_patient", "tampered", "patient",
)  # fmt: skip
"""Classes that rules decide alone; the goal of recall is theirs together and one by one."""
SCORED = ("prose", "claim", "own")
"""Forms of items that are single statements; those that stand calibrate the uncertainty of claims."""
ALPHAS = (0.05, 0.10, 0.20)


class PerturbationBenchmark:
    """Seeded corruptions of true reports, by class, with clean controls.

    Args:
        spec: What the YAML file states.
    """

    def __init__(self, spec: EvalSpec) -> None:
        self.spec = spec

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the items; the pipeline is run for the reports that are not kept from an earlier run."""
        made: list[EvalItem] = []
        for name in base_names(context):
            base = load_base(name, context)
            rng = random.Random(f"{context.seed}-{name}")  # noqa: S311 - reproducible corruptions, not secrets
            made.extend(_of_base(base, name, rng, context))
            if limit is not None and len(made) >= limit:
                break
        made.extend(
            _item("burned_in", text, f"burned-{n}", {"form": "burned", "base": name, "number": n})
            for n, (name, text) in enumerate(burned_in.pictures(context))
        )
        made.extend(_item("planted_run", "", f"run-{i}", {"form": "run", "number": i}) for i in range(PLANTED_RUNS))
        return tuple(made[:limit])

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Return whether an item was convicted, passed over or not judged, with the reason."""
        start = time.perf_counter()
        values = await asyncio.to_thread(_measured, item, context)
        return {**values, "elapsed_ms": round(1000 * (time.perf_counter() - start), 2)}

    def tables(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return recall by class, false flags on clean controls, and what happened to planted text."""
        groups: dict[str, list[Outcome]] = {}
        for outcome in outcomes:
            groups.setdefault(str(outcome.item.data["class"]), []).append(outcome)
        false = {k: v for k, v in sorted(groups.items()) if not k.startswith("clean")}
        clean = {k: v for k, v in sorted(groups.items()) if k.startswith("clean")}
        rows = [_row(name, group) for name, group in false.items()]
        both = [o for name, group in false.items() if name in DETERMINISTIC for o in group]
        rows += [_row("deterministic classes together", both)] if both else []
        note = "Convicted: CONTRADICTED, UNSUPPORTED, or listed as left out. Failures count as let through."
        columns = ("class", "items", "convicted", "not judged", "let through", "failed", "recall (95 %)")
        kept = [_clean_row(name, group) for name, group in clean.items()]
        kept += [_clean_row("all clean controls", [o for g in clean.values() for o in g])] if clean else []
        return (
            EvalTable(title="False statements", columns=columns, rows=tuple(rows), note=note),
            EvalTable(
                title="True statements",
                columns=("controls", "items", "supported", "not judged", "flagged", "failed", "false flags (95 %)"),
                rows=tuple(kept),
            ),
            _calibrated(outcomes),
        )


def standing(outcomes: Sequence[Outcome]) -> tuple[list[float], list[bool]]:
    """Return uncertainty, and whether it is false, of each single statement that the rules let stand."""
    stood = [o for o in outcomes if not o.error and "uncertainty" in o.values]
    ordered = sorted(stood, key=lambda o: o.item.id)
    return [float(str(o.values["uncertainty"])) for o in ordered], [o.item.target == "convicted" for o in ordered]


def _calibrated(outcomes: Sequence[Outcome]) -> EvalTable:
    """Return what split-conformal risk control achieves on held-out fifths of the statements that stand."""
    scores, wrong = standing(outcomes)
    rows = [
        (
            f"{a:.0%}",
            "none" if mark is None else f"{mark:.3f}",
            f"{achieved_risk(scores, wrong, a):.2%}",
            str(len(wrong)),
        )
        for a in ALPHAS
        for mark in (risk_threshold(scores, wrong, a),)
    ]
    return EvalTable(
        title="False statements among those that stand",
        columns=("rate asked for", "largest uncertainty kept", "achieved, held-out folds", "statements"),
        rows=tuple(rows),
        note=f"Of {len(wrong)} statements that stand, {sum(wrong)} are false, without any threshold.",
    )


def _of_base(base: Base, name: str, rng: random.Random, context: EvalContext) -> Iterator[EvalItem]:
    report = base.report
    for kind, maker in CLASSES.items():
        for n, text in enumerate(dict.fromkeys(maker(report, rng))):
            yield _item(kind, text, f"{name}-{kind}-{n}", {"form": "prose", "base": name})
    for n, (kind, change) in enumerate(reports.changed_claims(report, rng)):
        yield _item(kind, change[2], f"{name}-claim-{n}", {"form": "claim", "base": name, "change": list(change)})
    for indicator in reports.silent_on(report):
        yield _item("completeness", indicator, f"{name}-silent-{indicator}", {"form": "silent", "base": name})
    for n, text in enumerate(_contradictions(base)):
        yield _item("contradiction", text, f"{name}-contradiction-{n}", {"form": "alone", "base": name})
    for what in reports.tampered(report, rng):
        yield _item("tampered", what, f"{name}-tampered-{what}", {"form": "tampered", "base": name})
    other = _other(name, context)
    if other:
        yield _item("swapped_patient", other, f"{name}-swapped", {"form": "swapped", "base": name})
    for n, text in enumerate(true_sentences(report)):
        yield _item("clean: free wording", text, f"{name}-true-{n}", {"form": "prose", "base": name})
    for claim in report.claims:
        yield _item(
            "clean: own sentences", claim.text, f"{name}-own-{claim.id}", {"form": "own", "base": name, "id": claim.id}
        )


def _item(kind: str, text: str, item_id: str, data: dict[str, JsonValue]) -> EvalItem:
    target = "supported" if kind.startswith("clean") else "convicted"
    return EvalItem(id=item_id, input=text or item_id, target=target, data={"class": kind, **data})


def _other(name: str, context: EvalContext) -> str:
    """Return another base of the same kind."""
    kind = name.partition("-")[0] if name.startswith("world-") else name[:4] if name != "retina" else "dris"
    same = [n for n in base_names(context) if n.startswith(kind) and n != name]
    return same[0] if same else ""


def _contradictions(base: Base) -> Iterator[str]:
    for item in measured(base.report.evidence_graph)[:2]:
        if base.name.startswith("world-"):
            return
        other = f"{float(item.number) * 1.4:.2f}{item.unit}"
        yield f"The {item.name} is {item.number}{item.unit}. The {item.name} is {other}."
    yield f"There is {base.report.impression.condition}. There is no evidence of {base.report.impression.condition}."
    yield "There is a pleural effusion. No pleural effusion is seen."


@lru_cache(maxsize=1)
def _terminology() -> EmbeddedTerminology:
    return EmbeddedTerminology(Settings().cache_dir)


@lru_cache(maxsize=64)
def _case(name: str, context: EvalContext) -> tuple[Base, CaseVerifier]:
    base = load_base(name, context)
    verifier = RuleVerifier(base.library, _terminology())
    return base, verifier.case(base.report.evidence_graph, base.report.impression)


def _measured(item: EvalItem, context: EvalContext) -> dict[str, JsonValue]:
    form = str(item.data["form"])
    if form == "run":
        flipped, listed = reports.planted_run(int(str(item.data["number"])))
        return {"outcome": "convicted" if listed and not flipped else "passed", "code": "flipped" if flipped else "run"}
    if form == "burned":
        return {**burned_in.run(str(item.data["base"]), int(str(item.data["number"])), context)}
    base, case = _case(str(item.data["base"]), context)
    if form == "silent":
        return {"outcome": "convicted" if reports.leave_out(base.report, item.input) else "passed", "code": "omission"}
    claims = _claims(form, item, base, case, context)
    values = _verdict(claims)
    if form in SCORED and values["outcome"] == "passed" and claims:
        values["uncertainty"] = max(
            claim_uncertainty(c, base.report.evidence_graph, base.report.impression).combined for c in claims
        )
    return values


def _claims(form: str, item: EvalItem, base: Base, case: CaseVerifier, context: EvalContext) -> tuple[Claim, ...]:
    report, library = base.report, base.library
    if form == "claim":
        old, new = (str(x) for x in _list(item.data["change"])[1:])
        return (reports.judge_change(report, library, (str(_list(item.data["change"])[0]), old, new)),)
    if form == "own":
        return (case.verify(next(c for c in report.claims if c.id == item.data["id"])),)
    if form == "swapped":
        return reports.judge_all(report, library, load_base(item.input, context).report)
    if form == "tampered":
        rng = random.Random(f"{context.seed}-{base.name}-tampered")  # noqa: S311 - reproducible, not secret
        made = reports.tampered(report, rng)
        return reports.judge_all(made.get(item.input, report), library)
    if form == "alone":
        nothing = Impression(decision=Presence.INDETERMINATE, condition="any condition", rationale="none")
        case = RuleVerifier(library, _terminology()).case(EvidenceGraph(), nothing)
        claims = claims_of(item.input, case.index, case.sentences, case.whole)
        judged = settled(tuple(case.verify(c) for c in claims), case.index)
        return tuple(c for c in judged if c.reason_code == "claims.disagree")
    claims = claims_of(item.input, case.index, case.sentences, case.whole)
    return settled(tuple(case.verify(c) for c in claims), case.index)


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _verdict(claims: Sequence[Claim]) -> dict[str, JsonValue]:
    bad = next((c for c in claims if c.verdict in reports.BAD), None)
    if bad is not None:
        return {"outcome": "convicted", "code": bad.reason_code, "verdict": str(bad.verdict)}
    unsure = next((c for c in claims if c.verdict is Verdict.UNVERIFIABLE), None)
    if unsure is not None:
        return {"outcome": "not judged", "code": unsure.reason_code, "verdict": str(unsure.verdict)}
    return {"outcome": "passed", "code": claims[0].reason_code if claims else "nothing", "verdict": "SUPPORTED"}


def _row(name: str, group: Sequence[Outcome]) -> tuple[str, ...]:
    tally = Counter(str(o.values.get("outcome", "failed")) if not o.error else "failed" for o in group)
    recall = wilson(tally["convicted"], len(group))
    cells = (len(group), tally["convicted"], tally["not judged"], tally["passed"], tally["failed"])
    return (name, *(str(c) for c in cells), str(recall))


def _clean_row(name: str, group: Sequence[Outcome]) -> tuple[str, ...]:
    tally = Counter(str(o.values.get("outcome", "failed")) if not o.error else "failed" for o in group)
    flags = wilson(tally["convicted"] + tally["failed"], len(group))
    cells = (len(group), tally["passed"], tally["not judged"], tally["convicted"], tally["failed"])
    return (name, *(str(c) for c in cells), str(flags))
