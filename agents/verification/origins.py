"""Where a value comes from: what is said to be seen on an image must not come from the record, nor the reverse."""

from __future__ import annotations

import re

from clinigraph.agents.claims.subjects import EvidenceIndex, Subject, SubjectKind
from clinigraph.agents.verification.base import Outcome, contradicted, unverifiable
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.evidence import EdgeKind, FactNode, ImageNode

_PICTURE = r"(?:image|images|photograph|photo|picture|film|radiograph|x-ray|scan|CT|MRI?|ultrasound|sonogram)s?"
_IMAGE = re.compile(
    rf"\b(?:on|from|in|off|by) (?:the|this|her|his|a|an) (?:[\w-]+ ){{0,2}}{_PICTURE}\b|"
    rf"\b{_PICTURE} (?:shows?|showed|gives?|gave|has|reveals?|demonstrates?|reads?)\b",
    re.IGNORECASE,
)
_RECORD = re.compile(
    r"\b(?:according to|from|in|by) (?:the|this|her|his) (?:[\w'-]+ )?(?:record|records|chart|file|notes)\b|"
    r"\b(?:record|records|chart|file|notes) (?:shows?|gives?|gave|says?|states?|lists?|names?)\b",
    re.IGNORECASE,
)
_WIDE = (SubjectKind.CONDITION, SubjectKind.SCORE)


def origins(context: ProseContext) -> Outcome | None:
    """Compare the origin that a sentence gives with what the evidence was derived from."""
    for pattern, kind, other in ((_IMAGE, "image", "record"), (_RECORD, "record", "image")):
        match = context.find(pattern)
        if (
            kind == "record"
            and match is not None
            and any(s.kind in _WIDE for h in context.hits for s in h.subjects[:1])
        ):
            return unverifiable("origin.unread", "The decision is drawn from the indicators, not read in the record.")
        for hit in context.hits if match is not None else ():
            known = {o for s in context.sided(hit.subjects) for o in origins_of(context.index, s)}
            if known == {other}:
                name = hit.subjects[0].name
                return contradicted(f"origin.{other}", f"{name} comes from the {other}, not from the {kind}.")
    return None


def origins_of(index: EvidenceIndex, subject: Subject) -> frozenset[str]:
    """Return what a subject was derived from: ``image``, ``record``, both, or nothing that can be told."""
    if subject.kind in _WIDE:
        return frozenset()
    found, todo, seen = set(), list(subject.ids[:2]), set()
    while todo:
        node_id = todo.pop()
        node = index.by_id.get(node_id)
        if node is None or node_id in seen:
            continue
        seen.add(node_id)
        found |= {"image"} if isinstance(node, ImageNode) else {"record"} if isinstance(node, FactNode) else set()
        todo += [e.target for e in index.graph.edges if e.source == node_id and e.kind is EdgeKind.DERIVED_FROM]
    return frozenset(found)
