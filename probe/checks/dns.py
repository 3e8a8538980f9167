"""A name, resolved and nothing more: `{"check": "dns", "name": "db.example.internal"}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.connection.resolve import literal
from probe.target import Check, Target

if TYPE_CHECKING:
    from probe.reading import Fields
    from probe.target import Surroundings


def _parse(fields: Fields, _: Surroundings) -> Target:
    name = fields.host("name")
    if literal(name):
        raise fields.wrong("name", "a host name to resolve")
    return Target("dns", name, name, None)


CHECK = Check("dns", ("name",), _parse, "the name resolves; its addresses are listed")
