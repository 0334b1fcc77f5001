"""What sort of statement a sentence is."""

from __future__ import annotations

import pytest

from clinigraph.agents.claims.quantities import quantities
from clinigraph.agents.claims.typing import kind_of
from clinigraph.models.reporting import ClaimKind, Section

FOUND, DECIDED = Section.FINDINGS, Section.IMPRESSION


@pytest.mark.parametrize(
    ("text", "section", "kind"),
    [
        ("It should be repeated by the guideline.", FOUND, ClaimKind.RECOMMENDATION),
        ("The guideline says it was not assessed.", FOUND, ClaimKind.KNOWLEDGE),
        ("It was not assessed since last year.", FOUND, ClaimKind.LIMITATION),
        ("It is 5 mm, unchanged and large.", FOUND, ClaimKind.TEMPORAL),
        ("It is unchanged.", DECIDED, ClaimKind.TEMPORAL),
        ("It is cataract.", DECIDED, ClaimKind.IMPRESSION),
        ("It is large.", DECIDED, ClaimKind.IMPRESSION),
        ("It is cataract.", FOUND, ClaimKind.QUALITATIVE),
        ("It is 5 mm.", DECIDED, ClaimKind.QUANTITATIVE),
        ("It is 5 mm.", FOUND, ClaimKind.QUANTITATIVE),
        ("It is 5 mm on the left side.", FOUND, ClaimKind.QUANTITATIVE),
        ("It is a large 5 mm.", FOUND, ClaimKind.COMPARATIVE),
        ("It is at most 5 mm.", FOUND, ClaimKind.COMPARATIVE),
        ("It is 5 mm or 6 mm, at most 7 mm.", FOUND, ClaimKind.COMPARATIVE),
        ("It is at most 5 mm.", DECIDED, ClaimKind.COMPARATIVE),
        ("It is large on the left side.", FOUND, ClaimKind.COMPARATIVE),
        ("It is on the left side.", FOUND, ClaimKind.ANATOMICAL),
        ("It is red.", FOUND, ClaimKind.QUALITATIVE),
    ],
)
def test_the_most_particular_kind_is_taken(text: str, section: Section, kind: ClaimKind) -> None:
    assert kind_of(text, quantities(text), section) is kind
