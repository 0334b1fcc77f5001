"""One form for the many ways of writing a name."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clinigraph.knowledge.terminology.normal import WordCache, fold, normal_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pleural effusion", "Effusions, pleural"),
        ("haematuria", "hematuria"),
        ("oedema", "edema"),
        ("oesophageal varices", "esophageal varix"),
        ("tumour of the lung", "pulmonary tumors"),
        ("metastases", "metastasis"),
        ("open-angle glaucoma", "open angle glaucoma"),
        ("pneumothoraces", "pneumothorax"),
        ("calcified granulomas", "calcified granuloma"),
        ("Crohn's disease", "Crohn disease"),
        ("Sjögren syndrome", "sjogren syndrome"),
        ("heart failure", "cardiac failure"),
        ("kidney stones", "renal calculi"),
        ("diarrhoea", "diarrhea"),
    ],
)
def test_two_ways_of_writing_have_one_key(one: str, other: str) -> None:
    cache = WordCache()
    assert normal_name(one, cache).key == normal_name(other, cache).key != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hypertension", "hypotension"),
        ("hyperthyroidism", "hypothyroidism"),
        ("aortic stenosis", "mitral stenosis"),
        ("pleural effusion", "pleural thickening"),
        ("type 1 diabetes", "type 2 diabetes"),
        ("macrocephaly", "microcephaly"),
        ("ileus", "ilium"),
    ],
)
def test_different_things_keep_different_keys(one: str, other: str) -> None:
    cache = WordCache()
    assert normal_name(one, cache).key != normal_name(other, cache).key


@given(st.text(max_size=60))
@example("\U0001d56d")
def test_any_text_has_a_stable_key_that_is_its_own_normal_form_in_case(text: str) -> None:
    cache = WordCache()
    assert normal_name(text, cache) == normal_name(fold(text), cache) == normal_name(text, WordCache())


@given(st.lists(st.sampled_from("acute renal failure chronic pleural effusion left".split()), min_size=1, max_size=6))  # noqa: SIM905
def test_order_does_not_matter(words: list[str]) -> None:
    cache = WordCache()
    assert normal_name(" ".join(words), cache) == normal_name(", ".join(reversed(words)), cache)
