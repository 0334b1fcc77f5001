r"""How well a disease fits present and absent findings.

Information content of a term t, IC(t) = -ln(share of diseases with t or a narrower term) (Resnik 1995, IJCAI 448-453).
Similarity of two terms, Lin (1998, ICML 296-304): 2 IC(m) / (IC(a) + IC(b)) with m their most informative common
ancestor. A finding that is broader than the annotated one is explained by it in full (true-path rule), so similarity is
1 when the annotated term lies below the given one.

Score of a disease, after the best-match averages of Köhler et al. (2009, Am J Hum Genet 85:457-464), each term weighted
with its information content and each annotation with its frequency f in the disease:

- explained: mean over present findings q of max over annotations t of sim(q, t) * w(f_t), weights IC(q), where
  w(f) = 0.4 + 0.6 f, so that a rare finding of a disease still counts;
- expected: mean over annotations t of max over q of sim(q, t), weights IC(t) * f_t: how much of the disease is seen;
- contradicted: over absent findings the sum of -ln(1 - f), with f the largest frequency of the annotations at or
  below the finding: the logarithm of the likelihood ratio of not having it (as in LIRICAL, Robinson et al. 2020, Am J
  Hum Genet 107:403), f at most 0.99; and as much as for f = 0.99 for each present finding that the disease excludes;
  divided by the information content of the present findings, so that both are in the same unit (nats over nats).

score = 0.8 (explained - contradicted) + 0.2 expected, cut to 0..1. The weights 0.8, 0.2, 0.4 and 0.6 are our choice,
tried on patients simulated from the annotations (``evals/bench/phenotype.py`` prints what they reach).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clinigraph.tools.phenotype.knowledge import Floats, PhenotypeKnowledge

EXPLAINED, EXPECTED = 0.8, 0.2
MISSED = 0.01
"""Share of patients in whom a finding is there and missed."""
RARE, COMMON = 0.4, 0.6


@dataclass(frozen=True)
class Scores:
    """Scores of all diseases and what they came from."""

    score: Floats
    """(diseases,) 0 to 1."""
    similarity: Floats
    """(present findings, annotations) similarity of each finding to each annotation of each disease."""


class Ranker:
    """Compares findings with every disease.

    Args:
        knowledge: Terms and annotations.
    """

    def __init__(self, knowledge: PhenotypeKnowledge) -> None:
        self._k = knowledge
        weight = knowledge.content[knowledge.annotated] * knowledge.frequency
        self._expected_weight = weight
        self._expected_total = np.maximum(np.add.reduceat(weight, knowledge.starts[:-1]), 1e-9)
        self._rarity = RARE + COMMON * knowledge.frequency

    def similarity(self, finding: int) -> Floats:
        """Return Lin's similarity of one finding to every term, 1 for the finding itself and all below it."""
        k = self._k
        broader = k.ancestors(finding)
        common = np.zeros(len(k.terms))
        below = np.zeros(len(k.terms), dtype=bool)
        for n, parents in enumerate(k.parents):
            if n in broader:
                common[n] = k.content[n]
            elif parents:
                common[n] = max(common[p] for p in parents)
            below[n] = n == finding or any(below[p] for p in parents)
        total = k.content + k.content[finding]
        lin = np.divide(2 * common, total, out=np.zeros_like(common), where=total > 0)
        lin[below] = 1.0
        return np.asarray(np.clip(lin, 0.0, 1.0), dtype=np.float64)

    def rank(self, present: Sequence[int], absent: Sequence[int]) -> Scores:
        """Return the score of every disease for the given positions of terms."""
        k = self._k
        starts = k.starts[:-1]
        similarity = np.stack([self.similarity(q)[k.annotated] for q in present])
        weights = np.maximum(k.content[list(present)], 1e-3)
        has = np.where(k.frequency > 0, similarity * self._rarity, 0.0)
        explained = weights @ np.maximum.reduceat(has, starts, axis=1) / weights.sum()
        seen = similarity.max(axis=0) * self._expected_weight
        expected = np.add.reduceat(seen, starts) / self._expected_total
        against = self._contradiction(present, absent)
        score = EXPLAINED * (explained - against) + EXPECTED * expected
        return Scores(np.clip(score, 0.0, 1.0), similarity)

    def _contradiction(self, present: Sequence[int], absent: Sequence[int]) -> Floats:
        k = self._k
        starts = k.starts[:-1]
        against = np.zeros(len(k.diseases))
        for finding in absent:
            at_or_below = (self.similarity(finding) >= 1.0)[k.annotated]
            share = np.maximum.reduceat(np.where(at_or_below, k.frequency, 0.0), starts)
            against -= np.log(np.maximum(1.0 - share, MISSED))
        for finding in present:
            excluded = np.isin(k.annotated, list(k.ancestors(finding))) & (k.frequency == 0)
            against -= np.log(MISSED) * np.maximum.reduceat(excluded.astype(np.float64), starts)
        nats = max(float(k.content[list(present)].sum()), 1.0)
        return np.asarray(against / nats, dtype=np.float64)
