"""The JSON Schemas of the event and of the report, as they ship with the package."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, cast

NAMES = ("event", "report")


def load(name: str) -> dict[str, Any]:
    """Give the schema of that name; `NAMES` are those there are."""
    text = resources.files(__package__).joinpath("schema", f"{name}.schema.json").read_text("utf-8")
    return cast("dict[str, Any]", json.loads(text))
