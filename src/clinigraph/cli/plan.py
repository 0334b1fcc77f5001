"""``clinigraph plan``: a draft plan as a file that a person reviews, edits and runs."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import typer

from clinigraph.errors import UsageError
from clinigraph.models.codes import Modality
from clinigraph.settings import Settings


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What was asked on the command line."""

    question: str
    modality: str
    out: Path
    model: str | None = None
    base_url: str | None = None
    as_json: bool = False


def draft_plan(request: PlanRequest) -> None:
    """Write a plan: by the model where one is set, else from the criteria that guideline cards state.

    Raises:
        ClinigraphError: No plan could be made; nothing is written then.
    """
    from clinigraph.agents.plan_store import save_protocol
    from clinigraph.client.drafting import draft
    from clinigraph.client.session import Session

    settings = Settings()
    changes = {"model_name": request.model, "model_base_url": request.base_url}
    session = Session(settings.model_copy(update={k: v for k, v in changes.items() if v is not None}))
    protocol = asyncio.run(draft(session, request.question, _modality(request.modality)))
    save_protocol(protocol, request.out)
    if request.as_json:
        typer.echo(json.dumps(protocol.model_dump(mode="json"), ensure_ascii=False, indent=2))
        return
    for indicator in protocol.indicators:
        rule = f" {indicator.criterion.text}" if indicator.criterion else ""
        typer.echo(f"{indicator.weight:.2f}  {indicator.name}{rule}")
    typer.echo(f"Draft, not reviewed: {request.out}. Run it with: clinigraph diagnose PATH --plan {request.out}")


def _modality(text: str) -> Modality:
    word = text.strip().lower().replace("-", "_").replace(" ", "_")
    known = {m.name.lower(): m for m in Modality} | {m.value.lower(): m for m in Modality}
    if word not in known:
        raise UsageError(
            "There is no such kind of image",
            given=text,
            todo=f"Known are: {', '.join(m.name.lower() for m in Modality)}.",
        )
    return known[word]
