"""The tool `phenotype_differential`: findings that are there and that are not -> ranked diseases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from clinigraph.errors import KnowledgeError, ToolFailure
from clinigraph.models.codes import Concept
from clinigraph.models.differential import Differential, ExpectedFinding, Hypothesis, MatchedFinding
from clinigraph.models.tooling import (
    DifferentialValue,
    FactValue,
    Port,
    ToolCall,
    ToolResult,
    ToolSpec,
    ValueKind,
)
from clinigraph.ontology import hpo_folder
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.phenotype.knowledge import Floats, Indexes, PhenotypeKnowledge, load_knowledge
from clinigraph.tools.phenotype.ranking import Ranker, Scores

SPEC = ToolSpec(
    name="phenotype_differential",
    version="1.0.0",
    description=(
        "Ranks rare and genetic diseases by findings that are present and absent (HPO terms or names, split by"
        " semicolons), with what matches, what contradicts and what to look for next."
    ),
    inputs={
        "present": Port(kind=ValueKind.FACT, description="Findings: HPO ids or names, split by semicolons."),
        "absent": Port(kind=ValueKind.FACT, required=False, description="Findings looked for and not there."),
    },
    outputs={"differential": Port(kind=ValueKind.DIFFERENTIAL, required=False)},
    timeout_s=60,
)
METHOD = (
    "information-content best match (Resnik 1995; Lin 1998; Köhler et al. 2009), annotations weighted by frequency,"
    " absent findings subtracted; annotations of the HPO consortium"
)
LIMITATIONS = (
    "Covers diseases that HPO annotates (mostly rare and genetic); common diseases may be missing.",
    "The score compares descriptions; it is not a probability and knows no prevalence.",
)
TOP = 15
MAX_FINDINGS = 100
LISTED = 8
MATCH = 0.5
"""Similarity from which a finding counts as explained. Our choice: half of the information is shared."""
FREQUENT = 0.3
"""HPO's lower bound of "frequent" (30 %): rarer findings are not listed as missing."""


@dataclass(frozen=True)
class _Given:
    present: list[int]
    absent: list[int]
    unknown: tuple[str, ...]


class PhenotypeDifferential:
    """Ranks the diseases of HPO's annotations."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ready: tuple[PhenotypeKnowledge, Ranker] | None = None

    @property
    def spec(self) -> ToolSpec:
        """What agents know of the tool."""
        return SPEC

    def unavailable(self) -> str:
        """Return why the ontology cannot be read, or an empty string."""
        try:
            hpo_folder()
        except KnowledgeError as error:
            return str(error)
        return ""

    def warm_up(self) -> None:
        """Read ontology and annotations; only the first call does work."""
        self._load()

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Return the differential, or the reason why there is none.

        Raises:
            ToolFailure: The ontology cannot be read, or too many findings were given.
        """
        knowledge, ranker = self._load()
        context.check_cancelled()
        given = _given(call, knowledge)
        if not given.present:
            said = f" ({', '.join(given.unknown[:5])} not known)" if given.unknown else ""
            reason = f"no finding that the phenotype ontology knows was given{said}"
            return support.result(SPEC, call, {}, missing={"differential": reason})
        scores = ranker.rank(given.present, given.absent)
        best = np.lexsort((np.arange(len(scores.score)), -scores.score))[:TOP]
        ids = [knowledge.terms[p].id for p in (*given.present, *given.absent)]
        differential = Differential(
            id=support.tracking_id(SPEC, "differential", *ids, str(len(given.present))),
            present=tuple(knowledge.concept(p) for p in given.present),
            absent=tuple(knowledge.concept(p) for p in given.absent),
            unknown_terms=given.unknown,
            hypotheses=tuple(_hypothesis(knowledge, scores, given, int(d)) for d in best if scores.score[d] > 0),
            method=METHOD,
            algorithm=support.algorithm(SPEC),
            limitations=LIMITATIONS,
        )
        return support.result(SPEC, call, {"differential": DifferentialValue(value=differential)})

    def _load(self) -> tuple[PhenotypeKnowledge, Ranker]:
        with self._lock:
            if self._ready is None:
                try:
                    knowledge = load_knowledge()
                except KnowledgeError as error:
                    raise ToolFailure(error.what, given=error.given, todo=error.todo) from error
                self._ready = (knowledge, Ranker(knowledge))
            return self._ready


