"""Data sets of the hub: pinned, checked, read from a cache without a network."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from clinigraph.errors import InputRefused, InputUnreadable, UsageError
from clinigraph.evals import hub
from clinigraph.evals.contract import EvalContext
from clinigraph.evals.hub import HubId, local_data
from clinigraph.evals.registry import benchmark

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ROWS = [{"question": "Organ?", "answer_idx": "A", "options": {"A": "liver", "B": "heart"}}]
CONTENT = "\n".join(json.dumps(r) for r in ROWS).encode()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache as the hub's client lays it out, holding one small file; the network is off."""
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    root = tmp_path / "datasets--owner--medqa"
    blob = hashlib.sha1(b"blob %d\0" % len(CONTENT) + CONTENT, usedforsecurity=False).hexdigest()
    (root / "blobs").mkdir(parents=True)
    (root / "blobs" / blob).write_bytes(CONTENT)
    snapshot = root / "snapshots" / COMMIT / "data"
    snapshot.mkdir(parents=True)
    (snapshot / "test.jsonl").symlink_to(f"../../../blobs/{blob}")
    return root


def test_a_file_of_the_cache_becomes_the_data_of_a_benchmark(cache: Path, tmp_path: Path) -> None:
    path = local_data(f"hf:owner/medqa@{COMMIT}/data/test.jsonl")
    items = benchmark("medqa").items(EvalContext(data=path, work=tmp_path / "work"))
    assert [i.target for i in items] == ["A"]
    whole = local_data(f"hf:owner/medqa@{COMMIT}")
    assert (whole / "data" / "test.jsonl").is_file()
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    assert local_data(f"hf:owner/medqa@{COMMIT}/data/test.jsonl?sha256={sha256}") == path


def test_other_bytes_are_refused(cache: Path) -> None:
    with pytest.raises(InputRefused, match="asked for"):
        local_data(f"hf:owner/medqa@{COMMIT}/data/test.jsonl?sha256={'0' * 64}")
    next((cache / "blobs").iterdir()).write_bytes(CONTENT + b"\n")
    with pytest.raises(InputRefused, match=r"test\.jsonl has sha256"):
        local_data(f"hf:owner/medqa@{COMMIT}/data/test.jsonl")


@pytest.mark.usefixtures("cache")
def test_what_is_not_in_the_cache_cannot_be_had_without_a_network() -> None:
    with pytest.raises(InputUnreadable, match=r"owner/other@0123456789ab .*network"):
        local_data(f"hf:owner/other@{COMMIT}/x.jsonl")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hf:owner", "no id"),
        ("hf:owner/name@main/x.csv", "not pinned"),
        ("hf:owner/name@v1", "not pinned"),
        (f"hf:owner/name@{COMMIT}/../x.csv", "leaves"),
        (f"hf:owner/name@{COMMIT}/x.csv?sha256=abc", "64 digits"),
    ],
)
def test_an_id_that_is_not_pinned_is_refused(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        HubId.of(text)


def test_without_the_package_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"clinigraph\[hub\]"):
        local_data(f"hf:owner/name@{COMMIT}")


def test_a_path_stays_a_path() -> None:
    assert local_data("folder/file.csv") == Path("folder/file.csv")
