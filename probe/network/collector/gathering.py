"""Asks AWS many questions side by side and keeps the answers under AWS's list names.

A question that fails leaves its list unread, with the reason and the permission, and touches no
other; so does an answer that is not of AWS's shape. Decides nothing about what to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from probe.network import keys, shapes
from probe.network.fields import Malformed, shown
from probe.network.values import Entry, ReadFailed, Snapshot, Unread, Value

SIDE_BY_SIDE = 8  # EC2 throttles bursts; more gains nothing
# Lists in which an entry that is missing makes an answer unknown and never another one.
SAFE_IN_PART = frozenset(
    {
        "NetworkInterfaces",
        "SubnetNetworkInterfaces",
        "SecurityGroups",
        "ManagedPrefixListEntries",
        "TransitGatewayRoutes",
        "TargetHealthDescriptions",
        "LoadBalancerAttributes",
        "ResourceRecordSets",
        "FirewallRules",
        "FirewallDomains",
        "Firewalls",
        "FirewallPolicies",
        "RuleGroups",
        "VpcAttributes",
        "Instances",
    }
)


class Reader(Protocol):
    """One AWS call with every page of its answer; raises ReadFailed."""

    def __call__(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Call `operation` ("DescribeSubnets") of `service` ("ec2")."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """One call, and the list that its answer belongs to."""

    name: str
    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    # Turns the answer into entries; without it the answer holds them under the list's own name.
    entries: Callable[[Mapping[str, Any]], Iterable[Entry]] | None = None


def filters(**wanted: Iterable[str]) -> dict[str, Any]:
    """Write EC2 filters: `filters(vpc_id=[...])` asks by "vpc-id"."""
    return {
        "Filters": [
            {"Name": name.replace("__", ".").replace("_", "-"), "Values": sorted(set(values))}
            for name, values in wanted.items()
        ]
    }


class Gathering:
    """What was read so far."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._lists: dict[str, dict[str, Entry]] = {}
        self._objects: dict[str, Entry] = {}
        self._failed: dict[str, Unread] = {}
        self.calls = 0

    def ask(self, questions: Iterable[Question]) -> None:
        """Ask these side by side, and wait for all."""
        asked = list(questions)
        self.calls += len(asked)
        if not asked:
            return
        with ThreadPoolExecutor(min(SIDE_BY_SIDE, len(asked))) as pool:
            for question, answer in zip(asked, pool.map(self._answer, asked), strict=True):
                self._keep(question, answer)

    def entries(self, name: str) -> tuple[Entry, ...]:
        """Return what was read of a list so far; nothing when it was not read."""
        return tuple(self._lists.get(name, {}).values())

    def object(self, name: str) -> Entry:
        """Return a single object; empty when it was not read."""
        return self._objects.get(name, {})

    def snapshot(self, name: str) -> Snapshot:
        """Return everything as a snapshot."""
        lists = {name: tuple(entries.values()) for name, entries in self._lists.items()}
        # Where a thing's absence would say something, half a list is none.
        failed = {
            name: unread
            for name, unread in self._failed.items()
            if name not in lists or name not in SAFE_IN_PART
        }
        values: dict[str, Value] = {**lists, **self._objects, **failed}
        return Snapshot(values, name, self.calls)

    def _answer(self, question: Question) -> list[Entry] | Unread:
        try:
            answer = self._read(question.service, question.operation, **question.parameters)
            return _entries(question, answer)
        except ReadFailed as failed:
            return Unread(failed.reason, failed.needs or keys.needs(question.name))
        except Malformed as complaint:
            reason = f"{question.operation} answered what AWS does not ({complaint})"
            return Unread(reason, keys.needs(question.name))

    def _keep(self, question: Question, answer: list[Entry] | Unread) -> None:
        if isinstance(answer, Unread):
            self._failed.setdefault(question.name, answer)
        elif question.name in keys.OBJECTS:
            self._objects[question.name] = answer[0]
        else:
            identity = keys.LISTS[question.name].id
            known = self._lists.setdefault(question.name, {})
            for entry in answer:
                key = str(entry.get(identity)) if identity else str(len(known))
                known[key] = {**known.get(key, {}), **entry}


def _entries(question: Question, answer: Mapping[str, Any]) -> list[Entry]:
    """Take the entries out of an answer, and check that each is what AWS would say."""
    if not isinstance(answer, Mapping):
        raise Malformed("", f"expected an object, got {shown(answer)}")
    if question.entries is not None:
        try:
            found = list(question.entries(answer))
        except (KeyError, TypeError, AttributeError) as error:
            raise Malformed(question.operation, f"its answer lacks {error}") from None
    elif question.name in keys.OBJECTS:
        found = [answer]
    else:
        value = answer.get(question.name)
        if not isinstance(value, list | tuple):
            raise Malformed(question.name, f"expected a list, got {shown(value)}")
        found = list(value)
    for index, entry in enumerate(found):
        if not isinstance(entry, Mapping):
            raise Malformed(f"{question.name}[{index}]", f"expected an object, got {shown(entry)}")
    shapes.check(question.name, tuple(found))
    return found
