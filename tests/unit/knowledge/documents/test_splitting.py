"""Splitting: exact spans, whole sentences, sections kept apart, stable ids."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clinigraph.knowledge.documents.blocks import Block, Document, clean_text
from clinigraph.knowledge.documents.language import guess_language
from clinigraph.knowledge.documents.splitting import (
    MAX_CHARS,
    document_source,
    normalised_text,
    source_id,
    split,
)
from clinigraph.models.passages import Passage, Trust

SENTENCE = "The optic disc is looked at in every examination of the eye. "


def passages_of(*blocks: Block, title: str = "A document") -> tuple[Passage, ...]:
    document = Document(title, blocks)
    source = document_source(document, title="file", trust=Trust.UNSIGNED, specialty=None, language="en")
    return split(document, source)


def test_headings_become_the_path_and_bound_passages() -> None:
    found = passages_of(
        Block("Eye", 1),
        Block("One."),
        Block("Disc", 2),
        Block("Two."),
        Block("Heart", 1),
        Block("Three."),
        Block("Four."),
    )
    assert [(p.section, p.text) for p in found] == [
        ("Eye", "One."),
        ("Eye › Disc", "Two."),
        ("Heart", "Three.\nFour."),
    ]


def test_text_without_heading_stands_under_the_title() -> None:
    assert passages_of(Block("Words."))[0].section == "A document"


def test_pages_are_kept_apart() -> None:
    found = passages_of(Block("One.", page=1), Block("Two.", page=2))
    assert [(p.page, p.text) for p in found] == [(1, "One."), (2, "Two.")]


def test_long_sections_are_cut_between_sentences() -> None:
    found = passages_of(Block((SENTENCE * 40).strip()))
    assert len(found) > 2
    assert all(p.text.startswith("The optic") and p.text.endswith("eye.") for p in found)


_BLOCKS = st.lists(
    st.builds(
        Block,
        text=st.text("ab .!?;ÄZ9", min_size=1, max_size=3000).map(clean_text).filter(bool),
        level=st.integers(0, 3),
        page=st.none() | st.integers(1, 3),
    ),
    min_size=1,
    max_size=6,
)


@given(_BLOCKS)
def test_spans_are_exact_and_nothing_is_lost(blocks: list[Block]) -> None:
    text = normalised_text(Document("A document", tuple(blocks)))
    found = passages_of(*blocks)
    covered = 0
    for passage in found:
        assert text[passage.span.start : passage.span.end] == passage.text
        assert passage.span.start >= covered
        assert len(passage.text) <= MAX_CHARS
        covered = passage.span.end
    letters = "".join("".join(p.text.split()) for p in found)
    assert letters == "".join("".join(b.text.split()) for b in blocks if b.level == 0)


def test_ids_are_stable_and_follow_the_content() -> None:
    one, same, other = passages_of(Block("Words.")), passages_of(Block("Words.")), passages_of(Block("Word."))
    assert one == same
    assert one[0].id == f"doc-{source_id(Document('A document', (Block('Words.'),)))[:16]}#0000"
    assert one[0].id != other[0].id


def test_languages_are_told_apart() -> None:
    samples = {
        "en": SENTENCE * 3,
        "de": "Die Papille wird bei jeder Untersuchung des Auges angesehen, und der Druck ist auch zu messen.",
        "fr": "La papille est examinée à chaque visite et la pression dans les yeux est mesurée par le médecin.",
        "es": "La papila se examina en cada visita y la presión de los ojos es medida por el médico.",
    }
    assert {language: guess_language(text) for language, text in samples.items()} == {k: k for k in samples}
    assert guess_language("Глаукома это болезнь глаз") == "und"
    assert guess_language("") == "und"
