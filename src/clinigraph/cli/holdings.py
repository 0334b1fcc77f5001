"""``clinigraph knowledge stats`` and ``verify``: what is held, and whether it is whole."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

import typer


def show_stats(*, as_json: bool) -> None:
    """Count cards by specialty and the user's documents by trust, and say which cards may be outdated."""
    from datetime import UTC, datetime

    from clinigraph.knowledge.library import open_library
    from clinigraph.settings import Settings

    library = open_library(Settings())
    today = datetime.now(tz=UTC).date()
    specialties = Counter(str(card.specialty) for card in library.cards)
    old = sorted(card.id for card in library.cards if card.may_be_outdated(today))
    newer = {card.id: card.superseded_by for card in library.cards if card.superseded_by is not None}
    trusts = library.user_trust()
    data = {
        "cards": len(library.cards),
        "passages": library.count(),
        "specialties": dict(sorted(specialties.items())),
        "may_be_outdated": old,
        "superseded_by": {name: newer[name].model_dump(mode="json") for name in sorted(newer)},
        "user_passages": dict(sorted(trusts.items())),
    }
    if as_json:
        typer.echo(json.dumps(data, indent=2))
        return
    _show_table(specialties)
    own = ", ".join(f"{n} {name}" for name, n in sorted(trusts.items())) or "none"
    typer.echo(f"{len(library.cards)} cards, {library.count()} passages; {len(old)} may be outdated.")
    typer.echo(f"Of {len(newer)} of them a newer edition is known.")
    typer.echo(f"Passages of your own documents: {own}.")


def _show_table(specialties: Mapping[str, int]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("Specialty")
    table.add_column("Cards", justify="right")
    for name, count in sorted(specialties.items()):
        table.add_row(name, str(count))
    Console(highlight=False).print(table)


def verify_holdings(*, as_json: bool) -> int:
    """Prove every passage: readable, hashed, found again byte for byte, and each card's criteria in order.

    Returns:
        0, or 1 when a passage or a card failed.
    """
    from clinigraph.knowledge.card_checks import check_cards
    from clinigraph.knowledge.cards import card_passages
    from clinigraph.knowledge.library import open_library
    from clinigraph.settings import Settings

    library = open_library(Settings())
    failed = [str(p.id) for c in library.cards for p in card_passages(c) if not library.verify(p)]
    failed += [str(i) for i in library.damaged_user_passages()]
    problems = [f"{p.passage_id} {p.message}" for p in check_cards(library.cards)]
    if as_json:
        typer.echo(json.dumps({"passages": library.count(), "failed": failed, "card_problems": problems}, indent=2))
    else:
        typer.echo(f"{library.count()} passages, {len(failed)} failed, {len(problems)} problems of cards.")
        for line in (*failed, *problems):
            typer.echo(f"  {line}")
    return 1 if failed or problems else 0
