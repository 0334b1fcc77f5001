"""Sentences that say what a passage, a finding or a result says, in other order or with words left out.

Such a sentence leans on its source and is not its words: it is told as not judged. A number, a denial or a word that
the source does not have makes it something else, and the other checks have their say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from clinigraph.agents.claims.quantities import quantities
from clinigraph.agents.claims.splitting import clauses
from clinigraph.agents.verification.base import Outcome, supported, unverifiable
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.evidence import FindingNode, IndicatorResultNode, PassageNode
from clinigraph.models.passages import Trust
from clinigraph.models.reporting import ClaimKind

LEAST = 4
"""Fewest words of meaning of a sentence that can lean on a passage; of a recommendation, one."""
SHARE = 0.5
"""Least share of the passage's words of meaning."""
_ENDING = re.compile(r"(?<=[a-z]{3})(?:ing|ed|en|es|e|s)$")
_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*|\d+(?:[.,]\d+)*")
_SMALL_WORDS = """
    a an the this that these those it its lies lie is are was were be been being has have had do does did of in on at
    called defined termed to for from by with as into which who also so thus hence here there when
"""
_SMALL = frozenset(_SMALL_WORDS.split())
_ADVICE_WORDS = (
    "should", "done", "performed", "recommended", "advised", "considered", "indicated", "needed", "required",
     "necessary", "must", "be", "and", "carried", "out", "patient", "testing", "test", "follow-up", "repeat", "again",
)  # fmt: skip
_DENIALS = frozenset(
    (
        "not",
        "no",
        "never",
        "without",
        "neither",
        "nor",
        "none",
        "cannot",
        "unless",
        "except",
        "only",
        "isn't",
        "doesn't",
    )
)
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5"}


@dataclass(frozen=True, slots=True)
class Said:
    """What counts of a text: its words of meaning, its denials, its numbers with units."""

    words: frozenset[str]
    denials: int
    numbers: Counter[tuple[float, str]]


def paraphrase(context: ProseContext) -> Outcome | None:
    """Return that a sentence leans on what the evidence says without being its words; None where it does not."""
    mine = said_of(context.text)
    for node in context.index.graph.nodes:
        if isinstance(node, PassageNode) and _leans(context, mine, node):
            return unverifiable("citation.reworded", f"The sentence is close to the passage {node.id}, not its words.")
        if isinstance(node, FindingNode) and not node.id.startswith("finding-kind-") and _restates(mine, node):
            return unverifiable("finding.reworded", f"What was found is: {node.value.sentence}")
    return None


def _leans(context: ProseContext, mine: Said, node: PassageNode) -> bool:
    source = node.value.source
    if source.trust is Trust.UNSIGNED:
        return False
    own = said_of(f"{source.title} {source.publisher} {source.id} {source.year or ''}").words
    advice = context.claim.kind is ClaimKind.RECOMMENDATION
    least = 1 if advice else LEAST
    dated = Said(mine.words, mine.denials, Counter({n: c for n, c in mine.numbers.items() if f"{n[0]:g}" not in own}))
    for theirs in _parts(node.value.text):
        shared, strange = mine.words & theirs.words, mine.words - theirs.words - own
        enough = advice or len(shared) >= SHARE * len(theirs.words)
        known = strange <= _ADVICE if advice else not strange
        if len(shared) >= least and known and enough and _same(dated, theirs):
            return True
    return False


def _restates(mine: Said, node: FindingNode) -> bool:
    """Whether a sentence names what sort of finding it speaks of and has no word that the finding has not."""
    kind = said_of(node.value.concept.meaning).words
    ordered = frozenset(_ORDINALS.get(w, w) for w in mine.words - _LIFTED)
    if len(ordered) < LEAST - 1 or not ordered & kind:
        return False
    return any(ordered <= theirs.words and _same(mine, theirs) for theirs in _parts(node.value.sentence))


def told(context: ProseContext) -> Outcome | None:
    """Confirm a sentence that an indicator's result gives as its reason or caution."""
    plain = " ".join(context.text.split()).rstrip(".").lower()
    for node in context.index.graph.nodes:
        if isinstance(node, IndicatorResultNode) and plain in _pieces(node.value.reason):
            return supported("reason.same", "The result says so.", (0, len(context.text)))
        if isinstance(node, FindingNode) and plain in _pieces(node.value.sentence):
            return supported("finding.same", "The finding says so.", (0, len(context.text)))
    return None


@lru_cache(maxsize=512)
def _pieces(reason: str) -> frozenset[str]:
    return frozenset(" ".join(p.split()).lower() for p in re.split(r"[.;]\s+|[.;]$", reason) if len(p.split()) > 3)


def _same(mine: Said, theirs: Said) -> bool:
    return mine.denials == theirs.denials and not mine.numbers - theirs.numbers


@lru_cache(maxsize=1024)
def _parts(text: str) -> tuple[Said, ...]:
    return tuple(said_of(p) for p in _pieces_of(text))


def _pieces_of(text: str) -> Iterator[str]:
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        yield sentence
        parts = list(clauses(sentence))
        if len(parts) > 1:
            yield from parts


@lru_cache(maxsize=4096)
def said_of(text: str) -> Said:
    """Return what counts of a text."""
    words = _WORD.findall(text.lower())
    numbers = Counter((q.readings[0], q.unit or "") for q in quantities(text) if q.readings)
    denials = sum(1 for w in words if w in _DENIALS)
    kept = frozenset(_stem(w) for w in words if w not in _SMALL and w not in _DENIALS)
    return Said(kept, denials, numbers)


def _stem(word: str) -> str:
    """Return a word without its ending: takes and taken are one, above and about are not."""
    return _ENDING.sub("", word.replace("theses", "thesis"))


_ADVICE = frozenset(_stem(w) for w in _ADVICE_WORDS)
_LIFTED = frozenset(_stem(w) for w in ("among", "listed", "one", "ranked", "list"))
