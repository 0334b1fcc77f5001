"""Numbers of the report's own sentences are those of its evidence, as they are written, with their units."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.base import ClaimContext
from clinigraph.agents.verification.numbers import _UNIT, numbers
from clinigraph.intake.facts import fact_catalogue
from clinigraph.models.base import EvidenceId
from clinigraph.models.case import Fact
from clinigraph.models.evidence import EvidenceNode, FactNode, FindingNode
from clinigraph.models.formatting import pretty_unit
from clinigraph.models.reporting import ClaimKind
from clinigraph.settings import Settings
from clinigraph.tools.registry import default_registry

FACT_UNITS = {d.unit for d in fact_catalogue().values() if d.unit}
TOOL_UNITS = {p.unit for s in default_registry(Settings()).specs() for p in s.outputs.values() if p.unit}


@pytest.mark.parametrize("unit", sorted(FACT_UNITS | TOOL_UNITS))
def test_a_unit_that_stands_after_a_number_is_read_whole(unit: str) -> None:
    written = pretty_unit(unit)
    found = _UNIT.match(f" {written}.")
    assert (found.group(1) if found else "") == written


def code(
    bench: Any, text: str, *nodes: EvidenceNode, kind: ClaimKind = ClaimKind.QUANTITATIVE, case: Any = None
) -> str:
    case = case or bench.case()
    claim = bench.claim("claim-size-value").replace(text=text, kind=kind)
    context = ClaimContext(claim, nodes, case.index.graph, case.index.impression, bench.verifier._library)
    outcome = numbers(context)
    return "" if outcome is None else outcome.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is 0.90.", "number.traced"), ("It is 0,90.", "number.traced"), ("It is 0.9.", "number.mismatch"),
        ("It is 0.91.", "number.mismatch"), ("It is -0.90.", "number.mismatch"),
        ("It is \u22120.90.", "number.mismatch"),
        ("It is 0.90 (90 % interval 0.88 to 0.92).", "number.traced"), ("It is 0.90 mm.", "unit.mismatch"),
        ("It lies in 90 % of cases at 0.90.", "number.traced"), ("It is 90.", "unit.mismatch"), ("It is large.", ""),
        ("It is x0.80, v1.2.3 and a5.", ""),
    ],
)  # fmt: skip
def test_a_number_is_written_as_the_evidence_writes_it(bench: Any, text: str, expected: str) -> None:
    assert code(bench, text, bench.node("measurement-size")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It lies between 23 and 27 mmHg.", "number.traced"), ("It is 25 mmHg.", "number.traced"),
        ("It is 25.", "unit.mismatch"), ("It ends at 27.", "unit.mismatch"), ("It begins at 23.", "number.traced"),
        ("It is 25 kPa.", "unit.mismatch"),
    ],
)  # fmt: skip
def test_only_the_lower_end_of_an_interval_may_leave_out_its_unit(bench: Any, text: str, expected: str) -> None:
    assert code(bench, text, bench.measured(25, 2, "measurement-pressure")) == expected


@pytest.mark.parametrize(("value", "right", "wrong"), [(0.699, "0.699", "0.70"), (0.704, "0.704", "0.70")])
def test_a_number_is_not_rounded_across_a_threshold_that_it_is_judged_by(
    bench: Any, value: float, right: str, wrong: str
) -> None:
    node = bench.measured(value, 0)
    case = bench.case(node)
    assert code(bench, f"It is {right}.", node, case=case) == "number.traced"
    assert code(bench, f"It is {wrong}.", node, case=case) == "number.mismatch"
    loose = bench.measured(value, 0, "measurement-loose")
    assert code(bench, f"It is {wrong}.", loose, case=bench.case(loose)) == "number.traced"


def test_a_name_with_a_number_in_it_says_no_number(bench: Any) -> None:
    size, looks = bench.node("indicator-size"), bench.node("indicator-looks")
    short = size.replace(value=size.value.replace(name="Size 2"))
    long = looks.replace(value=looks.value.replace(name="Size 2 of 7"))
    for nodes in ((short, long), (long, short)):
        assert code(bench, "Size 2 of 7 is 0.90.", *nodes, bench.node("measurement-size")) == "number.traced"
        assert code(bench, "Size 2 is 7.", *nodes, bench.node("measurement-size")) == "number.mismatch"


def test_a_result_gives_its_own_value_where_no_measurement_is_named(bench: Any) -> None:
    looks, size = bench.node("indicator-looks"), bench.node("indicator-size")
    read = looks.replace(value=looks.value.replace(value=4.0, unit="1", reason=""))
    assert code(bench, "It was read as 4 of 5.", read) == "number.traced"
    assert code(bench, "It was read as 3 of 5.", read) == "number.mismatch"
    assert code(bench, "It was read as 4 of 5.", looks) == "number.mismatch"
    assert code(bench, "It was read as 4 of 5.", read, bench.node("measurement-size")) == "number.mismatch"
    assert code(bench, "It was read as 4 of 5.", read, size) == "number.mismatch"


def test_numbers_of_a_reason_a_finding_and_a_record_may_be_told(bench: Any) -> None:
    looks = bench.node("indicator-looks")
    reason = looks.replace(value=looks.value.replace(reason="only 3 mm of 12 are seen"))
    assert code(bench, "It was not assessed: only 3 mm of 12 are seen.", reason) == "number.traced"
    assert code(bench, "It was not assessed: only 3 of 12 mm are seen.", reason) == "unit.mismatch"
    seen = bench.node("finding-kind-img-1").value
    found = FindingNode(id=seen.id, value=seen.replace(text="A spot of 4 mm."))
    assert code(bench, "A spot of 4 mm.", found) == "number.traced"
    assert code(bench, "A spot of 4 cm.", found) == "unit.mismatch"
    told = FactNode(id=EvidenceId("fact-x"), value=Fact(name="stage", value="T2 or 3"))
    assert code(bench, "The stage is 3.", told) == "number.traced"
    assert code(bench, "The stage is 2.", told) == "number.mismatch"
    assert code(bench, "The age is 61 years.", bench.node("fact-age")) == "number.traced"
    assert code(bench, "The age is 61.", bench.node("fact-age")) == "unit.mismatch"
    assert code(bench, "Smoker is 1.", bench.node("fact-smoker")) == "number.mismatch"


@pytest.mark.parametrize("kind", list(ClaimKind))
def test_only_the_impression_tells_its_numbers_and_quotations_tell_their_own(bench: Any, kind: ClaimKind) -> None:
    quoted = kind in (ClaimKind.KNOWLEDGE, ClaimKind.RECOMMENDATION)
    own = "number.traced" if kind is ClaimKind.IMPRESSION else "number.mismatch"
    for text in ("The score is 1.00.", "The threshold is 0.4.", "It rests on 80 %."):
        assert code(bench, text, kind=kind) == ("" if quoted else own)
    assert code(bench, "The score is 0.99.", kind=kind) == ("" if quoted else "number.mismatch")


def test_the_threshold_of_a_criterion_is_told_with_its_unit(bench: Any) -> None:
    node = bench.node("indicator-pressure")
    assert code(bench, "The criterion is > 21 mmHg.", node) == "number.traced"
    assert code(bench, "The criterion is > 21.", node) == "unit.mismatch"
    assert code(bench, "The criterion is > 0.7.", node) == "number.mismatch"
