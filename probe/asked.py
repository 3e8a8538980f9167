"""What DiagnoseFunction was asked: about which function, with which event, and by which alarm.

`{}` and what EventBridge sends of itself mean the probe of this stack and its own targets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probe import alarm
from probe.model import Placement, Unknown
from probe.reading import SettingsError
from probe.settings import SCHEDULERS

if TYPE_CHECKING:
    from probe.alarm import Change

PROBE = "PROBE_FUNCTION"
_ACCEPTED = "the name or ARN of a Lambda function"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question."""

    function: str
    event: Mapping[str, Any]
    change: Change | None = None  # of the alarm that asks; its answer goes to people


def read(event: object, environment: Mapping[str, str]) -> Asked:
    """Read the event; raises SettingsError with one sentence for the user."""
    if not isinstance(event, Mapping):
        raise SettingsError(f'The event must be an object like {{"function": {_ACCEPTED}}}.')
    own = environment.get(PROBE, "").strip()
    if event.get("source") in SCHEDULERS:
        return Asked(_function(own, environment), {}, alarm.read(event))
    function = _function(event.get("function", own), environment)
    return Asked(function, {key: value for key, value in event.items() if key != "function"})


def _function(name: object, environment: Mapping[str, str]) -> str:
    if not isinstance(name, str) or not name.strip():
        without = "" if environment.get(PROBE) else f", and {PROBE} in the environment names none"
        raise SettingsError(f"function must be {_ACCEPTED}{without}.")
    return name.strip()


def elsewhere(event: object, environment: Mapping[str, str]) -> Placement:
    """Name what was asked about, before anything is known of it."""
    function = event.get("function") if isinstance(event, Mapping) else None
    unread = Unknown("not read", "lambda:GetFunctionConfiguration")
    return Placement(
        function=function if isinstance(function, str) else Unknown("not named in the event"),
        region=environment.get("AWS_REGION") or Unknown("AWS_REGION is not set"),
        in_vpc=unread,
        vpc_id=unread,
        subnet_ids=unread,
        security_group_ids=unread,
        az_id=unread,
        subnet_id=unread,
    )
