"""Rate and intervals of one electrocardiogram lead, with neurokit2 (Makowski et al. 2021).

Pure functions on samples; `measure_ecg` is what the tool `ecg_measures` and callers of the SDK use.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RATE_HZ = (100.0, 5000.0)
"""Sampling rates at which beats and waves can be told."""
_LEAST_S, _MOST_S = 5.0, 3600.0
_LEAST_BEATS = 4
_QUALITY = 0.8
"""Mean correlation of the beats with their mean shape below which nothing is measured (our choice).

Peaks of white noise, lined up, reach 0.5; simulated beats pass.
"""
_BEAT_S = 0.12
"""Half-width of a beat that is compared, in seconds."""
_PLAUSIBLE_MS = {"pr": (60.0, 400.0), "qrs": (40.0, 250.0), "qt": (200.0, 700.0)}
_BETWEEN = {
    "pr": ("ECG_P_Onsets", "ECG_R_Onsets"),
    "qrs": ("ECG_R_Onsets", "ECG_R_Offsets"),
    "qt": ("ECG_R_Onsets", "ECG_T_Offsets"),
}


class EcgRefusal(ValueError):
    """The signal cannot be measured; the message says why in words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A median over beats with the range of its middle 80 %."""

    value: float
    low: float
    high: float
    beats: int


@dataclass(frozen=True, slots=True)
class Ecg:
    """What one lead gives."""

    rate_bpm: Reading
    intervals_ms: Mapping[str, Reading]
    """``pr``, ``qrs``, ``qt`` where enough beats carry them."""
    seconds: float

    @property
    def qtc_ms(self) -> float | None:
        """QT over the cube root of the RR interval in seconds (Fridericia 1920)."""
        qt = self.intervals_ms.get("qt")
        return qt.value / (60 / self.rate_bpm.value) ** (1 / 3) if qt is not None else None


def measure_ecg(samples: Sequence[float] | Floats, sampling_rate_hz: float) -> Ecg:
    """Measure one lead.

    Args:
        samples: ``(N,)`` voltages in any linear unit.
        sampling_rate_hz: Samples a second.

    Raises:
        EcgRefusal: Too short, flat, not numbers, an impossible sampling rate, or too noisy to tell beats.
    """
    signal = _checked(np.asarray(samples, dtype=np.float64), sampling_rate_hz)
    rate = round(sampling_rate_hz)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # neurokit2 warns of its own imports and of beats at the ends
        import neurokit2

        clean = np.asarray(neurokit2.ecg_clean(signal, sampling_rate=rate), dtype=np.float64)
        _, found = neurokit2.ecg_peaks(clean, sampling_rate=rate)
        peaks = np.asarray(found["ECG_R_Peaks"], dtype=np.int64)
        _check_beats(clean, peaks, sampling_rate_hz)
        _, waves = neurokit2.ecg_delineate(clean, peaks, sampling_rate=rate, method="dwt")
    beats = 60 * sampling_rate_hz / np.diff(peaks)
    readings = {name: _interval(waves, name, sampling_rate_hz) for name in _BETWEEN}
    return Ecg(_reading(beats), {n: r for n, r in readings.items() if r is not None}, signal.size / sampling_rate_hz)


def _checked(signal: Floats, rate: float) -> Floats:
    if not math.isfinite(rate) or not RATE_HZ[0] <= rate <= RATE_HZ[1]:
        raise EcgRefusal(f"a sampling rate of {rate:g} Hz lies outside {RATE_HZ[0]:g} to {RATE_HZ[1]:g} Hz")
    if signal.ndim != 1:
        raise EcgRefusal("one lead is needed, a row of samples")
    seconds = signal.size / rate
    if not _LEAST_S <= seconds <= _MOST_S:
        raise EcgRefusal(f"the signal lasts {seconds:.1f} s; {_LEAST_S:g} to {_MOST_S:g} s are needed")
    if not np.isfinite(signal).all():
        raise EcgRefusal("the signal holds values that are not numbers")
    if float(np.ptp(signal)) <= 1e-9 or float(np.median(np.abs(np.diff(signal)))) == 0.0:
        raise EcgRefusal("the signal is flat")
    return signal


def _check_beats(clean: Floats, peaks: NDArray[np.int64], rate: float) -> None:
    """Refuse when there are too few beats, or when the beats do not look alike."""
    half = round(_BEAT_S * rate)
    inner = [p for p in peaks if half <= p < clean.size - half]
    if len(inner) < _LEAST_BEATS:
        raise EcgRefusal(f"only {len(inner)} beats were found; {_LEAST_BEATS} are needed")
    beats = np.stack([clean[p - half : p + half] for p in inner])
    mean = beats.mean(axis=0)
    likeness = float(np.mean([np.corrcoef(beat, mean)[0, 1] for beat in beats]))
    if not likeness >= _QUALITY:
        raise EcgRefusal(f"the signal is too noisy: its beats resemble each other by {likeness:.2f} only")


def _interval(waves: Mapping[str, Sequence[float]], name: str, rate: float) -> Reading | None:
    first, last = _BETWEEN[name]
    gaps = 1000 * (np.asarray(waves[last], dtype=float) - np.asarray(waves[first], dtype=float)) / rate
    low, high = _PLAUSIBLE_MS[name]
    kept = gaps[np.isfinite(gaps) & (gaps >= low) & (gaps <= high)]
    return _reading(kept) if kept.size >= max(_LEAST_BEATS - 1, gaps.size // 2) else None


def _reading(values: Floats) -> Reading:
    low, middle, high = (float(v) for v in np.percentile(values, (10, 50, 90)))
    return Reading(middle, low, high, int(values.size))
