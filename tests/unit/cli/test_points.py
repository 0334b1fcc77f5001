"""``--point``: places in a structure or beside it."""

from __future__ import annotations

import pytest

from clinigraph.cli.prompts import parse_points
from clinigraph.errors import UsageError


def test_points_of_one_structure_are_kept_in_order() -> None:
    points = parse_points(["target=10,20", "target=1.5,2,-", "other=3,4,+"])
    assert [(p.x, p.y, p.inside) for p in points["target"]] == [(10, 20, True), (1.5, 2, False)]
    assert [p.inside for p in points["other"]] == [True]


@pytest.mark.parametrize(
    "text", ["target", "target=1", "target=1,2,0", "target=1,2,+,3", "target=-1,2", "=1,2", "t=a,b"]
)
def test_what_is_no_point_is_quoted(text: str) -> None:
    with pytest.raises(UsageError, match="no point") as caught:
        parse_points([text])
    assert text in str(caught.value)
