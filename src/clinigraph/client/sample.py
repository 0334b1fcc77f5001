"""The photograph of the demonstration."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from clinigraph.errors import InputUnreadable

QUESTION = "Does this eye show signs of glaucoma?"


def sample_photograph() -> Path:
    """Return the path of ``retina.jpg`` inside scikit-image (public domain, see ``skimage.data.retina``).

    Raises:
        InputUnreadable: scikit-image does not carry it.
    """
    spec = find_spec("skimage")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    path = folder / "data" / "retina.jpg"
    if not path.is_file():
        raise InputUnreadable("The sample photograph is missing", given=str(path), todo="Reinstall scikit-image.")
    return path
