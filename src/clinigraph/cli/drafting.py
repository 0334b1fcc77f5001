"""``clinigraph knowledge draft``: a protocol file to start from, for a condition that has none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from clinigraph.errors import UsageError

if TYPE_CHECKING:
    from clinigraph.models.planning import DiagnosticProtocol


def write_draft(
    condition: str, modality: str, *, specialty: str | None, out: Path | None, force: bool, as_json: bool
) -> None:
    """Draft a protocol from the criteria of the guideline cards, and print it or write it to a file.

    Raises:
        UsageError: The modality is unknown, the condition is blank, or the file exists.
        KnowledgeError: No card states a criterion for the condition.
    """
    from clinigraph.knowledge.drafting import draft_protocol
    from clinigraph.knowledge.library import open_library
    from clinigraph.models.codes import Modality
    from clinigraph.settings import Settings

    known = [m.value for m in Modality]
    if modality not in known:
        raise UsageError("There is no such modality", given=modality, todo=f"Choose one of {', '.join(known)}.")
    if not condition.strip() or len(condition) > 200:
        raise UsageError("The condition is empty or too long", given=f"{len(condition)} characters", todo="Name it.")
    if out is not None and out.exists() and not force:
        raise UsageError("The file is there already", given=str(out), todo="Name another, or give --force.")
    library = open_library(Settings())
    protocol = draft_protocol(
        condition.strip(), Modality(modality), library.retriever, library.cards, specialty=specialty
    )
    text = protocol.model_dump_json(indent=2) if as_json else draft_yaml(protocol)
    if out is None:
        typer.echo(text)
    else:
        out.write_text(text, encoding="utf-8")
        typer.echo(f"{out}: {len(protocol.indicators)} indicators, {protocol.reviewed}.", err=True)


def draft_yaml(protocol: DiagnosticProtocol) -> str:
    """Return a protocol as the text of a protocol file."""
    import yaml

    head = f"# {protocol.reviewed}: a person has to choose indicators, weights and the threshold before it is used.\n"
    body = yaml.safe_dump(
        protocol.model_dump(mode="json", exclude_defaults=True), sort_keys=False, allow_unicode=True, width=110
    )
    return head + body
