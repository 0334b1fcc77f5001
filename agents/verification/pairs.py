"""A blood pressure written as a pair, 128/76: the systolic before the diastolic one."""

from __future__ import annotations

import re

from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.evidence import FactNode

_PAIR = re.compile(
    r"\b(?:(?:arterial )?blood pressure|BP|RR)\b(?:\s+(?:is|was|of|at|reading|measured|recorded|as))*\s*[:=]?\s*"
    r"(\d{2,3})\s*/\s*(\d{2,3})(?:\s*(?P<unit>mm\s?Hg|mm\[Hg\]|kPa|torr|\w*Hg))?(?![\w/]|\.\d)",
    re.IGNORECASE,
)
_NAMES = ("systolic_blood_pressure", "diastolic_blood_pressure")
_UNITS = ("", "mmhg", "mm[hg]", "torr")


def paired(text: str) -> tuple[tuple[int, int], ...]:
    """Return where a sentence writes a blood pressure as a pair."""
    return tuple(m.span() for m in _PAIR.finditer(text))


def pressure_pair(context: ProseContext) -> Outcome | None:
    """Compare a pair with the systolic and the diastolic pressure of the record."""
    found = list(_PAIR.finditer(context.text))
    if not found:
        return None
    facts = {n.value.name: n.value.value for n in context.index.graph.nodes if isinstance(n, FactNode)}
    known = tuple(facts.get(n) for n in _NAMES)
    if None in known:
        return unsupported("number.no_value", "The record gives no blood pressure.")
    for match in found:
        if "".join((match["unit"] or "").lower().split()) not in _UNITS:
            return contradicted("unit.mismatch", "The record gives the blood pressure in mmHg.")
        if (float(match.group(1)), float(match.group(2))) != known:
            return contradicted("number.mismatch", f"The record gives {known[0]:g}/{known[1]:g} mmHg.")
    return supported("number.traced", "The blood pressure is the record's.", *(m.span() for m in found))
