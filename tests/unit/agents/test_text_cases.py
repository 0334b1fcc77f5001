"""Findings of a text become facts by what the text says of them; the record decides which tools are run."""

from __future__ import annotations

from collections.abc import Sequence

from clinigraph.agents.differential_evidence import hypothesis_sentence
from clinigraph.agents.model_findings import PointedFindings, denied, with_model_findings
from clinigraph.agents.survey import survey_calls
from clinigraph.agents.text_findings import findings, with_text_findings
from clinigraph.agents.urgency import urgency_of
from clinigraph.errors import ModelUnreachable
from clinigraph.knowledge.terminology.contract import Assertion, Candidate, ConceptEntry, Mention
from clinigraph.models.base import CaseId
from clinigraph.models.case import Case, Fact, RecordText
from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.consultation import Urgency
from clinigraph.models.differential import ExpectedFinding, Hypothesis, MatchedFinding
from clinigraph.models.passages import Span
from clinigraph.models.tooling import Port, ToolSpec, ValueKind
from clinigraph.testing.models import ScriptedModel, Step

FACT = Port(kind=ValueKind.FACT)
DIFFERENTIAL = ToolSpec(
    name="phenotype_differential", version="1", description="ranks",
    inputs={"present": FACT, "absent": FACT.replace(required=False)},
    outputs={"differential": Port(kind=ValueKind.DIFFERENTIAL)},
)  # fmt: skip
BMI = ToolSpec(
    name="body_mass_index", version="1", description="bmi", inputs={"weight": FACT, "height": FACT},
    outputs={"measurement": Port(kind=ValueKind.MEASUREMENT, unit="kg/m2")},
)  # fmt: skip
ANY = BMI.replace(name="record_fact", inputs={"fact": FACT})


class Words:
    """A terminology of a few words, each with what is said of it."""

    def __init__(self, said: dict[str, Assertion]) -> None:
        self.said = said

    def link(self, text: str) -> Sequence[Mention]:
        return [self._mention(text, w, a) for w, a in self.said.items() if w in text]

    def _mention(self, text: str, word: str, assertion: Assertion) -> Mention:
        concept = Concept(value=f"HP:{len(word):07d}", scheme=Scheme.HP, meaning=word.capitalize())
        start = text.index(word)
        return Mention(
            text=word, span=Span(start=start, end=start + len(word)), assertion=assertion,
            negated=assertion is Assertion.ABSENT, candidates=(Candidate(concept=concept, score=1.0, matched=word),),
        )  # fmt: skip

    def lookup(self, name: str) -> Sequence[Candidate]:
        concept = Concept(value=f"HP:{len(name):07d}", scheme=Scheme.HP, meaning=name.capitalize())
        return () if name == "nonsense" else (Candidate(concept=concept, score=1.0, matched=name),)

    def describe(self, value: str, scheme: Scheme) -> ConceptEntry | None:
        return None


def case(text: str, *facts: Fact) -> Case:
    return Case(id=CaseId("c"), facts=facts, texts=(RecordText(text=text, source="text 1"),))


def test_present_and_absent_findings_are_taken_and_others_are_not() -> None:
    said = {
        "ptosis": Assertion.PRESENT, "rash": Assertion.ABSENT, "stroke": Assertion.POSSIBLE,
        "measles": Assertion.HISTORICAL, "gout": Assertion.FAMILY, "sepsis": Assertion.HYPOTHETICAL,
    }  # fmt: skip
    read = with_text_findings(case("ptosis rash stroke measles gout sepsis"), Words(said))
    assert [f.name for f in findings(read, present=True)] == ["finding_ptosis"]
    assert [f.name for f in findings(read, present=False)] == ["finding_rash"]
    assert read.facts[0].span == Span(start=0, end=6)
    assert read.facts[0].concept is not None


