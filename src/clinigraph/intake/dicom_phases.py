"""Cine DICOM: one file for each slice and moment of the heartbeat, told apart by place and trigger time."""

from __future__ import annotations

import math
from collections.abc import Sequence

from clinigraph.intake.nifti import MAX_FRAMES
from clinigraph.intake.stack import SAME_PLACE_MM


def split_phases(depths: Sequence[float], times: Sequence[float | None]) -> list[list[int]]:
    """Return the slices of each moment, first moment first; all slices together where there are no moments.

    There are moments where every place holds the same number of slices, two or more, and the trigger times of one place
    all differ. The n-th trigger time of each place is the n-th moment: slices of a cine series are gated, not made at
    equal times.

    Args:
        depths: Place of each slice along the normal, in mm.
        times: Trigger Time (0018,1060) of each slice in ms, None where the header has none.

    Returns:
        Indexes into ``depths``, by moment.

    Example:
        >>> split_phases([0, 10, 0, 10], [0.0, 5.0, 40.0, 44.0])
        [[0, 1], [2, 3]]
    """
    everything = [list(range(len(depths)))]
    if any(time is None or not math.isfinite(time) for time in times):
        return everything
    places: list[list[int]] = []
    for index in sorted(range(len(depths)), key=lambda i: (depths[i], i)):
        if not places or depths[index] - depths[places[-1][0]] > SAME_PLACE_MM:
            places.append([])
        places[-1].append(index)
    count = len(places[0]) if places else 0
    apart = all(len(place) == count and len({times[i] for i in place}) == count for place in places)
    if not apart or not 2 <= count <= MAX_FRAMES:
        return everything
    ordered = [sorted(place, key=lambda i: times[i] or 0.0) for place in places]
    return [[place[moment] for place in ordered] for moment in range(count)]
