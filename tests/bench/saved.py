"""What was measured last, kept in a file, and shown in the README as it stands there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.row import HEAD, Row

if TYPE_CHECKING:
    from collections.abc import Mapping

RESULT = Path(__file__).parent / "result.json"
COMMAND = "python -m tests.bench --save"
_NONE = (
    "No table stands here yet: it comes with the first whole run on a machine that does nothing"
    f" else, `{COMMAND}`."
)


def markdown(result: Mapping[str, Any] | None) -> str:
    """Show a result as a table, with the command and the versions; say so where there is none."""
    if result is None:
        return _NONE
    lines = [HEAD, tuple("---" for _ in HEAD), *(Row.read(row).cells() for row in result["rows"])]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    versions = ", ".join(f"{name} {told}" for name, told in result["versions"].items() if told)
    return (
        f"{table}\n\nMeasured by `{COMMAND}` on {result['machine']}, under a load of"
        f" {result['load']}, with {versions}."
    )


def last() -> dict[str, Any] | None:
    """Read what was saved; None where nothing was."""
    if not RESULT.exists():
        return None
    found: dict[str, Any] = json.loads(RESULT.read_text("utf-8"))
    return found
