"""When a conviction is doubt: the sentence supposes something, or tells what a source or a result tells, in its words.

A sentence that is not understood is not judged. None of this lets a sentence pass: it turns a conviction into
UNVERIFIABLE, which counts as neither.
"""

from __future__ import annotations

import re
from functools import lru_cache

from clinigraph.agents.claims.quantities import quantities
from clinigraph.agents.verification.base import Outcome, unverifiable
from clinigraph.agents.verification.illness import DISEASES
from clinigraph.agents.verification.paraphrase import Said, said_of
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.agents.verification.sources import proper_words, source_words
from clinigraph.models.evidence import EvidenceNode, FindingNode, IndicatorResultNode, PassageNode
from clinigraph.models.passages import Passage, Trust

LEAST = 3
"""Fewest words of meaning that a sentence shares with what it may retell."""
SHARE = 0.6
"""Least share of its words of meaning."""
SHARE_NAMED = 0.5
"""The same where the sentence names the source."""
_SUPPOSES = re.compile(
    r"\b(?:(?:it )?is not (?:the case|true)|can ?not (?:be )?(?:said|sure|tell|told|say)|at no (?:point|time)|not only|"
    r"if|unless|had (?:the|this)|were (?:the|this)|would|"
    r"(?:does|do|did|can|could) not (?:by itself )?(?:stay|remain|lie|fall|mean|prove|establish|replace|suffice))\b",
    re.IGNORECASE,
)
"""Words that suppose, or deny a whole statement."""
_ANOTHER = re.compile(
    r"\b(?:mean|averag(?:e|es|ed|ing)|median|(?:superior|inferior|nasal|temporal)(?:ly)?)\b", re.IGNORECASE
)
_WHETHER = re.compile(r"\bwhether\b", re.IGNORECASE)
_OF_PRESENCE = ("presence", "impression", "certainty")
_FAMILIES = frozenset(("number", "unit", "comparison", "criterion", "range", "presence", "impression", "certainty",
                       "interval", "patient", "change"))  # fmt: skip
_BY_A_SOURCE = frozenset(
    ("finding.unknown", "evidence.none", "citation.none", "citation.altered", "citation.not_said", "modality.mismatch",
     "side.unknown", "range.not_assessed", "range.no_criterion", "interval.none", "number.no_value", "patient.general",
     "criterion.none")
)  # fmt: skip
_OF_THE_SOURCE = ("citation.year", "citation.edition", "citation.unknown", "citation.bytes", "citation.unsigned",
                  "citation.sweeping", "patient.mismatch", "patient.named", "instruction.planted")  # fmt: skip
"""Reasons that naming the source does not soften."""
_BY_A_RESULT = frozenset(("finding.unknown", "evidence.none", "number.no_value", "count.unknown", "side.unknown"))
"""Reasons for which a sentence that retells a source, or a result, may have been misread."""
_OF_THE_PATIENT = re.compile(
    r"\b(?:patient|patient's|he|she|his|her|this|your|you|here|present|seen|found|detected|noted|shows?|"
    r"there (?:is|are)|confirm(?:s|ed)?|diagnos(?:is|ed))\b",
    re.IGNORECASE,
)
_GENERIC_WORDS = """
    considered consider called counted taken said thought known given moreover further something following follows
    key main important according per under guideline guidance statement advice advised advises recommended recommends
    recommendation suggested suggests should may might can could would will one ones another other others such same
    size case cases patient patients person people need needs needed require requires required make makes made use used
    when where while after before during for with without about by in on of than then too also only as at
    points point indicates means lies keep kept mind remains remain becomes become goes go comes come calls
    call names regards holds places puts writes
    rule rules criterion criteria limit threshold value values measure measured measurement reading read
    finding findings sign signs feature features result results record records stated state states statement
    first second third fourth fifth next again repeat
    provide provided obtained given reported report based because since so therefore thus yet but
    low high normal among both either it its they them their who which that what whether
"""
_BOLD_WORDS = """
    must treatment treat start begin immediately once urgent every all always exception cure surgery safe certain prove
"""
"""Words that make more of a source than it says."""
_GENERIC = frozenset(_GENERIC_WORDS.split())
_OPPOSED = (
    ("above", "below"), ("over", "under"), ("more", "less"), ("more", "fewer"), ("high", "low"), ("higher", "lower"),
    ("increase", "decrease"), ("raise", "lower"), ("before", "after"), ("left", "right"), ("upper", "lower"),
    ("large", "small"), ("larger", "smaller"), ("longer", "shorter"), ("wide", "narrow"), ("present", "absent"),
    ("women", "men"), ("female", "male"), ("least", "most"), ("benign", "malignant"), ("always", "never"),
    ("thick", "thin"), ("superior", "inferior"), ("systolic", "diastolic"), ("first", "second"),
)  # fmt: skip


