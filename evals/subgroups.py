"""Subgroups of patients and pictures where a set states them: age, sex, view, site."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from clinigraph.evals.contract import EvalTable, Outcome
from clinigraph.evals.scoring import COLUMNS, cells

KEY = "subgroups"
"""Name in ``EvalItem.data``."""
NAMES: Mapping[str, Sequence[str]] = {
    "age": ("age", "patient_age", "age_approx", "age_years"),
    "sex": ("sex", "gender", "patient_sex", "patient_gender"),
    "view": ("view", "view_position", "projection"),
    "site": ("site", "centre", "center", "hospital", "institution"),
}
"""Kind of subgroup -> names of columns in public sets, in lower case with underscores."""
_BANDS = ((18, "under 18"), (40, "18 to 39"), (60, "40 to 59"), (80, "60 to 79"))
_SEX = {"m": "male", "man": "male", "male": "male", "boy": "male", "1": "male",
        "f": "female", "woman": "female", "female": "female", "girl": "female", "0": "female"}  # fmt: skip
_AGE = re.compile(r"^\s*0*(\d{1,3})(?:\.\d+)?\s*(?:y|yrs?|years?)?\s*$", re.IGNORECASE)
_DESCRIBED = re.compile(r"\b(\d{1,3})[- ]?(year|month|week|day)s?[- ]old\b", re.IGNORECASE)
_WORDS = re.compile(r"\b(male|female|man|woman|boy|girl)\b", re.IGNORECASE)


def subgroups_of(row: Mapping[str, object]) -> dict[str, JsonValue]:
    """Return kind -> group of a row of a set; kinds that its columns do not state are left out.

    Example:
        >>> subgroups_of({"Patient Age": "63", "gender": "F", "view": "PA"})
        {'age': '60 to 79', 'sex': 'female', 'view': 'PA'}
    """
    plain = {re.sub(r"[\s-]+", "_", str(name).strip().lower()): value for name, value in row.items()}
    found: dict[str, JsonValue] = {}
    for kind, names in NAMES.items():
        value = next((str(plain[n]).strip() for n in names if plain.get(n) not in (None, "")), "")
        group = _grouped(kind, value)
        if group:
            found[kind] = group
    return found


def described(text: str) -> dict[str, JsonValue]:
    """Return age and sex that a line of words states.

    Example:
        >>> described("35-year-old female")
        {'age': '18 to 39', 'sex': 'female'}
    """
    age, sex = _DESCRIBED.search(text), _WORDS.search(text)
    found: dict[str, JsonValue] = {}
    if age:
        found["age"] = age_band(int(age[1]) if age[2].lower() == "year" else 0)
    if sex:
        found["sex"] = _SEX[sex[1].lower()]
    return found


def age_band(years: int) -> str:
    """Return the band of an age in years."""
    return next((name for limit, name in _BANDS if years < limit), "80 and over")


def subgroup_table(outcomes: Sequence[Outcome]) -> EvalTable | None:
    """Return marks by subgroup; None where no item states one. Items that do not state a kind are counted as such."""
    kinds = [kind for kind in NAMES if any(kind in _stated(o) for o in outcomes)]
    rows: list[tuple[str, ...]] = []
    for kind in kinds:
        groups = sorted({str(_stated(o).get(kind, "not stated")) for o in outcomes})
        for group in groups:
            part = [o for o in outcomes if str(_stated(o).get(kind, "not stated")) == group]
            rows.append((kind, group, *cells(part)))
    if not rows:
        return None
    return EvalTable(
        title="Subgroups",
        columns=("by", "group", *COLUMNS),
        rows=tuple(rows),
        note="As the set states them; small groups have wide intervals.",
    )


def _stated(outcome: Outcome) -> Mapping[str, JsonValue]:
    found = outcome.item.data.get(KEY)
    return found if isinstance(found, dict) else {}


def _grouped(kind: str, value: str) -> str:
    if not value or value.casefold() in ("nan", "none", "unknown", "not stated"):
        return ""
    if kind == "sex":
        return _SEX.get(value.casefold(), "")
    if kind == "age":
        match = _AGE.match(value)
        return age_band(int(match[1])) if match else ""
    return value[:40]
