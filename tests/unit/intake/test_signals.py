"""Recordings that a case file names: numpy, CSV, EDF and WFDB, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import CaseInvalid, InputTooLarge, InputUnreadable, InputUnsupported
from clinigraph.intake import read_case
from clinigraph.intake.signal_files import read_lead
from clinigraph.models.case import Case
from clinigraph.settings import Settings

WAVE = np.sin(np.arange(1000) / 7)


def lead_of(path: Path, lead: str | None = None, rate: float | None = None) -> tuple[np.ndarray, float, str]:
    return read_lead(path, lead=lead, rate_hz=rate, limit=10**7, given="given")


def edf(path: Path, labels: tuple[str, ...] = ("ECG II", "ECG V1")) -> None:
    """Ten records of one second at 100 Hz; the second lead is the first one turned round."""

    def fields(width: int, *texts: object) -> str:
        return "".join(str(t).ljust(width) for t in texts)

    n = len(labels)
    head = fields(8, 0) + fields(80, "somebody") * 2 + fields(8, "01.01.26", "00.00.00", 256 * (n + 1))
    head += fields(44, "") + fields(8, 10, 1) + fields(4, n)
    head += fields(16, *labels) + fields(80, *[""] * n) + fields(8, *["mV"] * n)
    for limit in (-5, 5, -32768, 32767):
        head += fields(8, *[limit] * n)
    head += fields(80, *[""] * n) + fields(8, *[100] * n) + fields(32, *[""] * n)
    counts = np.round(WAVE * 32767 / 5).astype("<i2").reshape(10, 100)
    body = np.concatenate([counts if i % 2 == 0 else -counts for i in range(n)], axis=1)
    path.write_bytes(head.encode("ascii") + body.tobytes())


def wfdb(folder: Path, kind: str) -> Path:
    counts = np.round(WAVE * 200).astype(np.int64)
    pair = np.stack([counts, -counts], axis=1).ravel()
    if kind == "16":
        data = pair.astype("<i2").tobytes()
    else:
        a, b = pair[::2] & 0xFFF, pair[1::2] & 0xFFF
        data = np.stack([a & 0xFF, (a >> 8) | ((b >> 8) << 4), b & 0xFF], axis=1).astype(np.uint8).tobytes()
    (folder / "r.dat").write_bytes(data)
    lines = ["# age 61", f"r 2 250 {len(counts)}"]
    lines += [f"r.dat {kind} 200(0)/mV 12 0 0 0 0 {name}" for name in ("MLII", "V5")]
    (folder / "r.hea").write_text("\n".join(lines) + "\n")
    return folder / "r.hea"


def case_of(folder: Path, text: str) -> Case:
    (folder / "case.yaml").write_text(text)
    return read_case([folder], artifacts=ArtifactStore(folder.parent / "store"), settings=Settings())


def test_a_case_holds_the_leads_that_its_file_names(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    np.save(folder / "ecg.npy", WAVE)
    text = "question: Is QT long?\nsignals:\n  - {path: ecg.npy, sampling_rate_hz: 250, lead: II}\n"
    case = case_of(folder, text)
    assert [(s.lead, s.sampling_rate_hz) for s in case.signals] == [("II", 250.0)]
    samples = ArtifactStore(tmp_path / "store").get(case.signals[0].artifact_id)
    assert np.array_equal(samples, WAVE)
    assert not case.images
    np.save(folder / "ecg.npy", -WAVE)
    assert case_of(folder, text).id != case.id


def test_edf_gives_the_lead_in_its_physical_unit(tmp_path: Path) -> None:
    edf(tmp_path / "a.edf")
    samples, rate, lead = lead_of(tmp_path / "a.edf", "ii")
    assert (rate, lead) == (100.0, "ii")
    assert np.allclose(samples, WAVE, atol=1e-3)
    assert np.allclose(lead_of(tmp_path / "a.edf", "V1")[0], -WAVE, atol=1e-3)


@pytest.mark.parametrize("kind", ["16", "212"])
def test_wfdb_gives_millivolts(tmp_path: Path, kind: str) -> None:
    samples, rate, _ = lead_of(wfdb(tmp_path, kind), "V5")
    assert rate == 250.0
    assert np.allclose(samples, -WAVE, atol=5e-3)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_columns_are_leads_and_time_is_none(tmp_path: Path, mark: str) -> None:
    rows = [mark.join(("time", "I", "II"))] + [mark.join((str(i / 100), str(v), str(-v))) for i, v in enumerate(WAVE)]
    (tmp_path / "a.csv").write_text("\n".join(rows))
    samples, rate, lead = lead_of(tmp_path / "a.csv", "II", 100)
    assert (rate, lead) == (100.0, "II")
    assert np.allclose(samples, -WAVE)


def test_several_leads_want_a_name(tmp_path: Path) -> None:
    edf(tmp_path / "a.edf")
    with pytest.raises(CaseInvalid, match="several leads"):
        lead_of(tmp_path / "a.edf")
    with pytest.raises(CaseInvalid, match="no such lead"):
        lead_of(tmp_path / "a.edf", "V6")


def test_no_time_without_a_sampling_rate(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", WAVE)
    with pytest.raises(CaseInvalid, match="no sampling rate"):
        lead_of(tmp_path / "a.npy")


def test_two_sampling_rates_that_differ_are_refused(tmp_path: Path) -> None:
    edf(tmp_path / "a.edf")
    with pytest.raises(CaseInvalid, match="100 Hz, the case file 250 Hz"):
        lead_of(tmp_path / "a.edf", "II", 250)


def test_damaged_and_strange_files_are_refused(tmp_path: Path) -> None:
    edf(tmp_path / "a.edf")
    whole = (tmp_path / "a.edf").read_bytes()
    (tmp_path / "cut.edf").write_bytes(whole[:900])
    (tmp_path / "words.csv").write_text("II\n1\nnothing\n")
    np.save(tmp_path / "grid.npy", np.zeros((3, 3)))
    wfdb(tmp_path, "16")
    (tmp_path / "away.hea").write_text("a 1 250 10\n../b.dat 16 200 12 0 0 0 0 II\n")
    for name in ("cut.edf", "words.csv", "grid.npy", "away.hea"):
        with pytest.raises(InputUnreadable):
            lead_of(tmp_path / name, None, 100)
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(InputUnsupported):
        lead_of(tmp_path / "a.wav", None, 100)
    with pytest.raises(InputTooLarge):
        read_lead(tmp_path / "a.edf", lead="II", rate_hz=None, limit=100, given="given")


def test_objects_in_a_numpy_file_are_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputUnreadable):
        lead_of(tmp_path / "a.npy", None, 100)
