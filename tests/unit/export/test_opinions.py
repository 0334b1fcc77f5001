"""What model roles said is shown as their opinion, beside the statements and never among them."""

from __future__ import annotations

import html

import pytest
from markdown_it import MarkdownIt

from clinigraph.export import to_html, to_markdown
from clinigraph.export.opinions import NOTE, ask_next, opinions, ranked, urgency_text
from clinigraph.models.base import EvidenceId, IndicatorId
from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.consultation import (
    AttendingOpinion,
    Consultation,
    DirectAnswer,
    IndicatorOpinion,
    ModelJudgement,
    NextQuestion,
    Statement,
    Urgency,
    Vote,
)
from clinigraph.models.differential import Differential, ExpectedFinding, Hypothesis, MatchedFinding
from clinigraph.models.findings import Presence
from clinigraph.models.report import Report

ATTACK = "<script>alert(1)</script>\"'><b>bold</b> **strong** | [link](javascript:x)"
RATIO = EvidenceId("measurement-vcdr")
P, A, U = Presence.PRESENT, Presence.ABSENT, Presence.INDETERMINATE


def term(value: str, meaning: str) -> Concept:
    return Concept(value=value, scheme=Scheme.HP, meaning=meaning)


FEVER, COUGH, RASH = term("HP:0001945", "Fever"), term("HP:0012735", "Cough"), term("HP:0000988", "Skin rash")
EDS = term("HP:0000000", "EDS-like skin")


def heard(report: Report, said: str = "the rim is thin") -> Report:
    """The report with everything that a model and a record can add."""
    opinion = Statement(
        specialist="an ophthalmologist", decision=P, evidence_ids=(RATIO,), speaks_for=said, speaks_against=said
    )
    consultation = Consultation(
        votes=(Vote(decision=P, evidence_id=RATIO, reason=said), Vote(decision=A, evidence_id=RATIO, reason=said)),
        votes_refused=1,
        statements=(opinion,),
        attending=AttendingOpinion(decision=U, sides_with=RATIO, reason=said),
        judgement=ModelJudgement(
            opinions=(IndicatorOpinion(indicator_id=IndicatorId("min_rim_disc_ratio"), keep=False, reason=said),),
            risk=0.62,
        ),
        direct=DirectAnswer(decision=P, probability=0.7, reason=said),
    )
    question = NextQuestion(
        subject="disc_haemorrhage", text=f"Is there a haemorrhage {said}?", would_change=True, span=0.2,
        outcomes={"present": "present", "absent": "indeterminate"},
    )  # fmt: skip
    hypothesis = Hypothesis(
        disease_id="OMIM:1", name=f"Disease {said}", score=0.81,
        matched=(MatchedFinding(given=FEVER, annotated=FEVER, similarity=1, frequency=0.9),),
        unexplained=(EDS,), contradicted=(ExpectedFinding(concept=RASH, frequency=0.8),),
        missing=(ExpectedFinding(concept=COUGH, frequency=0.5),),
    )  # fmt: skip
    differential = Differential(
        id=EvidenceId("differential-1"), present=(FEVER,), hypotheses=(hypothesis,), method="Agreement.", algorithm="x"
    )
    return report.replace(
        consultation=consultation, next_question=question, differentials=(differential,), urgency=Urgency.URGENT
    )


def test_every_role_stands_with_its_decision_and_the_evidence_it_names(report: Report) -> None:
    found = opinions(heard(report))
    assert [(o.who, o.decision) for o in found] == [
        ("3 runs over the same evidence", None),
        ("An ophthalmologist", P),
        ("Attending", U),
        ("Model as decider", None),
        ("The model alone", P),
    ]
    assert dict(found[0].lines)["Votes"] == "1 present, 1 absent, 1 not usable"
    assert dict(found[1].lines)["Rests on"].startswith("Vertical cup-to-disc ratio: 0.71")
    assert dict(found[3].lines)["Discards"] == "Narrowest rim-to-disc ratio: the rim is thin"


def test_without_a_model_and_a_record_nothing_is_added(report: Report) -> None:
    assert opinions(report) == ()
    for text in (to_markdown(report), to_html(report)):
        assert "Opinions of the model" not in text
        assert "Differential" not in text
        assert "What to ask next" not in text


def test_runs_that_gave_nothing_are_counted(report: Report) -> None:
    silent = report.replace(consultation=Consultation(votes_refused=1))
    (only,) = opinions(silent)
    assert (only.who, only.lines) == ("1 run over the same evidence", (("Votes", "none usable"),))


@pytest.mark.parametrize("write", [to_markdown, to_html])
def test_the_page_and_the_text_say_the_same(report: Report, write: object) -> None:
    text = html.unescape(write(heard(report)))  # type: ignore[operator]
    for words in (
        NOTE, "An ophthalmologist", "Sides with", "1 present, 1 absent, 1 not usable", "Is there a haemorrhage",
        "An answer could change the decision (present → present; absent → indeterminate).", "Urgent, by the words",
        "no skin rash, EDS-like skin not explained", "OMIM:1", "0.81", "cough", "The score is no probability.",
    ):  # fmt: skip
        assert words in text, words


def test_a_question_that_changes_nothing_says_so() -> None:
    question = NextQuestion(subject="x", text="What is the pressure?", would_change=False, span=0)
    assert ask_next(question) == "What is the pressure? No answer would change the decision."
    assert urgency_text(Urgency.ROUTINE) == ""


def test_long_lists_are_cut_with_their_number() -> None:
    many = tuple(ExpectedFinding(concept=term(f"HP:{n:07}", f"Sign {n}"), frequency=0.5) for n in range(8))
    (line,) = ranked((Hypothesis(disease_id="OMIM:1", name="x", score=0.5, missing=many),))
    assert line.not_said == "sign 0, sign 1, sign 2, sign 3, sign 4 and 3 more"
    assert line.speaks_for == "–"


def test_what_a_model_wrote_is_text_and_nothing_else(report: Report) -> None:
    hostile = heard(report, ATTACK)
    page = to_html(hostile)
    assert "<script" not in page
    assert "<b>" not in page
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(to_markdown(hostile))
    assert "<script" not in shown
    assert "<strong>strong" not in shown
    assert 'href="javascript' not in shown
