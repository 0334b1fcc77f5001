"""Which of two files shows the heart full and which empty, by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clinigraph.intake.case_file import ImageEntry
from clinigraph.intake.sources import Source
from clinigraph.models.imaging import CardiacPhase

_WORDS = {
    CardiacPhase.END_DIASTOLE: frozenset({"ed", "diastole", "diastolic", "enddiastole", "enddiastolic"}),
    CardiacPhase.END_SYSTOLE: frozenset({"es", "systole", "systolic", "endsystole", "endsystolic"}),
}


def phase_of_name(name: str) -> CardiacPhase | None:
    """Return the phase that a file name states as a word of its own, or None where it states none or both.

    >>> phase_of_name("patient_ED.nii.gz")
    <CardiacPhase.END_DIASTOLE: 'end_diastole'>
    >>> phase_of_name("bed.nii") is None
    True
    """
    words = set(re.split(r"[^a-z]+", name.split(".", maxsplit=1)[0].lower()))
    found = [phase for phase, known in _WORDS.items() if words & known]
    return found[0] if len(found) == 1 else None


def with_phases(sources: Sequence[Source]) -> list[tuple[ImageEntry, Sequence[Source]]]:
    """Return the files with their phases where there are two and their names say which is which; else as they are.

    Two files whose names do not tell stay without a phase: they are told apart by the volume of the left ventricle.
    """
    stated = [phase_of_name(source.path.name) for source in sources]
    if len(sources) == 2 and set(stated) == set(CardiacPhase):
        pairs = zip(sources, stated, strict=True)
        return [(ImageEntry(path=source.path.name, phase=phase), [source]) for source, phase in pairs]
    return [(ImageEntry(path="."), sources)]
