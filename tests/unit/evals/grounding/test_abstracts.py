"""Yes or no from the results of an abstract."""

from __future__ import annotations

import pytest

from clinigraph.evals.grounding.abstracts import found
from clinigraph.models.reporting import Verdict


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ("Pain was significantly lower with the drug.", Verdict.SUPPORTED),
        ("There was no significant difference. Scores were similar.", Verdict.CONTRADICTED),
        ("Mortality was higher. Age was not associated with it.", Verdict.UNVERIFIABLE),
        ("The groups had 40 patients.", Verdict.UNVERIFIABLE),
        ("The rate was 4 % (P = .45).", Verdict.CONTRADICTED),
    ],
)
def test_results_find_an_effect_or_none_or_leave_it_open(results: str, verdict: Verdict) -> None:
    assert found(results).verdict is verdict


def test_how_sure_an_answer_is_is_the_share_of_sentences_for_it() -> None:
    assert found("A was higher. B was higher. C was not different.").confidence == pytest.approx(3 / 5)
    assert found("A was higher. B was higher.").confidence == pytest.approx(3 / 4)
    assert found("A was higher.").confidence == pytest.approx(2 / 3)
