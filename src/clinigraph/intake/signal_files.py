"""Recordings over time that a case file names: numpy, CSV, EDF and WFDB files -> one lead with its sampling rate.

Only samples, labels and rates are read; the patient fields and comments of EDF and WFDB headers are skipped.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import CaseInvalid, InputTooLarge, InputUnreadable, InputUnsupported

Floats = NDArray[np.float64]
_TIMES = {"time", "t", "s", "ms", "sec", "seconds", "time_s", "time_ms", "index", "sample", "samples"}
_EDF_FIXED, _EDF_EACH = 256, 256
_EDF_WIDTHS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
"""Label, transducer, dimension, physical and digital limits (4), prefilter, samples a record, reserved (Kemp 1992)."""
_RATES_AGREE = 1e-3


@dataclass(frozen=True, slots=True)
class Recording:
    """The leads of one file."""

    leads: dict[str, Floats]
    """Label to ``(N,)`` samples, in the file's order."""
    rates_hz: dict[str, float]
    """Label to samples a second, where the file states them."""


def read_lead(
    path: Path, *, lead: str | None, rate_hz: float | None, limit: int, given: str
) -> tuple[Floats, float, str]:
    """Return samples ``(N,)``, samples a second and the name of the lead.

    Args:
        path: ``.npy``, ``.csv``, ``.txt``, ``.edf``, or ``.hea`` with its ``.dat`` beside it.
        lead: Which one, where the file holds several.
        rate_hz: Samples a second as the user states them; needed where the file does not.
        limit: Most bytes.
        given: The path as the user typed it, for messages.

    Raises:
        CaseInvalid: The lead is not there or not named, or the sampling rate is missing or contradicts the file.
        InputUnreadable: The file is cut short or not what its name says.
        InputUnsupported: A format that is not read.
        InputTooLarge: The file is over the limit.
    """
    recording = _read(path, limit, given)
    label = _chosen(recording, lead, given)
    samples, stated = recording.leads[label], recording.rates_hz.get(label)
    if stated is None and rate_hz is None:
        todo = "Write sampling_rate_hz beside the path; without it no time can be stated."
        raise CaseInvalid("The recording states no sampling rate", given=given, todo=todo)
    if stated is not None and rate_hz is not None and abs(stated / rate_hz - 1) > _RATES_AGREE:
        raise CaseInvalid(
            f"The file says {stated:g} Hz, the case file {rate_hz:g} Hz",
            given=given,
            todo="Leave sampling_rate_hz out, or correct it.",
        )
    name = lead or _plain(label) or "unknown"
    return samples, float(stated if stated is not None else rate_hz or 0.0), name


def _read(path: Path, limit: int, given: str) -> Recording:
    readers = {".npy": _npy, ".csv": _csv, ".txt": _csv, ".tsv": _csv, ".edf": _edf, ".hea": _wfdb}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputUnsupported(
            "This kind of recording is not read", given=given, todo=f"Give one of: {', '.join(sorted(readers))}."
        )
    try:
        recording = reader(path, _bytes(path, limit, given), limit)
    except (OSError, ValueError, IndexError, UnicodeDecodeError) as error:
        raise InputUnreadable(
            "The recording cannot be read", given=given, todo="Check that the file is whole and what its name says."
        ) from error
    if not recording.leads or any(s.size == 0 for s in recording.leads.values()):
        raise InputUnreadable("The recording holds no samples", given=given, todo="Export it again.")
    return recording


def _bytes(path: Path, limit: int, given: str) -> bytes:
    if path.stat().st_size > limit:
        raise InputTooLarge(
            f"The recording has more than {limit / 2**20:.0f} MiB",
            given=given,
            todo="Cut out the part that is meant, or raise CLINIGRAPH_MAX_DECODED_BYTES.",
        )
    return path.read_bytes()


def _chosen(recording: Recording, lead: str | None, given: str) -> str:
    labels = list(recording.leads)
    if lead is None:
        if len(labels) == 1:
            return labels[0]
        raise CaseInvalid("The recording holds several leads", given=given, todo=f"Write lead: one of {_list(labels)}.")
    fitting = [label for label in labels if _plain(label).lower() == _plain(lead).lower()]
    if fitting:
        return fitting[0]
    if len(labels) == 1 and labels[0] == "":
        return ""
    raise CaseInvalid("The recording has no such lead", given=given, todo=f"Write lead: one of {_list(labels)}.")


def _list(labels: Sequence[str]) -> str:
    return ", ".join(_plain(label) or "?" for label in labels[:12])


def _plain(label: str) -> str:
    """Return a label without ``ECG`` before it and without what is no letter or digit."""
    return re.sub(r"[^A-Za-z0-9]", "", re.sub(r"^\s*(ecg|ekg)[\s_-]+", "", label, flags=re.IGNORECASE))[:12]


def _npy(path: Path, data: bytes, limit: int) -> Recording:
    del path, limit
    array = np.load(io.BytesIO(data), allow_pickle=False)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
        raise ValueError("one row of real numbers is needed")
    return Recording({"": array.astype(np.float64)}, {})


