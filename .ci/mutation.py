"""Changes a module in small ways, one at a time, and counts the changes that its own tests notice.

Run: ``make mutation MODULE=agents/verification/ranges.py`` (``TESTS=...`` for other tests, ``MOST=...`` for more), or
``make mutation-all`` for a sample of every module of the claims and their verifiers, in one table.
The changes are Cosmic Ray's. They are made in a copy of the tree, never in the tree itself. Left out are changes that
cannot show: those inside annotations, which are never evaluated here, and ``is`` turned into ``==``, as ``is`` stands
only before None, booleans and members of enumerations. Where there are more changes than ``--most``, a seeded sample is
tried. Each change is tried in a fork of a process that has loaded all that does not import the module, and stops at the
first test that fails.
"""

from __future__ import annotations

import argparse
import ast
import gc
import importlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path

import grimp
from cosmic_ray.commands.init import init
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import MutationSpec

ROOT = Path(__file__).parent.parent
SAME = ("core/ReplaceComparisonOperator_Is_Eq", "core/ReplaceComparisonOperator_IsNot_NotEq")
FOLDERS = ("agents/claims", "agents/verification")
TESTS = {
    "agents/claims": ("claims/test_matching.py", "verification/test_wording.py"),
    "agents/verification": tuple(
        f"verification/test_{name}.py"
        for name in ("wording", "plain_wording", "verifier", "criteria", "reports", "comparators")
    ),
}
"""Tests that speak of every module of a folder, in ``tests/unit/agents``: they run after the module's own."""
BESIDE = {"entailment": "chain", "judging": "chain", "limits": "amounts", "values": "amounts"}
"""Modules of which the file of another module speaks, too."""
NOT_LOADED = ("tests", "test_", "conftest")
PLUGINS = ("pytest_asyncio.plugin", "pytest_timeout", "_hypothesis_pytestplugin")
SLOWEST = 60.0
"""Seconds after which a change counts as noticed: it hangs the tests."""
Tally = dict[str, int]


def main() -> int:
    """Print the score and what survived; the exit status is 1 where less than ``--goal`` was noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", type=Path, nargs="?")
    parser.add_argument("tests", type=Path, nargs="*", help="by default the module's own tests, then its folder's")
    parser.add_argument("--all", action="store_true", help="every module of the claims and their verifiers")
    parser.add_argument("--most", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--goal", type=float, default=0.8)
    chosen = parser.parse_args()
    if chosen.all is (chosen.module is not None):
        parser.error("name one module, or --all")
    every = [m for f in FOLDERS for m in sorted((ROOT / f).glob("*.py")) if m.stem != "__init__"]
    modules = [m.relative_to(ROOT) for m in every] if chosen.all else [chosen.module]
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        _copy(Path(folder))
        os.chdir(folder)
        sys.path.insert(0, str(Path(folder) / "src"))
        # Each fork would compile anew what it loads, where no compiled files may be written beside the sources.
        sys.dont_write_bytecode, sys.pycache_prefix = False, str(Path(folder) / "compiled")
        tallies = {module: _apart(module, chosen) for module in modules}
        if chosen.all:
            _table(tallies)
    return int(any(t["noticed"] < chosen.goal * t["tried"] or not t["passes"] for t in tallies.values()))


def _copy(folder: Path) -> None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603
    for name in filter(None, listed.split("\0")):
        source, copy = ROOT / name, folder / name
        if source.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            if source.suffix == ".py" or source.is_symlink():
                shutil.copy2(source, copy, follow_symlinks=False)
            else:
                copy.symlink_to(source)


def _apart(module: Path, chosen: argparse.Namespace) -> Tally:
    """Return the tally of a module, taken in a process of its own: what it loads may import the next module."""
    answer = Path("tally.json").absolute()
    answer.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        try:
            answer.write_text(json.dumps(_tried(module, chosen)), encoding="utf-8")
        except SystemExit as end:  # the parent has the rest to do, and the folder to remove
            print(end)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(0)
    os.waitpid(child, 0)
    if not answer.exists():
        return {"changes": 0, "tried": 0, "noticed": 0, "hung": 0, "passes": False}
    tally: Tally = json.loads(answer.read_text(encoding="utf-8"))
    return tally


def _table(tallies: dict[Path, Tally]) -> None:
    from clinigraph.statistics import wilson

    print("\n| module | changes | tried | noticed | score |\n|---|---|---|---|---|")
    for module, t in tallies.items():
        score = f"{t['noticed'] / t['tried']:.2f}" if t["tried"] else "" if t["passes"] else "its tests fail"
        print(f"| {module} | {t['changes']} | {t['tried']} | {t['noticed']} | {score} |")
    changes, tried, noticed = (sum(t[key] for t in tallies.values()) for key in ("changes", "tried", "noticed"))
    print(f"| all | {changes} | {tried} | {noticed} | {wilson(noticed, tried) if tried else ''} |")


def _tests(module: Path) -> list[str]:
    """Return the test files of a module, its own first."""
    folder, parent = Path("tests/unit"), _inside(module).parent
    own = [folder / parent / f"test_{name}.py" for name in (module.stem, BESIDE.get(module.stem, module.stem))]
    shared = [folder / "agents" / name for name in TESTS.get(parent.as_posix(), ())]
    return list(dict.fromkeys(str(p) for p in (*own, *shared) if p.exists()))


def _inside(module: Path) -> Path:
    """Return a module's path inside the package: that of ``src/clinigraph`` or of what is linked into it."""
    package = Path("src/clinigraph")
    return module.relative_to(package) if module.is_relative_to(package) else module


