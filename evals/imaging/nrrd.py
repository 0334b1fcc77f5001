"""Reading NRRD volumes (attached data, raw or gzip), enough for reference sets that come as such."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import InputUnreadable

_TYPES = {
    "uchar": "u1", "unsigned char": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "unsigned short": "u2", "uint16": "u2", "int": "i4", "int32": "i4", "float": "f4", "double": "f8",
}  # fmt: skip


def read_nrrd(path: Path) -> tuple[NDArray[np.generic], tuple[float, ...]]:
    """Return an array ``(D, H, W)`` (last axis fastest in the file) and its spacing in mm along these axes.

    Raises:
        InputUnreadable: The file is of another kind, detached, or cut short.
    """
    head, _, body = path.read_bytes().partition(b"\n\n")
    lines = [line for line in head.decode("ascii", "replace").splitlines() if not line.startswith("#")]
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    try:
        sizes = tuple(int(n) for n in fields["sizes"].split())
        kind = np.dtype(_TYPES[fields["type"]]).newbyteorder("<" if fields.get("endian", "little") == "little" else ">")
        raw = body if fields["encoding"] == "raw" else zlib.decompress(body, wbits=zlib.MAX_WBITS | 16)
        array = np.frombuffer(raw, dtype=kind, count=int(np.prod(sizes))).reshape(sizes[::-1])
        return array, _spacing(fields)[::-1]
    except (KeyError, ValueError, zlib.error) as error:
        raise InputUnreadable(
            "The NRRD file cannot be read", given=path.name, todo="Save it with attached data."
        ) from error


def _spacing(fields: dict[str, str]) -> tuple[float, ...]:
    if "spacings" in fields:
        return tuple(float(s) for s in fields["spacings"].split())
    axes = re.findall(r"\(([^)]*)\)", fields["space directions"])
    return tuple(float(np.linalg.norm([float(v) for v in axis.split(",")])) for axis in axes)