def doubtful(context: ProseContext, outcome: Outcome) -> Outcome | None:
    """Return doubt in place of a conviction; None where it stands."""
    if outcome.code == "number.mismatch" and context.find(_ANOTHER) is not None:
        return unverifiable("number.other", "The sentence may speak of another measure of the same part.")
    if outcome.code.endswith(".not_assessed") and not _named(context):
        return None
    family = outcome.code.partition(".")[0]
    open_ = family in _OF_PRESENCE and _WHETHER.search(context.text)
    if open_ or (family in _FAMILIES and _SUPPOSES.search(context.text)):
        return unverifiable("wording.supposed", "The sentence supposes or denies a whole statement; it was not judged.")
    measured = any(s.measurement is not None for s in context.subjects)
    firm = outcome.code in _OF_THE_SOURCE or (measured and outcome.code in ("range.mismatch", "citation.not_said"))
    named = None if firm else _named(context)
    if named is not None:
        return unverifiable("citation.reworded", f"The sentence is close to the passage {named.id}, not its words.")
    near = _retold(context, outcome.code)
    return None if near is None else unverifiable("evidence.near", f"The sentence is close to {near}, not its words.")


def _retold(context: ProseContext, code: str) -> str | None:
    """Return what a sentence retells: a passage where it does not speak of the patient, or a result or finding."""
    mine = said_of(context.text)
    sourced = code in _BY_A_SOURCE and not _OF_THE_PATIENT.search(context.text)
    for node in context.index.graph.nodes:
        if isinstance(node, PassageNode) and sourced and node.value.source.trust is not Trust.UNSIGNED:
            source = node.value.source
            whole = (
                f"{node.value.text} {source.title} {source.publisher} {source.year or ''} {source.id.replace('-', ' ')}"
            )
            if _close(mine, whole, context):
                return f"the passage {node.id}"
        elif (
            code in _BY_A_RESULT and (told := _told(node)) and _close(mine, f"{told[0]}. {told[1]}", context, gap=True)
        ):
            return f"what is said of {told[0]}"
    return None


def _named(context: ProseContext) -> Passage | None:
    """Return the passage that a sentence retells, where it names its source."""
    words, mine = proper_words(context.text), said_of(context.text)
    for node in context.index.graph.nodes:
        if not isinstance(node, PassageNode) or node.value.source.trust is Trust.UNSIGNED:
            continue
        source = node.value.source
        if not words & source_words(source.title, source.publisher, source.id):
            continue
        whole = f"{node.value.text} {source.title} {source.publisher} {source.year or ''} {source.id.replace('-', ' ')}"
        if _close(mine, whole, context, loosely=True):
            return node.value
    return None


def _told(node: EvidenceNode) -> tuple[str, str] | None:
    """Return the name and the words of a result or a finding; None for other evidence."""
    if isinstance(node, IndicatorResultNode) and node.value.reason:
        return node.value.name, node.value.reason
    if isinstance(node, FindingNode) and not node.id.startswith("finding-kind-"):
        return node.value.concept.meaning, node.value.sentence
    return None


def _close(mine: Said, text: str, context: ProseContext, *, gap: bool = False, loosely: bool = False) -> bool:
    """Whether a sentence shares most of its words with a text, adds none of weight and no number, denial or turn.

    Args:
        mine: The sentence.
        text: What it may retell.
        context: The sentence with its numbers.
        gap: Whether the text is why something was not assessed, so that a denial says nothing more.
        loosely: Whether other words may stand beside its words, if none is an illness.
    """
    theirs = _said_whole(text)
    shared, strange = mine.words & theirs.words, mine.words - theirs.words
    best = max(_sentences(text), key=lambda s: len(mine.words & s.words))
    enough = len(shared) >= LEAST and len(shared) >= (SHARE_NAMED if loosely else SHARE) * len(mine.words)
    plain = not (strange & _BOLD_STEMS if loosely else strange - _GENERIC_STEMS)
    return (
        enough
        and plain
        and mine.denials - best.denials in ((0, 1) if gap else (0,))
        and not _numbers(context.text) - _numbers(text)
        and not _turned(context.text, text)
    )


@lru_cache(maxsize=1024)
def _said_whole(text: str) -> Said:
    return said_of(text)


@lru_cache(maxsize=1024)
def _sentences(text: str) -> tuple[Said, ...]:
    return tuple(said_of(s) for s in re.split(r"(?<=[.!?;,])\s+", text))


@lru_cache(maxsize=2048)
def _numbers(text: str) -> frozenset[float]:
    return frozenset(r for q in quantities(text) for r in q.readings[:1])


def _turned(mine: str, theirs: str) -> bool:
    """Whether a sentence has a word whose opposite the other has in its place."""
    own, other = (frozenset(re.findall(r"[a-z]+", t.lower())) for t in (mine, theirs))
    return any(
        (a in own and b not in own and a not in other and b in other)
        or (b in own and a not in own and b not in other and a in other)
        for a, b in _OPPOSED
    )


_BOLD_STEMS = frozenset(w for d in (*DISEASES, *_BOLD_WORDS.split()) for w in said_of(d).words)
_GENERIC_STEMS = said_of(" ".join(_GENERIC)).words
