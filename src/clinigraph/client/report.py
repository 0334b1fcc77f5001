"""The report as the SDK hands it out: a value that can be saved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import PrivateAttr, ValidationError

from clinigraph.errors import InputUnreadable
from clinigraph.models import report as values

if TYPE_CHECKING:
    from clinigraph.export import SavedReport


class Report(values.Report):
    """A report with its pictures."""

    _pictures: dict[str, bytes] = PrivateAttr(default_factory=dict)

    @classmethod
    def of(cls, report: values.Report, pictures: Mapping[str, bytes]) -> Self:
        """Join a report and its overlay pictures (file name -> PNG)."""
        joined = cls.model_validate(dict(report))
        joined._pictures = dict(pictures)
        return joined

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read ``report.json``.

        Raises:
            InputUnreadable: The file is missing or is no report.
        """
        place = Path(path)
        try:
            return cls.model_validate_json(place.read_bytes())
        except OSError as error:
            raise InputUnreadable("No such report", given=str(path), todo="Give the path of a report.json.") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise InputUnreadable(
                "The file is no report of this version",
                given=f"{path} ({where}: {first['msg']})",
                todo=f"Give a report.json with schema_version {values.SCHEMA_VERSION}.",
            ) from error

    @property
    def pictures(self) -> Mapping[str, bytes]:
        """Overlay pictures by file name."""
        return self._pictures

    def save(self, folder: str | Path) -> SavedReport:
        """Write report.json, report.md, report.html and overlays/*.png; a crash leaves nothing half-done.

        Raises:
            UsageError: The folder cannot be written.
        """
        from clinigraph.export import save_report

        return save_report(self, Path(folder), pictures=self._pictures)
