"""Text to coded mentions with the embedded vocabularies."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinigraph.evals.bench.umls_import import note
from clinigraph.evals.linking.reports import ARCHIVE, FOLDER, read_reports, score_reports
from clinigraph.knowledge.terminology.contract import Mention
from clinigraph.knowledge.terminology.embedded import EmbeddedTerminology
from clinigraph.knowledge.terminology.lexicon import load_lexicon
from clinigraph.knowledge.terminology.normal import WordCache, normal_name
from clinigraph.knowledge.terminology.vocabularies import DATA, everyday
from clinigraph.models.codes import Laterality, Scheme

REPORTS = Path(__file__).resolve().parents[5] / "shared" / "data" / FOLDER


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def terms(cache: Path) -> EmbeddedTerminology:
    return EmbeddedTerminology(cache)


def codes(mentions: object) -> set[str]:
    assert isinstance(mentions, tuple)
    return {c.concept.value for m in mentions for c in m.candidates}


def only(terms: EmbeddedTerminology, text: str, words: str) -> Mention:
    found = [m for m in terms.link(text) if m.text == words]
    assert len(found) == 1, [m.text for m in terms.link(text)]
    return found[0]


@pytest.mark.parametrize(
    ("text", "words", "code", "cui"),
    [
        ("Moderate cardiomegaly.", "cardiomegaly", "HP:0001640", "C0018800"),
        ("The heart is mildly enlarged.", "heart is mildly enlarged", "HP:0001640", "C0018800"),
        ("Haematuria today.", "Haematuria", "HP:0000790", "C0018965"),
        ("Large effusion, pleural.", "effusion, pleural", "HP:0002202", "C0032227"),
        ("Marfan syndrome.", "Marfan syndrome", "DOID:14323", "C0024796"),
        ("Open-angle glaucoma.", "Open-angle glaucoma", "DOID:1067", "C0017612"),
        ("Type 2 diabetes mellitus.", "Type 2 diabetes mellitus", "DOID:9352", "C0011860"),
        ("Typhoid meningitis.", "Typhoid meningitis", "A01.01", None),
    ],
)
def test_names_in_text_find_their_concept(
    terms: EmbeddedTerminology, text: str, words: str, code: str, cui: str | None
) -> None:
    mention = next(m for m in terms.link(text) if m.text.startswith(words))
    found = {c.concept.value: c.cui for c in mention.candidates}
    assert found[code] == cui


def test_the_longest_name_wins(terms: EmbeddedTerminology) -> None:
    assert [m.text for m in terms.link("primary open angle glaucoma and chest pain")] == [
        "primary open angle glaucoma",
        "chest pain",
    ]


def test_a_shared_head_names_both(terms: EmbeddedTerminology) -> None:
    assert {"HP:0002202", "HP:0001698"} <= codes(terms.link("No pleural or pericardial effusion."))


@pytest.mark.parametrize(
    ("text", "word", "code"),
    [
        ("MS with demyelinating lesions, treated with interferon.", "MS", "DOID:2377"),
        ("MS with a diastolic murmur over the mitral valve.", "MS", "HP:0001718"),
        ("ASD with a large shunt and a murmur.", "ASD", "HP:0001631"),
        ("ASD with delayed language, seen in the autism clinic.", "ASD", "DOID:0060041"),
    ],
)
def test_abbreviations_are_told_apart_by_their_context(
    terms: EmbeddedTerminology, text: str, word: str, code: str
) -> None:
    assert only(terms, text, word).best.concept.value == code


def test_an_abbreviation_without_context_is_left_alone(terms: EmbeddedTerminology) -> None:
    assert not [m for m in terms.link("RA on the form.") if m.text == "RA"]
    assert not [m for m in terms.link("as ms ra mi") if m.text in ("as", "ms", "ra", "mi")]


def test_an_abbreviation_that_the_text_explains_is_used(terms: EmbeddedTerminology) -> None:
    text = "She has retinitis pigmentosa (RP). RP is progressive."
    meant = [m.best.concept.value for m in terms.link(text) if m.text == "RP"]
    assert meant == [terms.lookup("retinitis pigmentosa")[0].concept.value] * 2


def test_side_comes_with_the_mention(terms: EmbeddedTerminology) -> None:
    text = "Left hydronephrosis and right renal cyst. Bilateral pneumothorax. Ptosis."
    sides = {m.text: m.laterality for m in terms.link(text)}
    assert sides == {
        "hydronephrosis": Laterality.LEFT,
        "renal cyst": Laterality.RIGHT,
        "pneumothorax": Laterality.BILATERAL,
        "Ptosis": Laterality.UNKNOWN,
    }


def test_sections_speak_for_their_sentences(terms: EmbeddedTerminology) -> None:
    text = "Family history:\nGlaucoma. Asthma.\nPast medical history: gout.\nFindings:\nCataract."
    said = {m.text: m.assertion.value for m in terms.link(text)}
    assert said == {"Glaucoma": "family", "Asthma": "family", "gout": "historical", "Cataract": "present"}


def test_every_everyday_word_leads_to_a_concept(cache: Path, terms: EmbeddedTerminology) -> None:
    terms.warm_up()
    lexicon, words = load_lexicon(cache), WordCache()
    lost = [row.name for row in everyday() if normal_name(row.name, words).key not in lexicon.names]
    assert lost == []


def test_concepts_can_be_described(terms: EmbeddedTerminology) -> None:
    entry = terms.describe("HP:0001166", Scheme.HP)
    assert entry is not None
    assert entry.concept.meaning == "Arachnodactyly"
    assert entry.cui == "C0003706"
    assert entry.definition
    assert entry.parents
    assert any(x.startswith("SNOMEDCT_US:") for x in entry.xrefs)
    icd = terms.describe("J90", Scheme.ICD10CM)
    assert icd is not None
    assert "Pleural effusion" in icd.concept.meaning


def test_the_index_is_kept_and_a_damaged_one_is_built_again(
    cache: Path, terms: EmbeddedTerminology, tmp_path: Path
) -> None:
    terms.warm_up()
    kept = next((cache / "terminology").glob("*.json.z"))
    (tmp_path / "terminology").mkdir()
    (tmp_path / "terminology" / kept.name).write_bytes(kept.read_bytes()[:1000])
    again, before = load_lexicon(tmp_path), load_lexicon(cache)
    assert again.names.keys() == before.names.keys()
    assert [tuple(r) for r in again.records] == [tuple(r) for r in before.records]


def test_shipped_tables_are_small() -> None:
    assert sum(f.stat().st_size for f in DATA.iterdir()) < 5_000_000


def test_a_note_of_300_words_is_linked_fast(terms: EmbeddedTerminology) -> None:
    text = note(300)
    terms.link(text)
    times = []
    for _ in range(9):
        begin = time.process_time()
        terms.link(text)
        times.append(time.process_time() - begin)
    assert statistics.median(times) <= 0.05


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
def test_any_text_is_linked_without_harm(terms: EmbeddedTerminology, text: str) -> None:
    for mention in terms.link(text):
        assert text[mention.span.start : mention.span.end] == mention.text


@pytest.mark.data
def test_chest_reports_reach_the_stated_accuracy(terms: EmbeddedTerminology) -> None:
    if not (REPORTS / ARCHIVE).is_file():
        pytest.skip("the chest-film reports are not beside the repository")
    counts = score_reports(read_reports(REPORTS), terms)
    hit, extra, missed = (sum(getattr(c, n) for c in counts.values()) for n in ("hit", "extra", "missed"))
    said = f"hit {hit}, extra {extra}, missed {missed}"
    assert hit / (hit + extra) >= 0.85, said
    assert hit / (hit + missed) >= 0.90, said
