"""The tools that a question is about come first; a few are enough for a model."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from clinigraph.agents.tool_selection import select
from clinigraph.models.tooling import ToolSpec
from clinigraph.settings import Settings
from clinigraph.tools.registry import default_registry

ASKED = [
    ("How large is the cup in relation to the optic disc?", "cup_disc_measures"),
    ("Outline the optic disc on this fundus photograph", "fundus_disc_cup"),
    ("Is the heart enlarged on the chest film? Cardiothoracic ratio", "cardiothoracic_measures"),
    ("Find the lungs and the heart on a frontal chest radiograph", "chest_lungs_heart"),
    ("What is the glomerular filtration rate, eGFR, from creatinine?", "egfr_ckd_epi_2021"),
    ("Clearance of creatinine by Cockcroft-Gault", "creatinine_clearance"),
    ("Correct the QT interval with Fridericia", "qtc_fridericia"),
    ("Stroke risk in atrial fibrillation", "cha2ds2_vasc"),
    ("Bleeding risk under anticoagulation", "has_bled"),
    ("Severity of community-acquired pneumonia", "curb_65"),
    ("Probability of pulmonary embolism", "wells_pe"),
    ("Deep vein thrombosis score", "wells_dvt"),
    ("Body mass index from weight and height", "body_mass_index"),
    ("Calcium corrected for albumin", "corrected_calcium"),
    ("Severity of cirrhosis with ascites and encephalopathy", "child_pugh"),
    ("Fibrosis of the liver from platelets and transaminases", "fib_4"),
    ("Which rare genetic disease fits these phenotypes?", "phenotype_differential"),
    ("Insulin resistance from fasting insulin and glucose", "homa_ir"),
    ("Sore throat: streptococcal infection?", "centor_mcisaac"),
    ("Ejection fraction of the left ventricle", "ventricle_measures"),
]


def spec(name: str, description: str = "A tool.") -> ToolSpec:
    return ToolSpec(name=name, version="1", description=description)


@pytest.fixture(scope="module")
def installed() -> Sequence[ToolSpec]:
    return default_registry(Settings(), None).specs()


@pytest.mark.parametrize(("question", "tool"), ASKED)
def test_the_right_tool_is_among_the_eight_shown(installed: Sequence[ToolSpec], question: str, tool: str) -> None:
    assert tool in [s.name for s in select(question, installed, 8)]


def test_few_tools_are_all_shown_in_their_own_order() -> None:
    few = [spec("b"), spec("a")]
    assert select("anything", few, 2) == few


def test_some_tools_can_always_be_shown() -> None:
    chosen = select("liver", [spec("heart"), spec("liver"), spec("read_image")], 2, always=["read_image"])
    assert [s.name for s in chosen] == ["read_image", "liver"]


def test_a_second_opinion_counts_as_much_as_the_words() -> None:
    def near(question: str, texts: Sequence[str]) -> list[float]:
        return [1.0 if "myocard" in t else 0.0 for t in texts]

    specs = [spec("hepatic"), spec("myocard"), spec("renal")]
    assert select("heart attack", specs, 1, similarity=near)[0].name == "myocard"


def test_the_order_is_the_same_for_the_same_question() -> None:
    specs = [spec(n) for n in ("d", "c", "b", "a")]
    assert select("nothing in common", specs, 2) == select("nothing in common", specs[::-1], 2)
