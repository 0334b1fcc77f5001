"""Of several signs each has its own word, right before or right after it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from clinigraph.agents.claims.subjects import Hit
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.agents.verification.several import several
from clinigraph.models.findings import Presence

P, A = Presence.PRESENT, Presence.ABSENT


def said(text: str) -> list[Presence | None]:
    names = [n for n in ("ptosis", "fever", "cough") if n in text.lower()]
    hits = sorted((Hit(at := text.lower().index(n), at + len(n), ()) for n in names), key=lambda h: h.start)
    context = cast("ProseContext", SimpleNamespace(text=text, hits=tuple(hits)))
    return [several(context, h) for h in hits]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ptosis is present without fever.", [P, A]), ("Ptosis, but no fever.", [P, A]),
        ("No fever, cough or ptosis.", [A, A, A]), ("No fever and cough.", [A, None]),
        ("Fever and cough are absent.", [A, A]), ("Fever and cough are both denied.", [A, A]),
        ("Fever is present, cough is denied.", [P, A]), ("Without fever, cough is present.", [None, None]),
        ("No fever is found, cough is present.", [None, P]), ("Ptosis and fever are present.", [P, P]),
        ("No fever is denied, cough is present.", [None, P]),
    ],
)  # fmt: skip
def test_each_has_its_own_word(text: str, found: list[Presence | None]) -> None:
    assert said(text) == found
