"""The imaging benchmark on small made sets: what counts, what is said of training, what a failure costs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clinigraph.errors import InputRefused
from clinigraph.evals.contract import EvalContext, EvalItem, Outcome
from clinigraph.evals.imaging import splits
from clinigraph.evals.imaging.benchmark import ImagingBenchmark
from clinigraph.evals.imaging.eyes import Eyes, reference
from clinigraph.evals.imaging.figures import Figure, table
from clinigraph.evals.imaging.kinds import _DRAWERS, Kinds
from clinigraph.evals.imaging.nrrd import read_nrrd
from clinigraph.evals.imaging.prompted import FoundHeads, Heads, ellipse_in_box
from clinigraph.evals.imaging.running import dice, tight_box
from clinigraph.evals.imaging.volumes import measured
from clinigraph.evals.registry import benchmark
from clinigraph.testing.benchmark_suite import check_benchmark


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def eye(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[:120, :160]
    away = np.hypot(y - 60, x - 80)
    rgb = np.random.default_rng(seed).integers(60, 90, (120, 160, 3)).astype(np.uint8)
    return rgb, (away < 30).astype(np.uint8) + (away < 15)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rgb, labels = eye()
    save(tmp_path / "fundus_mine" / "images" / "a.png", rgb)
    save(tmp_path / "fundus_mine" / "masks" / "a.png", labels)
    return tmp_path


def context(data: Path) -> EvalContext:
    return EvalContext(data=data, work=data / "work")


def test_the_shipped_benchmark_keeps_the_contract(data: Path) -> None:
    check_benchmark(benchmark("imaging"), context(data))


def test_a_folder_without_known_sets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="no labelled images"):
        benchmark("imaging").items(context(tmp_path))


def test_a_limit_takes_of_each_part_in_turn(data: Path) -> None:
    items = benchmark("imaging").items(context(data), 4)
    assert {i.data["part"] for i in items} == {"fundus", "router"}


def test_a_file_of_the_patterns_named_only_runs_those_parts(data: Path) -> None:
    spec = benchmark("imaging").spec.replace(folders=("cxr_*",))
    with pytest.raises(InputRefused):
        ImagingBenchmark(spec.replace(folders=("mri_acdc_*",))).items(context(data))


class TestSplits:
    def test_other_content_under_an_old_name_counts_as_new(self, tmp_path: Path) -> None:
        save(tmp_path / "drishtiGS_002.png", eye()[0])
        assert splits.place_of(tmp_path / "drishtiGS_002.png", ("fundus_drishti_train",)) is None

    def test_every_listed_set_has_each_place_once(self) -> None:
        for name, places in splits.known().items():
            found = set(places.values()) if name == splits.HEADS else sorted(places.values())
            assert list(found) == list(range(len(found)))

    def test_the_member_that_was_kept_from_an_image_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(splits, "members_of", lambda _: ("fold0", "fold1"))
        assert splits.network_for("any", 7, 3).members == (1,)
        assert splits.network_for("any", 5, 3) == splits.TRAINED
        assert splits.network_for("any", None, 3) == splits.NEW

    def test_one_member_alone_is_a_bundle_that_loads(self, tmp_path: Path) -> None:
        from clinigraph.tools.segmentation.networks.bundle import Bundle

        folder = splits.bundle_of("cxr_lungs_heart", (1,), tmp_path)
        assert Bundle.read(folder).members == {"chest": 1}
        assert json.loads((folder / "metadata.json").read_text())["sha256"] == Bundle.read(folder).sha256
        assert splits.bundle_of("cxr_lungs_heart", None, tmp_path) == splits.BUNDLES / "cxr_lungs_heart"

    def test_one_member_alone_states_the_error_that_the_ensemble_states_today(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shutil.copytree(splits.BUNDLES / "cxr_lungs_heart", tmp_path / "shipped" / "cxr_lungs_heart")
        monkeypatch.setattr(splits, "BUNDLES", tmp_path / "shipped")
        splits.bundle_of("cxr_lungs_heart", (1,), tmp_path / "work")
        card = tmp_path / "shipped" / "cxr_lungs_heart" / "metadata.json"
        stated = json.loads(card.read_text())
        stated["calibration"]["ctr"]["halfwidth"] = 0.5
        card.write_text(json.dumps(stated))
        folder = splits.bundle_of("cxr_lungs_heart", (1,), tmp_path / "work")
        assert json.loads((folder / "metadata.json").read_text())["calibration"]["ctr"]["halfwidth"] == 0.5

    @pytest.mark.data
    def test_the_list_is_that_of_the_training_sets(self) -> None:
        folder = Path(__file__).resolve().parents[5] / "shared" / "data" / "fundus_drishti_train" / "images"
        if not folder.is_dir():
            pytest.skip("no shared data")
        first = sorted(folder.glob("*.jpg"))[0]
        assert splits.place_of(first, ("fundus_drishti_train",)) == 0


class TestFigures:
    figure = Figure("dice", "Dice", worst=0.0, goal=0.9)

    def outcome(self, name: str, **kept: object) -> Outcome:
        item = EvalItem(id=name, input="x", data={"part": "fundus", "set": "s", "network": "n"})
        error = str(kept.pop("error", ""))
        return Outcome(item, dict(kept), error=error)  # type: ignore[arg-type]

    def test_failures_count_as_worst_and_null_too(self) -> None:
        outcomes = [self.outcome("a", dice=1.0), self.outcome("b", error="no"), self.outcome("c", dice=None)]
        estimate = self.figure.of(outcomes)
        assert estimate is not None
        assert (estimate.count, estimate.value) == (3, pytest.approx(1 / 3))

    def test_what_was_not_labelled_has_no_part(self) -> None:
        estimate = self.figure.of([self.outcome("a", dice=0.8), self.outcome("b", other=1.0)])
        assert estimate is not None
        assert estimate.count == 1
        assert self.figure.of([self.outcome("b", other=1.0)]) is None

    def test_goals_are_judged_in_their_direction(self) -> None:
        good = self.figure.of([self.outcome("a", dice=0.95)])
        assert good is not None
        assert self.figure.reached(good) == "yes"
        assert Figure("e", "error", 1.0, 0.06, higher=False).reached(good) == "no"

    def test_rows_say_which_network_and_how_many_failed(self) -> None:
        made = table(Eyes(), [self.outcome("a", disc=0.5, not_found=0), self.outcome("b", error="no")])
        assert made is not None
        assert made.rows[0][:5] == ("s", "n", "2", "1", "disc Dice")

    def test_one_image_gives_no_interval_of_a_mean_but_one_of_a_share(self) -> None:
        made = table(Eyes(), [self.outcome("a", disc=0.5, not_found=0)])
        assert made is not None
        assert [row[5] for row in made.rows] == ["0.500 (no interval from one)", "0.000 (0.000 to 0.793)"]


def test_dice_of_nothing_is_one_only_when_nothing_is_there() -> None:
    empty, full = np.zeros((4, 4), dtype=bool), np.ones((4, 4), dtype=bool)
    assert (dice(empty, empty), dice(None, full), dice(None, empty), dice(full, full)) == (1.0, 0.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="one grid"):
        dice(empty, np.zeros((4, 5), dtype=bool))
    assert tight_box(np.pad(full, 2)).model_dump() == {"x0": 2, "y0": 2, "x1": 6, "y1": 6}


def test_a_disc_alone_gives_no_cup() -> None:
    disc = np.array([[0, 255], [255, 0]], dtype=np.uint8)
    assert reference(disc)[1] is None
    assert reference(disc // 255)[1] is None
    assert reference(np.array([[0, 1], [2, 1]], dtype=np.uint8))[0].sum() == 3


def test_what_has_to_be_turned_away_is_drawn_the_same_each_time() -> None:
    for draw in _DRAWERS.values():
        first, again = (draw(3, np.random.default_rng((1, 3))) for _ in range(2))
        assert first.dtype == np.uint8
        assert first.ndim == 3
        assert (first == again).all()


def test_noise_is_turned_away(tmp_path: Path) -> None:
    part = Kinds()
    item = next(i for i in part.items([], context(tmp_path)) if i.data.get("draw") == "noise")
    assert part.measure(item, context(tmp_path))["rejected"] == 1


def test_a_head_table_without_its_pictures_gives_no_items(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("image,pixel_size_mm,head_circumference_mm\nx,0.1,50\n")
    assert Heads().items([tmp_path], context(tmp_path)) == []


def head_set(folder: Path) -> None:
    """One drawn head of 45 by 30 pixels, each pixel half a millimetre wide."""
    y, x = np.mgrid[:120, :160]
    inside = ((x - 80) / 45) ** 2 + ((y - 60) / 30) ** 2 <= 1
    save(folder / "images" / "x.png", np.where(inside, 90, 40).astype(np.uint8))
    save(folder / "masks" / "x.png", inside.astype(np.uint8) * 255)
    (folder / "labels.csv").write_text("image,pixel_size_mm,head_circumference_mm\nx,0.5,118.3\n")


def test_a_head_that_is_not_found_has_no_circumference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clinigraph.evals.imaging import prompted
    from clinigraph.evals.imaging.running import Ran

    head_set(tmp_path / "us_hc18_mine")
    [item] = FoundHeads().items([tmp_path / "us_hc18_mine"], context(tmp_path))
    assert item.data["network"] == splits.NEW.words
    truth = np.asarray(Image.open(tmp_path / "us_hc18_mine" / "masks" / "x.png")) > 0
    for mask, expected in (
        (np.zeros_like(truth), {"head": 0.0, "not_found": 1}),
        (truth, {"head": 1.0, "not_found": 0}),
    ):
        monkeypatch.setattr(prompted, "run_on", lambda *_, m=mask, **__: Ran(None, {"fetal_head": m}))  # type: ignore[arg-type]
        values = FoundHeads().measure(item, context(tmp_path))
        assert {k: values[k] for k in expected} == expected
        assert ("found" in values) == bool(mask.any())
    assert float(str(values["found"])) < 2


def test_a_drawn_ball_is_measured_in_millimetres(tmp_path: Path) -> None:
    z, y, x = np.mgrid[:20, :40, :40]
    ball = (((z - 10) * 2) ** 2 + (y - 20) ** 2 + (x - 20) ** 2 <= 15**2).astype(np.int16)
    head = "NRRD0004\ntype: short\ndimension: 3\nsizes: 40 40 20\nspacings: 1 1 2\nendian: little\nencoding: raw\n\n"
    for name in ("ball_image.nrrd", "ball_label.nrrd"):
        (tmp_path / name).write_bytes(head.encode() + ball.tobytes())
    assert read_nrrd(tmp_path / "ball_label.nrrd")[1] == (2.0, 1.0, 1.0)
    values = measured(tmp_path, "ball")
    assert values["voxel_volume"] == pytest.approx(4 / 3 * np.pi * 15**3, rel=0.03)
    assert values["mean"] == 1


@pytest.mark.parametrize("degrees", [0, 25, 90, 140])
def test_an_ellipse_is_found_again_from_its_box_and_a_smaller_outline(degrees: float) -> None:
    turn = np.deg2rad(degrees)
    y, x = np.mgrid[:300, :400] - np.array([150.0, 200.0]).reshape(2, 1, 1)
    along, across = x * np.cos(turn) + y * np.sin(turn), -x * np.sin(turn) + y * np.cos(turn)
    whole, inner = ((along / (100 * k)) ** 2 + (across / (70 * k)) ** 2 <= 1 for k in (1.0, 0.9))
    found = ellipse_in_box(inner, tight_box(whole), 0.5)
    assert (found.semi_major, found.semi_minor) == pytest.approx((99.5, 69.5), abs=1.0)