def _csv(path: Path, data: bytes, limit: int) -> Recording:
    del path, limit
    text = data.decode("utf-8-sig")
    first = text.splitlines()[0]
    mark = next((m for m in "\t;," if m in first), ",")
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=mark) if any(cell.strip() for cell in row)]
    named = not all(_is_number(cell) for cell in rows[0])
    names = [cell.strip() for cell in rows[0]] if named else [""] * len(rows[0])
    table = np.array([[float(cell) for cell in row] for row in rows[named:]], dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(names):
        raise ValueError("rows of different length")
    if not named:
        names = [f"column{n}" if len(names) > 1 else "" for n in range(1, len(names) + 1)]
    return Recording({n: table[:, i] for i, n in enumerate(names) if n.lower() not in _TIMES}, {})


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _edf(path: Path, data: bytes, limit: int) -> Recording:
    """European Data Format (Kemp 1992), 16 bits, continuous."""
    del path, limit
    if data[:8].strip() != b"0" or data[192:197] == b"EDF+D":
        raise ValueError("no continuous EDF file")
    records, seconds, count = int(data[236:244]), float(data[244:252]), int(data[252:256])
    if not 0 < count < 1000 or seconds <= 0 or records < 1:
        raise ValueError("impossible header")
    fields: list[list[str]] = []
    place = _EDF_FIXED
    for width in _EDF_WIDTHS:
        block = data[place : place + width * count].decode("latin-1")
        fields.append([block[i * width : (i + 1) * width].strip() for i in range(count)])
        place += width * count
    samples = [int(n) for n in fields[8]]
    body = np.frombuffer(data[_EDF_FIXED + _EDF_EACH * count :], dtype="<i2")
    grid = body[: records * sum(samples)].reshape(records, sum(samples))
    leads: dict[str, Floats] = {}
    rates: dict[str, float] = {}
    start = 0
    for label, low, high, least, most, size in zip(fields[0], *fields[3:7], samples, strict=True):
        part = grid[:, start : start + size].ravel().astype(np.float64)
        start += size
        if label == "EDF Annotations":
            continue
        scale = (float(high) - float(low)) / (float(most) - float(least))
        leads[label] = float(low) + (part - float(least)) * scale
        rates[label] = size / seconds
    return Recording(leads, rates)


def _wfdb(path: Path, data: bytes, limit: int) -> Recording:
    """WFDB header with one signal file beside it, formats 16 and 212 (Goldberger 2000)."""
    lines = [line for line in data.decode("latin-1").splitlines() if line.strip() and not line.startswith("#")]
    head, signals = lines[0].split(), [line.split(maxsplit=8) for line in lines[1:]]
    count, rate = int(head[1]), float(re.split(r"[/(]", head[2])[0])
    files, formats = {s[0] for s in signals[:count]}, {s[1] for s in signals[:count]}
    if len(signals) < count or len(files) != 1 or len(formats) != 1:
        raise ValueError("several signal files or formats")
    name = files.pop()
    if Path(name).name != name or name == "-":
        raise ValueError("the signal file must lie beside the header")
    target = path.parent / name
    if not target.resolve().is_relative_to(path.parent.resolve()) or target.stat().st_size > limit:
        raise ValueError("the signal file leads away or is too large")
    values = _packed(target.read_bytes(), formats.pop())
    grid = values[: values.size // count * count].reshape(-1, count)
    leads = {}
    for index, line in enumerate(signals[:count]):
        gain, baseline = _gain(line)
        leads[line[8].strip() if len(line) > 8 else f"lead{index + 1}"] = (grid[:, index] - baseline) / gain
    return Recording(leads, dict.fromkeys(leads, rate))


def _packed(data: bytes, kind: str) -> Floats:
    if kind == "16":
        values = np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.float64)
        return np.where(values == -(2**15), np.nan, values)
    if kind != "212":
        raise ValueError("only formats 16 and 212 are read")
    triples = np.frombuffer(data[: len(data) // 3 * 3], dtype=np.uint8).reshape(-1, 3).astype(np.int64)
    first = triples[:, 0] | (triples[:, 1] & 0x0F) << 8
    second = triples[:, 2] | (triples[:, 1] & 0xF0) << 4
    counts = np.stack([first, second], axis=1).ravel()
    signed = np.where(counts >= 2**11, counts - 2**12, counts).astype(np.float64)
    return np.where(signed == -(2**11), np.nan, signed)


def _gain(line: Sequence[str]) -> tuple[float, float]:
    """Return the units a millivolt (200 where it says 0 or nothing) and the value of 0 mV."""
    match = re.match(r"([-+.\deE]+)?(?:\(([-+]?\d+)\))?", line[2]) if len(line) > 2 else None
    gain = float(match[1]) if match and match[1] else 0.0
    zero = float(line[4]) if len(line) > 4 else 0.0
    return gain or 200.0, float(match[2]) if match and match[2] else zero
