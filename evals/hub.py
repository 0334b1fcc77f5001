"""Data sets by their id on the Hugging Face hub, pinned to a commit; nothing is fetched without being named so.

An id is written ``hf:OWNER/NAME@COMMIT/PATH/IN/THE/SET`` with the 40 hexadecimal digits of a commit, or without a path
for the whole set. ``?sha256=HEX`` behind the path asks for certain bytes. Files come from the hub's cache where they
are there, else over the network unless ``HF_HUB_OFFLINE`` forbids it. Every file is held to the name under which
the cache keeps it, which is the hash of its content: sha256 for large files, git's blob id for small ones.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from clinigraph.errors import InputRefused, InputUnreadable, UsageError

PREFIX = "hf:"
_ID = re.compile(
    r"^hf:(?P<repo>[\w.-]+/[\w.-]+)@(?P<revision>[^/?]+)(?:/(?P<path>[^?]*))?(?:\?sha256=(?P<sha256>[0-9a-fA-F]+))?$"
)


@dataclass(frozen=True, slots=True)
class HubId:
    """A data set of the hub, or one file of it."""

    repo: str
    revision: str
    """The full id of a commit."""
    path: str = ""
    sha256: str = ""

    @classmethod
    def of(cls, text: str) -> HubId:
        """Read an id.

        Raises:
            UsageError: It has another form, or is not pinned to a commit.

        Example:
            >>> HubId.of("hf:owner/name@" + "0" * 40 + "/data/test.parquet").path
            'data/test.parquet'
        """
        match = _ID.match(text)
        todo = "Write hf:OWNER/NAME@COMMIT/PATH with the 40 digits of a commit."
        if match is None:
            raise UsageError("This is no id of a data set on the hub", given=text[:80], todo=todo)
        if not re.fullmatch(r"[0-9a-f]{40}", match["revision"]):
            given = f"{match['repo']}@{match['revision'][:40]}"
            raise UsageError("A data set is not pinned: branches and tags move", given=given, todo=todo)
        path, sha256 = (match["path"] or "").strip("/"), (match["sha256"] or "").lower()
        if sha256 and (not path or len(sha256) != 64):
            raise UsageError("A sha256 has 64 digits and belongs to one file", given=text[:80], todo=todo)
        if ".." in path.split("/"):
            raise UsageError("A path leaves the data set", given=text[:80], todo=todo)
        return cls(match["repo"], match["revision"], path, sha256)


def local_data(given: str) -> Path:
    """Return where data lie: a path as it is, an id of the hub as a folder or file of its cache.

    Raises:
        UsageError: The id cannot be read, or the package ``huggingface_hub`` is not installed.
        InputUnreadable: The set is neither in the cache nor can be fetched.
        InputRefused: A file has other bytes than its name or the id states.
    """
    if not given.startswith(PREFIX):
        return Path(given)
    wanted = HubId.of(given)
    if find_spec("huggingface_hub") is None:
        raise UsageError("Data sets of the hub need a package", given=given[:80], todo="pip install 'clinigraph[hub]'")
    place = _fetched(wanted)
    files = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())
    for path in files:
        _check(path, wanted)
    return place


def _fetched(wanted: HubId) -> Path:
    from huggingface_hub import hf_hub_download, snapshot_download

    found: object
    try:
        if wanted.path:
            found = hf_hub_download(wanted.repo, wanted.path, repo_type="dataset", revision=wanted.revision)
        else:
            found = snapshot_download(wanted.repo, repo_type="dataset", revision=wanted.revision)
    except Exception as error:  # the client raises its own, requests', httpx's and the system's errors
        raise InputUnreadable(
            "A data set of the hub cannot be reached and is not in the cache",
            given=f"{wanted.repo}@{wanted.revision[:12]} {wanted.path} ({type(error).__name__})".strip(),
            todo="Give a local path with --data, or fetch the set once where there is a network.",
        ) from error
    return Path(str(found))


def _check(path: Path, wanted: HubId) -> None:
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    name = path.resolve().name
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    kept = {64: sha256, 40: blob}.get(len(name) if re.fullmatch(r"[0-9a-f]+", name) else 0, name)
    expected = wanted.sha256 or sha256
    if sha256 != expected or kept != name:
        raise InputRefused(
            "A file of the hub does not hold the bytes that were asked for",
            given=f"{path.name} has sha256 {sha256[:12]}…",
            todo="Delete it from the cache and fetch it again, or give the right sha256.",
        )
