"""Content-addressed store for pixels and masks; they never enter the graph's state.

An array is kept as its ``.npy`` bytes (no pickle), deflated, under the sha256 of those bytes: the same array always has
the same id, a half-written file is never seen, and a damaged one is refused.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import ClinigraphError
from clinigraph.models.base import ArtifactId

Array = NDArray[np.generic]


class ArtifactMissing(ClinigraphError):
    """An artifact is not in the store, or its bytes do not match its id."""


class ArtifactStore:
    """Arrays by content hash below one directory.

    Example:
        >>> import tempfile, numpy as np
        >>> store = ArtifactStore(tempfile.mkdtemp())
        >>> store.get(store.put(np.eye(2, dtype=np.uint8))).tolist()
        [[1, 0], [0, 1]]
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    def put(self, array: Array) -> ArtifactId:
        """Store an array and return its id.

        Args:
            array: Any shape; a numeric or bool dtype.

        Returns:
            ``sha256:`` and 64 hexadecimal digits.

        Raises:
            TypeError: The dtype would need pickle.
        """
        if array.dtype.hasobject:
            raise TypeError("artifacts hold numeric or bool arrays only")
        whole = np.ascontiguousarray(array)
        digest = _Digest.of(whole)
        path = self._path(digest)
        if not path.exists():
            _write_atomically(path, whole)
        return ArtifactId(f"sha256:{digest}")

    def get(self, artifact_id: ArtifactId) -> Array:
        """Return an array, read-only.

        Raises:
            ArtifactMissing: The id is unknown or the file is damaged.
        """
        digest = artifact_id.removeprefix("sha256:")
        try:
            raw = zlib.decompress(self._path(digest).read_bytes())
        except (OSError, zlib.error) as error:
            raise _missing(artifact_id) from error
        if hashlib.sha256(raw).hexdigest() != digest:
            raise _missing(artifact_id)
        array: Array = np.load(io.BytesIO(raw), allow_pickle=False)
        array.setflags(write=False)
        return array

    def __contains__(self, artifact_id: object) -> bool:
        return isinstance(artifact_id, str) and self._path(artifact_id.removeprefix("sha256:")).exists()

    def _path(self, digest: str) -> Path:
        return self.root / digest[:2] / f"{digest}.npz1"


def _missing(artifact_id: str) -> ArtifactMissing:
    return ArtifactMissing(
        "An artifact is missing or damaged", given=artifact_id, todo="Run the case again without resuming."
    )


class _Digest:
    """A file to write to that keeps only the sha256, so that a large array is never held twice."""

    def __init__(self) -> None:
        self.total = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Take bytes."""
        self.total.update(data)
        return len(data)

    @classmethod
    def of(cls, array: Array) -> str:
        """Return the sha256 of an array's ``.npy`` bytes."""
        sink = cls()
        np.save(cast("IO[bytes]", sink), array, allow_pickle=False)
        return sink.total.hexdigest()


class _Deflating:
    """A file to write to that deflates into another one, piece by piece."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._deflate = zlib.compressobj(level=1)

    def write(self, data: bytes) -> int:
        """Take bytes."""
        self._file.write(self._deflate.compress(data))
        return len(data)

    def finish(self) -> None:
        """Write what is left."""
        self._file.write(self._deflate.flush())


def _write_atomically(path: Path, array: Array) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            sink = _Deflating(file)
            np.save(cast("IO[bytes]", sink), array, allow_pickle=False)
            sink.finish()
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