def _given(call: ToolCall, knowledge: PhenotypeKnowledge) -> _Given:
    present, unknown = _terms(call, "present", knowledge)
    absent, others = _terms(call, "absent", knowledge)
    return _Given(present, [a for a in absent if a not in present], (*unknown, *others))


def _terms(call: ToolCall, port: str, knowledge: PhenotypeKnowledge) -> tuple[list[int], tuple[str, ...]]:
    value = call.inputs.get(port)
    text = str(value.value.value) if isinstance(value, FactValue) else ""
    parts = [p.strip() for p in re.split(r"[;|\n]|,(?= ?HP:)", text) if p.strip()]
    if len(parts) > MAX_FINDINGS:
        raise ToolFailure(
            "Too many findings were given", given=f"{len(parts)} on {port}", todo=f"Give at most {MAX_FINDINGS}."
        )
    found = {p: knowledge.find(p) for p in parts}
    return list(dict.fromkeys(n for n in found.values() if n is not None)), tuple(p for p in parts if found[p] is None)


def _hypothesis(knowledge: PhenotypeKnowledge, scores: Scores, given: _Given, disease: int) -> Hypothesis:
    low, high = int(knowledge.starts[disease]), int(knowledge.starts[disease + 1])
    terms, shares = knowledge.annotated[low:high], knowledge.frequency[low:high]
    matched, unexplained = _matched(knowledge, scores.similarity[:, low:high], given.present, terms, shares)
    identifier, name = knowledge.diseases[disease]
    contradicted = _contradicted(knowledge, given.absent, terms, shares)
    quiet = scores.similarity[:, low:high].max(axis=0) < MATCH
    told = {c.concept.value for c in contradicted}
    order = sorted(
        np.flatnonzero(quiet & (shares >= FREQUENT)), key=lambda n: (-shares[n], knowledge.terms[terms[n]].id)
    )
    missing = [ExpectedFinding(concept=knowledge.concept(int(terms[n])), frequency=float(shares[n])) for n in order]
    return Hypothesis(
        disease_id=identifier,
        name=name,
        score=round(float(scores.score[disease]), 4),
        matched=matched,
        unexplained=unexplained,
        contradicted=contradicted,
        missing=tuple(m for m in missing if m.concept.value not in told)[:LISTED],
    )


def _matched(
    knowledge: PhenotypeKnowledge,
    similarity: Floats,
    present: Sequence[int],
    terms: Indexes,
    shares: Floats,
) -> tuple[tuple[MatchedFinding, ...], tuple[Concept, ...]]:
    matched: list[MatchedFinding] = []
    unexplained: list[Concept] = []
    for row, finding in zip(similarity, present, strict=True):
        fits = np.where(shares > 0, row, 0.0)
        best = int(np.lexsort((-shares, -fits))[0])
        if fits[best] < MATCH:
            unexplained.append(knowledge.concept(finding))
            continue
        matched.append(
            MatchedFinding(
                given=knowledge.concept(finding),
                annotated=knowledge.concept(int(terms[best])),
                similarity=round(float(fits[best]), 4),
                frequency=float(shares[best]),
            )
        )
    return tuple(matched), tuple(unexplained)


def _contradicted(
    knowledge: PhenotypeKnowledge,
    absent: Sequence[int],
    terms: Indexes,
    shares: Floats,
) -> tuple[ExpectedFinding, ...]:
    ruled_out = set(absent)
    return tuple(
        ExpectedFinding(concept=knowledge.concept(int(term)), frequency=float(share))
        for term, share in zip(terms, shares, strict=True)
        if share > 0 and ruled_out & knowledge.ancestors(int(term))
    )
