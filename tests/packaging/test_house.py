"""House rules that a reviewer would say twice: sizes, lazy imports, no addresses, no paths of a machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = [
    p
    for folder in ("src/clinigraph", "agents", "tools", "knowledge", "graphs", "evals")
    for p in sorted((ROOT / folder).rglob("*.py"))
    if "__pycache__" not in p.parts and not any(x.is_symlink() for x in p.parents if ROOT in x.parents)
]
HEAVY = (
    "torch", "torchvision", "monai", "chromadb", "langgraph", "langchain_core", "sentence_transformers", "skimage",
    "scipy", "numpy", "pydicom", "nibabel", "PIL", "rich", "pydantic", "gradio", "inspect_ai",
)  # fmt: skip


def _tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [p for n in done.stdout.decode().split("\0") if n and (p := ROOT / n).is_file() and not p.is_symlink()]


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import sys, clinigraph; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_the_help_page_loads_no_network_and_no_graph() -> None:
    code = (
        "import sys; sys.argv=['clinigraph','--help']\n"
        "from clinigraph.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('torch','langgraph','chromadb','numpy','pydicom') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr.strip().splitlines()[-1] == "[]"


def test_every_exported_name_exists() -> None:
    import clinigraph

    for name in clinigraph.__all__:
        assert getattr(clinigraph, name) is not None


def test_modules_stay_small() -> None:
    lengths = sorted(len(p.read_text(encoding="utf-8").splitlines()) for p in CODE)
    assert lengths[int(len(lengths) * 0.95)] <= 450
    assert sum(n <= 250 for n in lengths) > len(lengths) * 0.8


def test_functions_stay_small() -> None:
    sizes = [
        ((node.end_lineno or 0) - node.lineno + 1, f"{path.relative_to(ROOT)}:{node.name}")
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    sizes.sort()
    assert sizes[-1][0] <= 80, sizes[-3:]
    assert sizes[int(len(sizes) * 0.95)][0] <= 40


@pytest.mark.parametrize(
    "pattern",
    [r"https?://(?!127\.0\.0\.1|localhost|www\.w3\.org|doi\.org|[a-z.]*\.?example)[a-z]+\.(pypi|pythonhosted|npmjs|debian)\b",
     r"pypi\.org|files\.pythonhosted\.org|registry\.npmjs", r"/root/|/work/|/home/[a-z]+/"],
)  # fmt: skip
def test_no_file_names_a_registry_or_a_machine(pattern: str) -> None:
    own = Path(__file__).resolve()
    hits = []
    for path in _tracked():
        if path == own or path.suffix in (".png", ".safetensors", ".jpg"):
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        hits.extend(f"{path.relative_to(ROOT)}: {m.group()}" for m in re.finditer(pattern, text))
    assert hits == []


def test_every_network_weights_file_is_small_and_no_pickle() -> None:
    weights = [p for p in (ROOT / "tools/segmentation/bundles").rglob("*") if p.is_file()]
    assert not [p for p in weights if p.suffix in (".pt", ".pth", ".pkl", ".bin", ".ckpt")]
    assert all(p.stat().st_size <= 5 * 1024 * 1024 for p in weights if p.suffix == ".safetensors")
