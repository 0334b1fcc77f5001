"""Options that carry values: ``--box``, ``--point`` and ``--fact``."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from clinigraph.errors import UsageError
from clinigraph.models.case import Fact
from clinigraph.models.imaging import Box, Point


def parse_boxes(texts: Sequence[str]) -> dict[str, Box]:
    """Return boxes by structure from ``LABEL=x0,y0,x1,y1``.

    Raises:
        UsageError: A text is no box; the message quotes it.

    Example:
        >>> parse_boxes(["optic_disc=10,20,110,130"])["optic_disc"].x1
        110.0
    """
    return dict(_box(text) for text in texts)


def _box(text: str) -> tuple[str, Box]:
    label, _, numbers = text.partition("=")
    try:
        x0, y0, x1, y1 = (float(n) for n in numbers.split(","))
        return label.strip(), Box(x0=x0, y0=y0, x1=x1, y1=y1)
    except (ValueError, ValidationError) as error:
        raise UsageError(
            "That is no box", given=text, todo="Write LABEL=x0,y0,x1,y1 in pixels, with x0 < x1 and y0 < y1."
        ) from error


def parse_points(texts: Sequence[str]) -> dict[str, tuple[Point, ...]]:
    """Return points by structure from ``LABEL=x,y``, ``LABEL=x,y,+`` (inside) or ``LABEL=x,y,-`` (beside it).

    Raises:
        UsageError: A text is no point; the message quotes it.

    Example:
        >>> [point.inside for point in parse_points(["target=10,20", "target=90,80,-"])["target"]]
        [True, False]
    """
    points: dict[str, tuple[Point, ...]] = {}
    for text in texts:
        label, point = _point(text)
        points[label] = (*points.get(label, ()), point)
    return points


def _point(text: str) -> tuple[str, Point]:
    label, _, numbers = text.partition("=")
    x, y, sign = [*numbers.split(","), "+", ""][:3]
    try:
        if numbers.count(",") > 2 or sign.strip() not in ("+", "-") or not label.strip():
            raise ValueError(sign)
        return label.strip(), Point(x=float(x), y=float(y), inside=sign.strip() == "+")
    except (ValueError, ValidationError) as error:
        raise UsageError(
            "That is no point", given=text, todo="Write LABEL=x,y in pixels; add ,- for a place beside the structure."
        ) from error


def parse_facts(texts: Sequence[str]) -> tuple[Fact, ...]:
    """Return facts from ``NAME=VALUE``, checked against the fact catalogue.

    Raises:
        UsageError: A text has no ``=``.
        CaseInvalid: The fact is unknown, or its unit or value cannot be.
    """
    from clinigraph.intake.facts import parse_fact

    facts: list[Fact] = []
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator:
            raise UsageError("That is no fact", given=text, todo="Write NAME=VALUE, for example age='61 years'.")
        facts.extend(parse_fact(name.strip(), value.strip(), source="command line", given=text))
    return tuple(facts)
