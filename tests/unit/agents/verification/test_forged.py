"""False sentences made by reading the rules: none of them passes, whatever else is said of it."""

from __future__ import annotations

from typing import Any

import pytest

FORGED = [
    # a number that hides a name
    "This is a bright spot with a 0.90 size of the thing.", "The thing looks odd, 4 of 5.",
    # names joined with numbers between them
    "The pressure of 25 mmHg and the age of 61 years are high.",
    "The age of 61 years with a pressure of 25 mmHg is above the threshold.",
    # a limit for something else, limits of normal
    "The pressure lies 4 mmHg above the limit for children.", "The pressure is above the limits of normal.",
    "The pressure exceeds the limit in children.",
    # a value said to be the threshold
    "The pressure lies at the threshold of 21 mmHg.", "The size of the thing equals the threshold of 0.7.",
    "The score shows the threshold of 0.4.",
    # counts with more than the evidence counts
    "Two criteria for urgent surgery were met.", "Two criteria were never met.", "Two criteria could be met.",
    "Two critical criteria were met.", "One image was too blurred to be assessed.",
    # reasons without their denial
    "Looks odd was not assessed because an image-reading model is set.",
    "Looks odd was not assessed because no image is set.",
    # one thing made another, or its ground
    "The pressure of 25 mmHg shows thingness.", "The size of the thing of 0.90 is the pressure of 25 mmHg.",
    "The pressure is 25 mmHg, therefore thingness is present.",
    "The pressure of 25 mmHg was calculated from the size of the thing of 0.90.",
    "With a pressure of 25 mmHg, thingness is confirmed.",
    # what points back to several things
    "The pressure is 25 mmHg at a size of the thing of 0.90, and it meets the criterion.",
    # signs
    "The size of the thing is √0.90.", "The size of the thing is 0.90/0.90.", "The size of the thing ≠ 0.90.",
    "The size of the thing is 0.9*0.", "The pressure ↑ 25 mmHg.",
    # origin
    "The photograph shows a size of the thing of 0.90 and a pressure of 25 mmHg.", "The record lists thingness.",
    # ends and ranges
    "With the upper end of its interval at 0.92, the size of the thing is 0.92.",
    "The interval of the size of the thing includes the threshold of 0.9.",
    # sources
    "A pressure above 21 is high (American Cancer Society).",
    "A pressure above 21 is high (Clinigraph; but not in this patient).",
    "According to Clinigraph, this patient's pressure is above 30 mmHg.",
    # shares and scores
    "79.6 % of the weight was assessed.", "The score is 100 %.", "The score is above 1.00.",
    # headings and tags
    "Wrong diagnosis: there is thingness.", "The pressure is < 10 mmHg, formerly > 25 mmHg.",
    # whole patients
    "The patient is a 61-year-old boy.", "Thingness is absent but a bright spot is not.",
]  # fmt: skip


@pytest.mark.parametrize("text", FORGED)
def test_a_forged_sentence_does_not_pass(bench: Any, text: str) -> None:
    verdicts = [v for v, _ in bench.codes(bench.case(), text)]
    assert any(v != "SUPPORTED" for v in verdicts), text
