"""EC2 instances: whether they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import fields

if TYPE_CHECKING:
    from probe.network.fields import Entry

RUNNING = "running"


def read_state(entry: Entry) -> str:
    """Read the state of one entry of Instances."""
    return fields.maybe_text(fields.mapping(entry, "State"), "Name") or RUNNING
