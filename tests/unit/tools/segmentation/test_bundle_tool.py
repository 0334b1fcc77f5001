"""What the tools share that run a network of this project."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigraph.errors import WeightsInvalid
from clinigraph.tools.segmentation.bundle_tool import within_one
from clinigraph.tools.segmentation.chest_network import ChestLungsHeart


@pytest.mark.parametrize(("given", "told"), [(-0.1, 0.0), (0.4, 0.4), (1.2, 1.0)])
def test_a_confidence_is_told_within_one(given: float, told: float) -> None:
    assert within_one(given) == told


def test_a_bundle_that_is_not_there_is_said_before_and_refused_after(tmp_path: Path) -> None:
    tool = ChestLungsHeart(tmp_path / "gone")
    assert "gone is not installed" in tool.unavailable()
    with pytest.raises(WeightsInvalid, match="chest network cannot be loaded"):
        tool.warm_up()
