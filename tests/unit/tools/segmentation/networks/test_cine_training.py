"""Training of the cine network: folds, batches, and what the loss may look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from clinigraph.tools.segmentation.networks.cine import SIZE
from clinigraph.tools.segmentation.training.cine_batches import FIRST, LAST, SECOND, CineTask, Stage, cine_loss
from clinigraph.tools.segmentation.training.cine_data import CACHE, CineCache, list_patients, list_slices
from clinigraph.tools.segmentation.training.cine_measure import Row as MeasuredRow
from clinigraph.tools.segmentation.training.cine_measure import half_widths
from clinigraph.tools.segmentation.training.cine_quantities import QUANTITIES, called, error_of, quantities

DATA = Path(__file__).parents[6] / "shared" / "data"


def cache() -> CineCache:
    """Four slices of a ring, two with the cavity alone labelled, two of something else."""
    y, x = np.mgrid[:CACHE, :CACHE]
    radius = np.hypot(y - 140, x - 120)
    label = np.where(radius <= 20, 1, np.where(radius <= 32, 2, 0)).astype(np.uint8)
    labels = torch.from_numpy(np.stack([label] * 4 + [(label == 1).astype(np.uint8)] * 2 + [label * 0] * 2))
    pixels = (labels * 80).byte()
    index = torch.arange(8)
    flags = torch.tensor([False] * 4 + [True] * 2 + [False] * 2)
    heart = torch.tensor([True] * 6 + [False] * 2)
    centres = torch.tensor([[120 / 128 - 1, 140 / 128 - 1]]).repeat(8, 1)
    return CineCache(pixels, labels, torch.stack([index, index], 1), flags, heart, centres, torch.full((8,), 0.25))


@pytest.mark.parametrize("stage", [FIRST, SECOND, LAST])
def test_a_batch_holds_each_kind_and_labels_fit_the_pixels(stage: Stage) -> None:
    image, label, cavity_only = CineTask(cache(), 12, stage).draw(torch.Generator().manual_seed(1))
    assert image.shape == (12, 3, SIZE, SIZE)
    assert label.shape == (12, SIZE, SIZE)
    assert cavity_only.sum() == 2
    assert not label[-1].any()
    inside = label[:9] == 1
    assert inside.flatten(1).any(dim=1).float().mean() > 0.8
    assert (image[:9, 1][inside] * 255 / 80 - 1).abs().mean() < 0.2


def test_the_same_seed_draws_the_same_batch() -> None:
    draws = [CineTask(cache(), 6, SECOND).draw(torch.Generator().manual_seed(3))[0] for _ in range(2)]
    assert torch.equal(*draws)


def test_where_only_the_cavity_is_labelled_the_rest_is_not_judged() -> None:
    label = torch.zeros((1, 16, 16), dtype=torch.long)
    label[0, 4:9, 4:9] = 1
    muscle, none = torch.zeros((1, 4, 16, 16)), torch.zeros((1, 4, 16, 16))
    muscle[:, 2] = none[:, 0] = 9.0
    for logits in (muscle, none):
        logits[:, :, 4:9, 4:9] = 0
        logits[:, 1, 4:9, 4:9] = 9.0
    partly, fully = torch.tensor([True]), torch.tensor([False])
    assert float(cine_loss(muscle, label, partly)) == pytest.approx(float(cine_loss(none, label, partly)), abs=1e-3)
    assert float(cine_loss(muscle, label, fully)) > float(cine_loss(none, label, fully)) + 1


def test_what_is_uncertain_is_drawn_larger_for_dice_and_as_often_as_it_is_there_without() -> None:
    # Round a sure core each place of a rim is cavity in two of five readings: which share of cavity there costs least?
    label = torch.zeros((5, 24, 24), dtype=torch.long)
    label[:, 10:14, 10:14] = 1
    rim = torch.zeros((24, 24), dtype=torch.bool)
    rim[8:16, 8:16] = True
    rim[10:14, 10:14] = False
    label[:, rim] = ((torch.arange(5)[:, None] + torch.arange(int(rim.sum()))) % 5 < 2).long()
    shares = torch.linspace(0.05, 0.95, 19)

    def cheapest(overlap: float) -> float:
        costs = []
        for share in shares:
            logits = torch.full((5, 4, 24, 24), -12.0)
            logits[:, 0] = 12.0
            logits[:, :2, 10:14, 10:14] = torch.tensor([-12.0, 12.0])[:, None, None]
            logits[:, 0, rim], logits[:, 1, rim] = torch.log(1 - share), torch.log(share)
            costs.append(float(cine_loss(logits, label, torch.zeros(5, dtype=torch.bool), overlap)))
        return float(shares[int(np.argmin(costs))])

    assert cheapest(LAST.overlap) == pytest.approx(0.4, abs=0.01)
    assert cheapest(20.0) > 0.7


def masks(inner: float) -> tuple[np.ndarray, ...]:
    y, x = np.mgrid[:96, :96]
    radius = np.hypot(y - 48, x - 56)
    right = (np.hypot(y - 48, x - 22) <= inner) & (radius > 28)
    planes = (radius <= inner, (radius > inner) & (radius <= 28), right)
    return tuple(np.stack([plane] * 5) for plane in planes)


def test_quantities_need_no_spacing_and_give_a_pattern() -> None:
    found = quantities(masks(20), masks(13))
    assert set(found) == set(QUANTITIES)
    assert found["left_ventricular_ejection_fraction"] == pytest.approx(100 * (1 - 169 / 400), abs=2)
    assert called(found)
    assert quantities(tuple(m & False for m in masks(20)), masks(13)) == {}
    assert called({}) == ""


def heart(number: int, error: float, confidence: float = 1.0) -> MeasuredRow:
    """A patient with the same error in every quantity."""
    overlap = (1.0, 1.0, 1.0)
    errors = dict.fromkeys(QUANTITIES, error)
    return MeasuredRow("r", str(number), "NOR", "plain", (1.0, confidence), (overlap, overlap), errors, "", 60.0)


def test_the_stated_error_is_the_one_of_the_rank_that_split_conformal_asks_for() -> None:
    rows = [heart(n, n / 10 * (-1) ** n) for n in range(1, 21)]  # rank ceil(21 * 0.9) = 19 of 20
    assert half_widths(rows)["muscle_over_cavity"] == {"halfwidth": 1.9, "level": 0.9, "n": 20}


def test_a_heart_that_was_refused_has_no_part_in_the_stated_error() -> None:
    rows = [heart(n, n / 10) for n in range(1, 21)]
    assert half_widths([*rows, heart(21, 99.0, confidence=0.0)]) == half_widths(rows)


@pytest.mark.parametrize(
    ("name", "mine", "truth", "error"),
    [
        ("left_ventricular_ejection_fraction", 50.0, 60.0, -10.0),
        ("left_ventricular_ejection_fraction", None, 60.0, 100.0),
        ("myocardial_mass_share", 110.0, 100.0, 0.1),
        ("myocardial_mass_share", None, 100.0, 1.0),
        ("right_over_left", 1.25, 1.0, 0.25),
    ],
)
def test_an_error_is_of_the_kind_of_its_quantity(name: str, mine: float | None, truth: float, error: float) -> None:
    assert error_of(name, mine, truth) == pytest.approx(error)


@pytest.mark.data
@pytest.mark.skipif(not (DATA / "mri_acdc_odd").is_dir(), reason="the shared data are not here")
def test_folds_split_by_patient_and_spread_the_groups() -> None:
    patients = list_patients(DATA, 3)
    assert len({p.name for p in patients}) == len(patients) == 50
    for fold in range(3):
        assert {p.group for p in patients if p.fold == fold} == {"DCM", "HCM", "MINF", "NOR", "RV"}
    folds: dict[str, set[int]] = {}
    for item in list_slices(DATA, 3):
        folds.setdefault(item.patient, set()).add(item.fold)
    assert all(len(f) == 1 for f in folds.values())
