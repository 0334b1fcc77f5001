"""Curated protocols: one versioned YAML file each."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from clinigraph.errors import PlanInvalid
from clinigraph.models.planning import DiagnosticProtocol

FOLDER = Path(__file__).resolve().parent


def load_protocol(path: Path) -> DiagnosticProtocol:
    """Read one protocol file.

    Args:
        path: A YAML file that holds exactly the fields of ``DiagnosticProtocol``.

    Raises:
        PlanInvalid: The file cannot be read or breaks the schema; each problem is named.
    """
    try:
        return DiagnosticProtocol.model_validate(yaml.load(path.read_text(encoding="utf-8"), _Loader))  # noqa: S506
    except (OSError, yaml.YAMLError) as error:
        raise PlanInvalid("A protocol file cannot be read", given=path.name, todo="Check that it is YAML.") from error
    except ValidationError as error:
        problems = tuple(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise PlanInvalid(
            "A protocol breaks the schema",
            given=f"{path.name}: {'; '.join(problems)}",
            todo="Compare it with knowledge/protocols/glaucoma-fundus.yaml.",
            problems=problems,
        ) from error


def load_protocols(folder: Path = FOLDER) -> tuple[DiagnosticProtocol, ...]:
    """Return every protocol of a folder, sorted by id.

    Raises:
        PlanInvalid: A file breaks the schema, or two files carry one id.
    """
    protocols = sorted((load_protocol(p) for p in folder.glob("*.yaml")), key=lambda p: p.id)
    ids = [p.id for p in protocols]
    double = next((i for i in ids if ids.count(i) > 1), None)
    if double is not None:
        raise PlanInvalid("Two protocol files carry one id", given=double, todo="Rename one of them.")
    return tuple(protocols)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe loader that keeps ISO dates as text (the values are text)."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
