"""Why can't my Lambda reach X? Real packets from its real placement, and the cause behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from probe.api import (
        Comparison,
        Snapshot,
        diagnose,
        diff,
        explain,
        path,
        preflight,
        read_report,
        read_snapshot,
        run,
        to_document,
        to_html,
        to_text,
    )

__version__ = "0.1.0"
__all__ = [
    "Comparison",
    "Snapshot",
    "diagnose",
    "diff",
    "explain",
    "path",
    "preflight",
    "read_report",
    "read_snapshot",
    "run",
    "to_document",
    "to_html",
    "to_text",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of the above
    """Load the API when it is asked for: a function's start does not need it."""
    if name in __all__:
        from probe import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
