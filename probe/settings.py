"""From an event and the environment to frozen settings: validated once, with the bad key named.

The environment gives what the event leaves out (`PROBE_TARGETS`, `PROBE_TIMEOUT_S`,
`PROBE_REPEAT`) and what no event may go beyond (`PROBE_ALLOW`, `PROBE_MAX_TARGETS`,
`PROBE_MAX_REPEAT`, `PROBE_MAX_PORTS`). Opens no connection.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from probe.checks import CHECKS
from probe.connection.guard import Policy, policy
from probe.reading import Fields, SettingsError, kind, listed
from probe.target import Surroundings, Target

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Settings", "SettingsError", "Target", "parse"]

_KEYS = ("targets", "timeout_s", "repeat", "region", "hold_s")
_CHECKS = {check.name: check for check in CHECKS}
_SECONDS = (0.05, 60.0)
_USUAL_SECONDS = 3.0
_MOST = 1000
# Of all targets and repetitions together: what a 256 MB function can hold and a report can tell.
_MOST_CONNECTIONS = 10_000
_CAPS = ("PROBE_MAX_TARGETS", "PROBE_MAX_REPEAT", "PROBE_MAX_PORTS")
_NUMBERS = ("PROBE_TIMEOUT_S", "PROBE_REPEAT", *_CAPS)
LIMITS = ("PROBE_ALLOW", *_CAPS)  # what no event may go beyond
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
# and an alarm's change, which asks for the same.
SCHEDULERS = ("aws.events", "aws.scheduler", "aws.cloudwatch")
_LONGEST_HOLD_S = 30.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that one run needs."""

    targets: tuple[Target, ...]
    timeout_s: float = _USUAL_SECONDS  # for each stage
    repeat: int = 1
    region: str | None = None
    policy: Policy = field(default_factory=Policy)
    hold_s: float = 0.0  # how long the invocation lasts at least


def parse(
    event: object, environment: Mapping[str, str], *, allow_loopback: bool = False
) -> Settings:
    """Read an event; `{}` and a schedule's event mean the targets of the environment.

    Raises SettingsError with one sentence for the user, and nothing else, whatever the event is.
    """
    limits = Fields(_numbers(environment), "", _NUMBERS)
    scheduled = isinstance(event, Mapping) and event.get("source") in SCHEDULERS
    fields = Fields({} if scheduled else event, "", _KEYS)
    # A copy: os.environ translates every name each time that it is looked through.
    around = Surroundings(fields.region("region") or _region(environment), dict(environment))
    timeout_s = limits.number("PROBE_TIMEOUT_S", *_SECONDS, _USUAL_SECONDS)
    most_repeats = limits.whole("PROBE_MAX_REPEAT", 1, _MOST, 20)
    repeat = limits.whole("PROBE_REPEAT", 1, most_repeats, 1)
    targets = _targets(fields, around, limits)
    repeat = fields.whole("repeat", 1, most_repeats, repeat)
    if len(targets) * repeat > _MOST_CONNECTIONS:
        raise SettingsError(
            f"{len(targets)} targets, {repeat} times each, are too many:"
            f" at most {_MOST_CONNECTIONS} connections are made in one run."
        )
    return Settings(
        targets=targets,
        timeout_s=fields.number("timeout_s", *_SECONDS, timeout_s),
        repeat=repeat,
        region=around.region,
        policy=policy(environment.get("PROBE_ALLOW", ""), allow_loopback=allow_loopback),
        hold_s=fields.number("hold_s", 0.0, _LONGEST_HOLD_S, 0.0),
    )


def _numbers(environment: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in _NUMBERS:
        if value := environment.get(name, "").strip():
            try:
                found[name] = json.loads(value)
            except (ValueError, RecursionError):
                found[name] = value
    return found


def _region(environment: Mapping[str, str]) -> str | None:
    name = "AWS_REGION" if environment.get("AWS_REGION") else "AWS_DEFAULT_REGION"
    value = {name: environment[name]} if environment.get(name) else {}
    return Fields(value, "", (name,)).region(name)


def _targets(fields: Fields, around: Surroundings, limits: Fields) -> tuple[Target, ...]:
    path, entries = "targets", fields.get("targets")
    if "targets" not in fields:
        path, entries = "PROBE_TARGETS", _from_environment(around.environment)
    if not isinstance(entries, (list, tuple)):
        raise SettingsError(f"{path} must be a list of targets, not {kind(entries)}.")
    if not entries:
        raise SettingsError(f"{path} must hold at least one target, like {_EXAMPLE}.")
    most = limits.whole("PROBE_MAX_TARGETS", 1, _MOST, _MOST)
    if len(entries) > most:
        raise SettingsError(f"{path} holds {len(entries)} targets; at most {most} are accepted.")
    targets = _told_apart(_target(e, f"{path}[{i}]", around) for i, e in enumerate(entries))
    ports = {target.port for target in targets} - {None}
    most = limits.whole("PROBE_MAX_PORTS", 1, 65535, _MOST)
    if len(ports) > most:
        raise SettingsError(f"{path} names {len(ports)} ports; at most {most} are accepted.")
    return targets


def _told_apart(targets: Iterable[Target]) -> tuple[Target, ...]:
    """Give numbers to what would be shown alike: a finding is said of a target by its label."""
    met: Counter[tuple[str, str]] = Counter()
    found = []
    for target in targets:
        met[target.check, target.label] += 1
        times = met[target.check, target.label]
        found.append(replace(target, label=f"{target.label} ({times})") if times > 1 else target)
    return tuple(found)


_EXAMPLE = '{"check": "http", "url": "https://checkip.amazonaws.com"}'


def _from_environment(environment: Mapping[str, str]) -> object:
    text = environment.get("PROBE_TARGETS", "").strip()
    if not text:
        raise SettingsError(
            "targets is missing, and so is PROBE_TARGETS in the environment:"
            f" one of them must be a list of targets, like [{_EXAMPLE}]."
        )
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise SettingsError(
            f"PROBE_TARGETS is not JSON: it must be a list of targets, like [{_EXAMPLE}]."
        ) from None


def _target(entry: object, path: str, around: Surroundings) -> Target:
    if not isinstance(entry, (dict, Mapping)):
        raise SettingsError(f"{path} must be an object like {_EXAMPLE}, not {kind(entry)}.")
    if "check" not in entry:
        raise SettingsError(f"{path}.check is missing: it must be one of {listed(_CHECKS)}.")
    name = entry["check"]
    if not isinstance(name, str) or name not in _CHECKS:
        raise SettingsError(f"{path}.check must be one of {listed(_CHECKS)}.")
    check = _CHECKS[name]
    return check.parse(Fields(entry, path, ("check", *check.keys)), around)
