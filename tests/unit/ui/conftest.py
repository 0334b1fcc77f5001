from __future__ import annotations

from pathlib import Path

import pytest

from clinigraph.ui.library import UserLibrary
from clinigraph.ui.values import UserId

USER = UserId("a" * 32)


@pytest.fixture
def library(tmp_path: Path) -> UserLibrary:
    return UserLibrary(tmp_path / "users", USER)
