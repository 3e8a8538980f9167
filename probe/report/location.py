"""Where in a file a finding belongs: what a pipeline marks for the one who reads the change."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probe.model import Report


@dataclass(frozen=True, slots=True)
class Source:
    """The file that was judged, and the lines of the resources that it makes, by their ids."""

    file: str
    lines: Mapping[str, int] = field(default_factory=dict)

    def line(self, report: Report, component: str | None = None) -> int:
        """Find the line of a component, else of the function, else the file's first."""
        ids = (*_ids(component), *_ids(report.placement.function))
        return next((self.lines[one] for one in ids if one in self.lines), 1)

    @property
    def path(self) -> str:
        """The file as a reader of the repository names it; a stranger's stays where it lies."""
        whole, here = Path(self.file).resolve(), Path.cwd()
        return (whole.relative_to(here) if whole.is_relative_to(here) else whole).as_posix()

    def physical(self, report: Report, component: str | None = None) -> dict[str, Any]:
        """Give SARIF's physical location; code scanning shows nothing that has no line.

        https://docs.github.com/en/code-security/reference/code-scanning/sarif-support-for-code-scanning
        """
        path = Path(self.path)
        uri = path.as_uri() if path.is_absolute() else quote(self.path)
        region = {"startLine": self.line(report, component)}
        return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}


def _ids(name: object) -> Iterator[str]:
    """Take apart "Orders, Bills" and "sg-planned-Group"."""
    if isinstance(name, str):
        yield from name.split(", ")
        yield name.rpartition("-")[2]