def _tried(module: Path, chosen: argparse.Namespace) -> Tally:
    tests = [str(t) for t in chosen.tests] or _tests(module)
    if not tests:
        sys.exit(f"{module} has no test file of its own; name its tests.")
    every = _changes(module)
    picked = random.Random(chosen.seed).sample(every, min(chosen.most, len(every)))  # noqa: S311 - no secret
    _load(tests, module)
    for stale in Path(sys.pycache_prefix or "").rglob(f"{module.stem}.*.pyc"):
        stale.unlink()
    if _forked(tests) != "survived":
        sys.exit(f"The tests fail in a fork, without any change:\n{Path('output.txt').read_text(encoding='utf-8')}")
    start = time.monotonic()
    outcomes = [_outcome(module, change, tests) for change in picked]
    tried, hung = len(outcomes) - outcomes.count("no change"), outcomes.count("hung")
    noticed = outcomes.count("killed") + hung
    print(
        f"{module}: {len(every)} changes, {tried} tried (seed {chosen.seed}), {noticed} noticed ({hung} by a "
        f"hang), {tried - noticed} not: {noticed / max(tried, 1):.3f} in {time.monotonic() - start:.0f} s",
        flush=True,
    )
    return {"changes": len(every), "tried": tried, "noticed": noticed, "hung": hung, "passes": True}


def _outcome(module: Path, change: MutationSpec, tests: list[str]) -> str:
    operator = get_operator(change.operator_name)(**change.operator_args)
    with use_mutation(change.module_path, operator, change.occurrence) as (_, changed):
        outcome = "no change" if changed is None else _forked(tests)
    if outcome == "survived":
        place = f"{module}:{change.start_pos[0]}:{change.start_pos[1]}"
        print(f"survived: {place} {change.operator_name.removeprefix('core/')}", flush=True)
    return outcome


def _changes(module: Path) -> list[MutationSpec]:
    session = Path("session.sqlite").absolute()
    session.unlink(missing_ok=True)
    with use_db(str(session)) as work:
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


def _load(tests: list[str], module: Path) -> None:
    """Run the tests as they stand, in a fork, and load what they used that does not import the module.

    Raises:
        SystemExit: The tests fail without any change, or the module was loaded with the rest.
    """
    names = Path("loaded.txt").absolute()
    changed = ".".join(("clinigraph", *_inside(module).with_suffix("").parts))
    graph = grimp.build_graph("clinigraph", exclude_type_checking_imports=True, cache_dir=None)
    stale = {changed, *graph.find_downstream_modules(changed)}
    os.environ |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "HYPOTHESIS_PROFILE": "few"}
    re._MAXCACHE = 100_000  # type: ignore[attr-defined] # what modules compile on import is a third of a fork's time
    child = os.fork()
    if child == 0:
        status = _run(tests)
        # What all else rests on is also loaded by name: nothing of ours stands ready for it.
        left_out = (*NOT_LOADED, "clinigraph") if module.parts[0] == "src" else NOT_LOADED
        kept = [n for n in sys.modules if n not in stale and not n.startswith(left_out)]
        compiled = [(p, int(f)) for kind, p, f in re._cache if kind is str]  # type: ignore[attr-defined]
        names.write_text(json.dumps([kept, compiled]), encoding="utf-8")
        os._exit(status)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        sys.exit("The tests fail as they stand; nothing can be said of changes.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kept, compiled = json.loads(names.read_text(encoding="utf-8"))
        for pattern, flags in compiled:
            re.compile(pattern, flags)
        for name in kept:
            try:
                importlib.import_module(name)
            except Exception:  # noqa: S112 - then the fork loads it itself
                continue
    if not stale.isdisjoint(sys.modules):
        sys.exit(f"{module} was loaded by what does not name it; forks would not see its changes.")
    gc.collect()
    gc.freeze()


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
