"""What the command line prints of a table is what stands in it."""

from __future__ import annotations

import io

from rich.console import Console

from clinigraph.cli.evaluate import show_table
from clinigraph.evals.contract import EvalTable


def test_brackets_in_a_cell_are_text_and_no_markup() -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    show_table(EvalTable(title="T [x]", columns=("run [a]",), rows=(("asking [full, m]",),), note="n [b]"), console)
    text = console.export_text()
    assert all(part in text for part in ("T [x]", "run [a]", "asking [full, m]", "n [b]"))
