"""How soon somebody must look, by words of the question and the record: a short list, meant to miss little."""

from __future__ import annotations

import re

from clinigraph.models.case import Case
from clinigraph.models.consultation import Urgency

PATTERNS: tuple[tuple[Urgency, str], ...] = (
    (
        Urgency.EMERGENCY,
        (
            r"\b(unconscious|unresponsive|cardiac arrest|not breathing|chest pain|crushing pain|stroke|hemipares\w+|"
            r"sudden(ly)? (loss of|lost) vision|anaphyla\w+|sepsis|septic|massive bleeding|thunderclap)\b"
        ),
    ),
    (
        Urgency.URGENT,
        (
            r"\b(acute|rapidly (progressive|worsening)|high fever|severe pain|shortness of breath at rest|new onset|"
            r"double vision|flashes|vomiting blood|haemoptysis|hemoptysis)\b"
        ),
    ),
)
"""Our choice of words; a report says that urgency rests on words alone."""
_DENIED = re.compile(r"\b(?:no|denies|without|negative for|never had)\b[^.;\n]*$", re.IGNORECASE)


KEPT = 1000
"""Most characters of a text that are kept once its facts were taken."""
READ = "(read; not kept)"


def abridged(text: str) -> str:
    """Return the sentences with urgent words: all that triage still needs of a text whose facts were taken."""
    sentences = re.split(r"(?<=[.;!?])\s+|\n+", text)
    urgent = [s for s in sentences if any(re.search(p, s, re.IGNORECASE) for _, p in PATTERNS)]
    return "\n".join(urgent)[:KEPT].strip() or READ


def urgency_of(case: Case) -> tuple[Urgency, str]:
    """Return the highest urgency that a word speaks for, and that word; words that are denied do not count."""
    text = "\n".join((case.question, *(t.text for t in case.texts)))
    for level, pattern in PATTERNS:
        for match in re.finditer(pattern, text, re.IGNORECASE):
            if not _DENIED.search(text[max(0, match.start() - 80) : match.start()]):
                return level, f"the words “{match.group().lower()}”"
    return Urgency.ROUTINE, ""
