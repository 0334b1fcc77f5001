"""Arrays by content: same bytes, same id; nothing damaged is handed out; no pickle."""

from __future__ import annotations

import hashlib
import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from clinigraph.artifacts import ArtifactMissing, ArtifactStore
from clinigraph.models.base import ArtifactId

SHAPES = arrays.array_shapes(max_dims=3, max_side=9)
KINDS = st.sampled_from([np.uint8, np.int16, np.uint16, np.float32, np.bool_])


@given(KINDS.flatmap(lambda kind: arrays.arrays(kind, SHAPES)))
def test_what_goes_in_comes_out(array: np.ndarray) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = ArtifactStore(folder)
        first, second = store.put(array), store.put(array.copy())
        again = store.get(first)
        assert first == second
        assert again.dtype == array.dtype
        np.testing.assert_array_equal(again, array)


def test_an_id_depends_on_type_and_shape(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    ids = {store.put(a) for a in (np.zeros(4, np.uint8), np.zeros((2, 2), np.uint8), np.zeros(4, np.int8))}
    assert len(ids) == 3


def test_arrays_are_read_only(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    with pytest.raises(ValueError, match="read-only"):
        store.get(store.put(np.zeros(3)))[0] = 1


def test_a_damaged_or_missing_artifact_is_refused(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    artifact = store.put(np.arange(50))
    (path,) = [p for p in tmp_path.rglob("*") if p.is_file()]
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(bytes(raw))
    for wanted in (artifact, ArtifactId("sha256:" + "0" * 64)):
        with pytest.raises(ArtifactMissing):
            store.get(wanted)


def test_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="numeric or bool"):
        ArtifactStore(tmp_path).put(np.array([object()]))


def test_no_half_written_file_is_left(tmp_path: Path) -> None:
    ArtifactStore(tmp_path).put(np.arange(10))
    assert not list(tmp_path.rglob(".part-*"))


def test_an_id_is_the_digest_of_the_npy_bytes_whatever_the_layout(tmp_path: Path) -> None:
    whole = np.arange(3 * 1500 * 1500, dtype=np.int32).reshape(3, 1500, 1500)
    buffer = io.BytesIO()
    np.save(buffer, whole)
    expected = f"sha256:{hashlib.sha256(buffer.getvalue()).hexdigest()}"
    store = ArtifactStore(tmp_path)
    assert store.put(whole) == expected
    assert store.put(np.asfortranarray(whole)) == expected
    assert (store.get(ArtifactId(expected)) == whole).all()
