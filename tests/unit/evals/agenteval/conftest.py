"""Small made-up sets in the formats of public ones, and a model that answers by a function."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clinigraph.evals.contract import EvalContext
from clinigraph.llm.dialogue import Request
from clinigraph.testing.models import all_text
from clinigraph.testing.models_adversarial import AdversarialModel

Says = Callable[[str, str], str]


@pytest.fixture
def model() -> Callable[[Says], AdversarialModel]:
    """A model that says what a function of role and text gives, any number of times."""

    def make(says: Says, *, sees_images: bool = True) -> AdversarialModel:
        def honest(request: Request) -> str:
            return says(request.role, all_text(request))

        return AdversarialModel(0, rate=0.0, honest=honest, sees_images=sees_images)

    return make


@pytest.fixture
def context(tmp_path: Path) -> Callable[..., EvalContext]:
    """Write rows into a file of a benchmark's folder; return the context."""

    def make(folder: str = "", rows: Any = None, *, name: str = "set.jsonl", **fields: Any) -> EvalContext:
        if rows is not None:
            path = tmp_path / "data" / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(json.dumps(r) for r in rows), encoding="utf-8")
        return EvalContext(data=tmp_path / "data", work=tmp_path / "work", **fields)

    return make
