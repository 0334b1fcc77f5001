"""Import of a UMLS release: what is kept, what is refused, what survives a kill."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clinigraph.errors import InputUnreadable, KnowledgeError
from clinigraph.evals.bench.umls_import import write_release
from clinigraph.knowledge.terminology.umls import rrf
from clinigraph.knowledge.terminology.umls.importer import ImportOptions, import_umls
from clinigraph.knowledge.terminology.umls.store import UmlsTerminology
from clinigraph.models.codes import Scheme


def conso(
    cui: str, name: str, *, lat: str = "ENG", sab: str = "SNOMEDCT_US", suppress: str = "N", pref: bool = True
) -> str:
    ts, stt, ispref = ("P", "PF", "Y") if pref else ("S", "VO", "N")
    return f"{cui}|{lat}|{ts}|L1|{stt}|S1|{ispref}|A1||1||{sab}|PT|123|{name}|0|{suppress}|256|\n"


def rel(one: str, kind: str, two: str, rela: str = "", suppress: str = "N") -> str:
    return f"{one}|A1|AUI|{kind}|{two}|A2|AUI|{rela}|R1||SNOMEDCT_US|SNOMEDCT_US||N|{suppress}|4096|\n"


@pytest.fixture
def meta(tmp_path: Path) -> Path:
    folder = tmp_path / "META"
    folder.mkdir()
    (folder / "MRCONSO.RRF").write_text(
        conso("C0000001", "Myocardial infarction")
        + conso("C0000001", "Heart attack", pref=False)
        + conso("C0000001", "Infarto de miocardio", lat="SPA")
        + conso("C0000001", "Old wording", suppress="O", pref=False)
        + conso("C0000002", "Ischaemic heart disease")
        + conso("C0000003", "Heart disease", sab="MSH")
        + conso("C0000004", "Troponin"),
        encoding="utf-8",
    )
    (folder / "MRSTY.RRF").write_text(
        "".join(f"C000000{n}|T047|B2|Disease or Syndrome|AT{n}|256|\n" for n in (1, 2, 3))
        + "C0000004|T116|A1|Amino Acid, Peptide, or Protein|AT4|256|\n",
        encoding="utf-8",
    )
    (folder / "MRDEF.RRF").write_text("C0000001|A1|AT1||NCI|Death of heart muscle.|N|256|\n", encoding="utf-8")
    (folder / "MRREL.RRF").write_text(
        rel("C0000001", "PAR", "C0000002", "inverse_isa")
        + rel("C0000002", "PAR", "C0000003", "inverse_isa")
        + rel("C0000001", "RO", "C0000004", "has_finding")
        + rel("C0000001", "RO", "C0000003", "obsolete", suppress="O")
        + rel("C0000001", "SY", "C0000001"),
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def terms(meta: Path, tmp_path: Path) -> UmlsTerminology:
    import_umls(meta, tmp_path / "umls.sqlite")
    return UmlsTerminology(tmp_path / "umls.sqlite")


def test_names_types_definition_and_codes_are_kept(terms: UmlsTerminology) -> None:
    entry = terms.describe("C0000001", Scheme.UMLS)
    assert entry is not None
    assert entry.concept.meaning == "Myocardial infarction"
    assert entry.synonyms == ("Heart attack",)
    assert entry.definition == "Death of heart muscle."
    assert entry.semantic_types == ("T047 Disease or Syndrome",)
    assert entry.parents == ("C0000002",)
    assert entry.xrefs == ("SNOMEDCT_US:123",)


@pytest.mark.parametrize("name", ["heart attack", "Attacks, heart", "MYOCARDIAL INFARCTION", "ischemic heart disease"])
def test_lookup_sees_through_order_plural_and_spelling(terms: UmlsTerminology, name: str) -> None:
    assert terms.lookup(name)


def test_other_languages_and_suppressed_atoms_are_out(terms: UmlsTerminology) -> None:
    assert not terms.lookup("Infarto de miocardio")
    assert not terms.lookup("Old wording")


def test_languages_and_sources_can_be_chosen(meta: Path, tmp_path: Path) -> None:
    target = tmp_path / "other.sqlite"
    import_umls(meta, target, ImportOptions(languages=("SPA", "ENG"), sources=("SNOMEDCT_US",)))
    terms = UmlsTerminology(target)
    assert terms.lookup("infarto de miocardio")
    assert not terms.lookup("heart disease")


def test_relations_lead_two_hops_with_their_grounds(terms: UmlsTerminology) -> None:
    paths = {p.end: p for p in terms.neighbours("C0000001")}
    assert set(paths) == {"C0000002", "C0000003", "C0000004"}
    assert [s.rel for s in paths["C0000003"].steps] == ["PAR", "PAR"]
    between = terms.path_between("C0000001", "C0000003")
    assert between is not None
    assert [s.to_cui for s in between.steps] == ["C0000002", "C0000003"]
    assert terms.path_between("C0000003", "C0000004") is None


def test_linking_keeps_disorders_only(terms: UmlsTerminology) -> None:
    mentions = terms.link("No heart attack; troponin normal.")
    assert [(m.text, m.best.cui, m.assertion.value) for m in mentions] == [("heart attack", "C0000001", "absent")]


def test_full_text_search_finds_all_words(terms: UmlsTerminology) -> None:
    assert {c.cui for c in terms.search("heart disease")} == {"C0000003", "C0000002"}
    assert list(terms.search('"; DROP TABLE atom; --')) == []


def test_missing_tables_are_all_named(meta: Path, tmp_path: Path) -> None:
    (meta / "MRREL.RRF").unlink()
    (meta / "MRSTY.RRF").unlink()
    with pytest.raises(InputUnreadable, match=r"MRSTY\.RRF, MRREL\.RRF"):
        import_umls(meta, tmp_path / "x.sqlite")
    with pytest.raises(InputUnreadable, match="no such folder"):
        import_umls(tmp_path / "nowhere", tmp_path / "x.sqlite")


@pytest.mark.parametrize(
    ("table", "tail", "message"),
    [
        ("MRCONSO.RRF", b"C0000009|ENG|P|\n", r"MRCONSO\.RRF, line 8: 3 where 18 are due"),
        ("MRREL.RRF", b"C0000001|A1|AUI|PA", r"MRREL\.RRF, line 6"),
        ("MRSTY.RRF", b"C0000001|T\xff\xfe|B2|x|AT|256|\n", r"MRSTY\.RRF, line 5"),
    ],
    ids=["wrong-columns", "truncated", "not-utf8"],
)
def test_a_damaged_table_is_named_with_its_line_and_the_old_file_stays(
    meta: Path, tmp_path: Path, table: str, tail: bytes, message: str
) -> None:
    target = tmp_path / "umls.sqlite"
    import_umls(meta, target)
    before = target.read_bytes()
    path = meta / table
    path.write_bytes(path.read_bytes() + tail)
    with pytest.raises(InputUnreadable, match=message):
        import_umls(meta, target)
    assert target.read_bytes() == before


def test_a_file_of_another_version_is_refused(terms: UmlsTerminology, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "umls.sqlite") as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(KnowledgeError, match="another version"):
        terms.lookup("heart attack")


def test_no_import_yet_is_said(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="umls import"):
        UmlsTerminology(tmp_path / "umls.sqlite").lookup("x")


def test_filters_that_leave_nothing_are_refused(meta: Path, tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="No name is left"):
        import_umls(meta, tmp_path / "x.sqlite", ImportOptions(sources=("NOSUCH",)))


def _contents(path: Path) -> list[list[tuple[object, ...]]]:
    db = sqlite3.connect(path)
    try:
        words = "SELECT id, text FROM word ORDER BY id"
        tables = [f"SELECT * FROM {t} ORDER BY rowid" for t in ("atom", "semantic", "definition", "relation")]  # noqa: S608
        text = "SELECT rowid FROM atom_text WHERE atom_text MATCH 'renal' ORDER BY rowid"
        return [db.execute(query).fetchall() for query in (words, *tables, text)]
    finally:
        db.close()


class _StopHere(Exception):
    pass


def test_an_import_that_stops_anywhere_resumes_to_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rrf, "CHUNK_BYTES", 20_000)
    write_release(tmp_path / "META", 2000)
    import_umls(tmp_path / "META", tmp_path / "whole.sqlite")
    target, chance, stops = tmp_path / "broken.sqlite", random.Random(3), 0  # noqa: S311 - not a secret
    while not target.exists():
        left = chance.randint(3, 20)

        def stop_soon(name: str, done: int, total: int) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise _StopHere

        try:
            summary = import_umls(tmp_path / "META", target, progress=stop_soon)
        except _StopHere:
            stops += 1
            assert not target.exists()
    assert summary.resumed
    assert stops >= 2
    assert _contents(target) == _contents(tmp_path / "whole.sqlite")


@pytest.mark.slow
def test_a_killed_import_resumes_to_the_same_file(tmp_path: Path) -> None:
    write_release(tmp_path / "META", 150_000)
    import_umls(tmp_path / "META", tmp_path / "whole.sqlite")
    target = tmp_path / "killed.sqlite"
    code = (
        "import sys; from pathlib import Path; from clinigraph.knowledge.terminology.umls.importer import import_umls;"
        "import_umls(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "META"), str(target)], env=dict(os.environ))
    part = target.with_name(target.name + ".part")
    while not (part.exists() and part.stat().st_size > 2_000_000) and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not target.exists()
    assert import_umls(tmp_path / "META", target).resumed
    assert _contents(target) == _contents(tmp_path / "whole.sqlite")
