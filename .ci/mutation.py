"""Changes a module in small ways, one at a time, and counts the changes that its own tests notice.

Run: ``make mutation MODULE=agents/verification/ranges.py`` (``TESTS=...`` for other tests, ``MOST=...`` for more).
The changes are Cosmic Ray's. They are made in a copy of the tree, never in the tree itself. Left out are changes that
cannot show: those inside annotations, which are never evaluated here, and ``is`` turned into ``==``, as ``is`` stands
only before None, booleans and members of enumerations. Where there are more changes than ``--most``, a seeded sample is
tried. Each change is tried in a fork of a process that has loaded the libraries, which saves seconds each time.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cosmic_ray.commands.init import init
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import MutationSpec

ROOT = Path(__file__).parent.parent
SAME = ("core/ReplaceComparisonOperator_Is_Eq", "core/ReplaceComparisonOperator_IsNot_NotEq")
LAYERS = ("cli", "ui", "evals", "client", "graphs", "testing", "agents", "tools", "knowledge")
"""Nothing imports from what stands before it here, so what stands after a module's layer can be loaded beforehand."""
NOT_LOADED = ("pytest", "_pytest", "hypothesis", "_hypothesis", "xdist", "anyio", "tests", "test_", "conftest")
PLUGINS = ("pytest_asyncio.plugin", "pytest_timeout", "_hypothesis_pytestplugin")
SLOWEST = 60.0
"""Seconds after which a change counts as noticed: it hangs the tests."""


def main() -> int:
    """Print the score and what survived; the exit status is 1 where less than ``--goal`` was noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", type=Path)
    parser.add_argument("tests", type=Path, nargs="*", help="by default the module's own test file")
    parser.add_argument("--most", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--goal", type=float, default=0.8)
    chosen = parser.parse_args()
    tests = chosen.tests or [Path("tests/unit") / chosen.module.parent / f"test_{chosen.module.name}"]
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        _copy(Path(folder))
        os.chdir(folder)
        sys.path.insert(0, str(Path(folder) / "src"))
        return _tried(chosen.module, [str(t) for t in tests], chosen)


def _copy(folder: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S607
    for name in filter(None, listed.split("\0")):
        source, copy = ROOT / name, folder / name
        if source.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            if source.suffix == ".py" or source.is_symlink():
                shutil.copy2(source, copy, follow_symlinks=False)
            else:
                copy.symlink_to(source)


def _tried(module: Path, tests: list[str], chosen: argparse.Namespace) -> int:
    every = _changes(module)
    picked = random.Random(chosen.seed).sample(every, min(chosen.most, len(every)))  # noqa: S311 - no secret
    _load(tests, module.parts[0])
    for stale in module.parent.glob(f"__pycache__/{module.stem}.*"):
        stale.unlink()
    if _forked(tests) != "survived":
        sys.exit(f"The tests fail in a fork, without any change:\n{Path('output.txt').read_text(encoding='utf-8')}")
    start = time.monotonic()
    tally: Counter[str] = Counter()
    for change in picked:
        operator = get_operator(change.operator_name)(**change.operator_args)
        with use_mutation(change.module_path, operator, change.occurrence) as (_, changed):
            outcome = "no change" if changed is None else _forked(tests)
        tally[outcome] += 1
        if outcome == "survived":
            print(f"survived: {module}:{change.start_pos[0]} {change.operator_name.removeprefix('core/')}", flush=True)
    done = sum(tally.values()) - tally["no change"]
    noticed = tally["killed"] + tally["hung"]
    print(
        f"{module}: {len(every)} changes, {done} tried (seed {chosen.seed}), {noticed} noticed ({tally['hung']} by a "
        f"hang), {tally['survived']} not: {noticed / max(done, 1):.3f} in {time.monotonic() - start:.0f} s"
    )
    return int(noticed < chosen.goal * done)


def _changes(module: Path) -> list[MutationSpec]:
    with use_db(str(Path("session.sqlite").absolute())) as work:
        init([module], work, {})
        found = [item.mutations[0] for item in work.work_items]
    places = list(_annotations(module))
    kept = [
        c for c in found
        if c.operator_name not in SAME and not any(a <= c.start_pos and c.end_pos <= b for a, b in places)
    ]  # fmt: skip
    return sorted(kept, key=lambda c: (c.operator_name, c.occurrence, str(c.operator_args)))


def _annotations(module: Path) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        for name in ("annotation", "returns"):
            found = getattr(node, name, None)
            if isinstance(found, ast.expr):
                yield (found.lineno, found.col_offset), (found.end_lineno or 0, found.end_col_offset or 0)


def _load(tests: list[str], layer: str) -> None:
    """Run the tests as they stand, in a fork, and load what they used that cannot depend on the layer of the module.

    Raises:
        SystemExit: The tests fail without any change.
    """
    names = Path("loaded.txt").absolute()
    above = LAYERS[: LAYERS.index(layer) + 1 if layer in LAYERS[:-2] else len(LAYERS)]
    ours = tuple(f"clinigraph.{name}" for name in above) if layer in LAYERS else ("clinigraph",)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    child = os.fork()
    if child == 0:
        status = _run(tests)
        names.write_text("\n".join(n for n in sys.modules if not n.startswith((*NOT_LOADED, *ours))), encoding="utf-8")
        os._exit(status)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        sys.exit("The tests fail as they stand; nothing can be said of changes.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names.read_text(encoding="utf-8").split():
            try:
                importlib.import_module(name)
            except Exception:  # noqa: S112 - then the fork loads it itself
                continue


def _forked(tests: list[str]) -> str:
    child = os.fork()
    if child == 0:
        os.setsid()
        sys.dont_write_bytecode = True
        with Path("output.txt").open("w", encoding="utf-8") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os._exit(_run(tests))
    end = time.monotonic() + SLOWEST
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "survived" if os.waitstatus_to_exitcode(status) == 0 else "killed"
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hung"


def _run(tests: list[str]) -> int:
    import pytest

    options = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    plugins = [word for name in PLUGINS for word in ("-p", name)]
    try:
        return int(pytest.main([*options, *plugins, *tests]))
    except BaseException:  # a change may break anything
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
