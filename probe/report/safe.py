"""What a server or a tag says is shown and never acts: not on a terminal, not in a document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probe.report.document import from_document, to_document
from probe.report.pen import safe

if TYPE_CHECKING:
    from probe.model import Report

# The label of a check that needs no target: "logs logs".
_DOUBLED = re.compile(r"\b(dynamodb|logs) \1\b")
# What XML 1.0 cannot hold, escaped or not: https://www.w3.org/TR/xml/#charsets
_UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def harmless(report: Report) -> Report:
    """Make visible whatever in a report would command a terminal or a reader's eye."""
    return from_document(_safe(to_document(report)))


def _safe(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {key: _safe(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_safe(item) for item in value]
    return _DOUBLED.sub(r"\1", safe(value)) if isinstance(value, str) else value


def for_xml(text: str) -> str:
    """Make visible what XML cannot hold."""
    return _UNSAYABLE.sub(lambda char: ascii(char[0])[1:-1], text)
