"""Rate and intervals of simulated electrocardiograms with a known rate; refusals of what is no electrocardiogram."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from clinigraph.tools.signals.ecg import EcgRefusal, measure_ecg


def simulated(rate: float) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import neurokit2

        made = neurokit2.ecg_simulate(
            duration=15, sampling_rate=500, heart_rate=rate, noise=0.01, random_state=3, heart_rate_std=1
        )
    return np.asarray(made, dtype=float)


def drawn(hz: int = 250) -> np.ndarray:
    """Beats of 0.8 s, their waves bell curves (height, centre and width in seconds from the R peak)."""
    time = np.arange(0, 12, 1 / hz) % 0.8 - 0.4
    waves = ((0.15, -0.18, 0.025), (-0.1, -0.03, 0.01), (1.0, 0.0, 0.012), (-0.2, 0.03, 0.01), (0.3, 0.3, 0.05))
    return np.sum([height * np.exp(-(((time - centre) / width) ** 2) / 2) for height, centre, width in waves], axis=0)


@pytest.mark.parametrize("rate", [50, 75, 120])
def test_the_rate_of_a_simulated_heart_is_found(rate: int) -> None:
    found = measure_ecg(simulated(rate), 500)
    assert found.rate_bpm.value == pytest.approx(rate, abs=1)
    assert found.rate_bpm.low <= found.rate_bpm.value <= found.rate_bpm.high


def test_intervals_run_between_the_feet_of_the_drawn_waves() -> None:
    """The foot of a bell curve is taken at two and a half widths from its centre."""
    found = measure_ecg(drawn(), 250)
    assert found.rate_bpm.value == pytest.approx(75, abs=0.5)
    assert found.intervals_ms["pr"].value == pytest.approx(1000 * (0.18 + 2.5 * 0.025 - 0.055), abs=20)
    assert found.intervals_ms["qrs"].value == pytest.approx(110, abs=20)
    assert found.intervals_ms["qt"].value == pytest.approx(1000 * (0.3 + 2.5 * 0.05 + 0.055), abs=20)
    assert found.qtc_ms == pytest.approx(found.intervals_ms["qt"].value / 0.8 ** (1 / 3))


@pytest.mark.parametrize(
    ("samples", "hz", "words"),
    [
        (np.zeros(5000), 500, "flat"),
        (np.sin(np.arange(500) / 10), 500, "lasts 1.0 s"),
        (np.full(5000, np.nan), 500, "not numbers"),
        (np.sin(np.arange(5000) / 10), 20, "sampling rate of 20 Hz"),
        (np.ones((2, 5000)), 500, "one lead"),
        (np.random.default_rng(0).normal(size=5000), 500, "noisy|beats"),
    ],
)
def test_what_is_no_electrocardiogram_is_refused_with_the_reason(samples: np.ndarray, hz: float, words: str) -> None:
    with pytest.raises(EcgRefusal, match=words):
        measure_ecg(samples, hz)