def test_facts_of_the_catalogue_are_filled_in_and_stated_ones_stay() -> None:
    said = {"diabetes": Assertion.HISTORICAL, "hypertension": Assertion.ABSENT, "glaucoma": Assertion.FAMILY}
    stated = Fact(name="hypertension", value=True)
    read = with_text_findings(case("diabetes hypertension glaucoma", stated), Words(said))
    values = {f.name: f.value for f in read.facts if f.concept is None}
    assert values == {"hypertension": True, "diabetes": True, "family_history_glaucoma": True}


def test_only_tools_whose_inputs_are_on_record_are_run() -> None:
    read = with_text_findings(
        case("ptosis rash", Fact(name="weight", value=70.0, unit="kg")),
        Words({"ptosis": Assertion.PRESENT, "rash": Assertion.ABSENT}),
    )
    assert [c.tool for c in survey_calls(read, (BMI, ANY, DIFFERENTIAL), {})] == ["phenotype_differential"]
    tall = read.replace(facts=(*read.facts, Fact(name="height", value=170.0, unit="cm")))
    calls = survey_calls(tall, (BMI, ANY, DIFFERENTIAL), {})
    assert [c.tool for c in calls] == ["phenotype_differential", "body_mass_index"]
    assert {n: v.value.value for n, v in calls[0].inputs.items()} == {"present": "HP:0000006", "absent": "HP:0000004"}  # type: ignore[union-attr]
    assert survey_calls(tall, (BMI,), {"body_mass_index": "broken"}) == ()


def test_a_hypothesis_is_told_with_what_speaks_for_and_against_it() -> None:
    ptosis, rash = (Concept(value=v, scheme=Scheme.HP, meaning=m) for v, m in (("HP:1", "Ptosis"), ("HP:2", "Rash")))
    hypothesis = Hypothesis(
        disease_id="OMIM:1", name="A disease", score=0.5,
        matched=(MatchedFinding(given=ptosis, annotated=ptosis, similarity=1, frequency=1),),
        contradicted=(ExpectedFinding(concept=rash, frequency=0.9),),
    )  # fmt: skip
    assert hypothesis_sentence(1, hypothesis) == (
        "Hypothesis 1 by agreement of findings is A disease (OMIM:1), score 0.50; for it: Ptosis; against it: Rash."
    )


def test_urgency_follows_words_that_are_not_denied() -> None:
    assert urgency_of(case("Sudden loss of vision this morning"))[0] is Urgency.EMERGENCY
    assert urgency_of(case("He denies chest pain. An acute cough."))[0] is Urgency.URGENT
    assert urgency_of(case("No chest pain, no fever."))[0] is Urgency.ROUTINE


def pointed(*findings: tuple[str, str, bool]) -> PointedFindings:
    return PointedFindings.model_validate({"findings": [{"words": w, "name": n, "present": p} for w, n, p in findings]})


async def test_a_model_may_point_to_words_that_stand_in_the_text_and_to_nothing_else() -> None:
    read = case("His lids droop. There is no double vision. A rash.", Fact(name="x", value=True, source="text 1"))
    read = read.replace(facts=(Fact(name="finding_rash", value=True, source="text 1", span=Span(start=45, end=49)),))
    answer = pointed(
        ("lids droop", "ptosis", True),
        ("double vision", "diplopia", True),
        ("A rash", "exanthema", False),
        ("a fever", "fever", True),
        ("lids", "nonsense", True),
    )
    with ScriptedModel([Step(answer, role="extractor")]) as model:
        more = await with_model_findings(read, model, Words({}))
    assert [(f.name, f.value) for f in more.facts] == [("finding_rash", True), ("finding_ptosis", True)]
    assert more.facts[1].span == Span(start=4, end=14)
    assert more.facts[1].source == "text 1, pointed to by a model"


async def test_a_model_that_fails_leaves_the_record_to_the_rules() -> None:
    with ScriptedModel([ModelUnreachable("The model server cannot be reached")]) as model:
        more = await with_model_findings(case("ptosis"), model, Words({}))
    assert more.facts == ()
    assert "the rules alone read the record" in more.notes[0]


def test_a_denial_reaches_to_the_end_of_its_sentence() -> None:
    assert denied("No fever or cough", 12)
    assert not denied("No fever. Cough", 10)
