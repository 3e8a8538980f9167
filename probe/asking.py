"""A question about a path as users write it: `SUBNET[,SG...]` and `HOST:PORT`, and its answer.

Reads words, and a snapshot where words leave something open; sends nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from probe import walks
from probe.model import Verdict
from probe.network.walk.path import Source
from probe.reading import is_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from probe.model import Path
    from probe.network.snapshot import Snapshot
    from probe.network.vpc import Network

T = TypeVar("T")
_WORST_FIRST = (Verdict.UNREACHABLE, Verdict.UNDETERMINED, Verdict.REACHABLE)
_SUBNET = "a subnet and its security groups, like subnet-0a1b,sg-0c2d"
_TARGET = "a host and a port, like db.example.internal:5432 or [2001:db8::1]:443"


class AskError(ValueError):
    """The question cannot be understood; the text is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a connection is to lead."""

    host: str
    port: int

    @property
    def aim(self) -> walks.Aim:
        """The place as walks take it."""
        return walks.Aim(str(self), self.host, self.port)

    def __str__(self) -> str:
        """Write it as users do."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def place(text: str, option: str = "--to") -> Place:
    """Read HOST:PORT; an IPv6 address stands in brackets, so that its end can be seen."""
    host, colon, port = text.strip().rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    good = port.isascii() and port.isdecimal() and 0 < int(port) < 65536
    if not (colon and good and is_host(host) and bracketed == (":" in host)):
        raise AskError(f"{option}: {text!r} must be {_TARGET}")
    return Place(host, int(port))


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a function is to stand."""

    subnet_ids: tuple[str, ...]
    group_ids: tuple[str, ...]


def placement(subnets: str, groups: str) -> Stand:
    """Read the two lists of ids of a placement."""
    return Stand(_ids(subnets, "subnet-", "--subnets"), _ids(groups, "sg-", "--security-groups"))


def _ids(text: str, prefix: str, option: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if not found or not all(one.startswith(prefix) for one in found):
        raise AskError(f"{option}: {text!r} must be ids like {prefix}0a1b, parted by commas")
    return found


def lines(text: str, name: str) -> Iterator[tuple[str, str]]:
    """Read one question a line: `{"from": "subnet-0a1b,sg-0c2d", "to": "10.0.2.10:5432"}`."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
            start, target = asked["from"], asked["to"]
        except (ValueError, TypeError, KeyError):
            start = target = None
        if not (isinstance(start, str) and isinstance(target, str)):
            form = '{"from": "SUBNET[,SG...]", "to": "HOST:PORT"}'
            raise AskError(f"{name}: line {number} must be an object like {form}")
        yield start, target


def ask(network: Network, start: str, target: str) -> Path:
    """Answer one question."""
    return answer(network, source(start, network.snapshot), place(target))


def preflight(network: Network, stand: Stand, places: Sequence[Place]) -> list[Path]:
    """Walk from every subnet of a placement to every place."""
    for subnet_id in stand.subnet_ids:
        _subnet(network.snapshot, subnet_id, "--subnets")
    _groups(network.snapshot, stand.group_ids, "--security-groups")
    starts = [Source(subnet_id, stand.group_ids) for subnet_id in stand.subnet_ids]
    return [answer(network, start, to) for to in places for start in starts]


def source(text: str, snapshot: Snapshot, option: str = "--from") -> Source:
    """Read SUBNET[,SG...]; groups that are not named are the function's, or the VPC's default."""
    subnet_id, *groups = (part.strip() for part in text.split(","))
    if not subnet_id.startswith("subnet-") or not all(g.startswith("sg-") for g in groups):
        raise AskError(f"{option}: {text!r} must be {_SUBNET}")
    subnet = _subnet(snapshot, subnet_id, option)
    _groups(snapshot, groups, option)
    named = tuple(groups) or _functions_groups(snapshot, subnet_id)
    named = named or _default_group(snapshot, subnet)
    if not named:
        raise AskError(f"{option}: the security groups of {subnet_id} are needed: {_SUBNET}")
    return Source(subnet_id, named)


def _subnet(snapshot: Snapshot, subnet_id: str, option: str) -> Mapping[str, Any]:
    """Find the subnet; where the list was not read, it may well exist."""
    rows = snapshot.get("Subnets")
    if not isinstance(rows, tuple):
        return {}
    for row in rows:
        if row.get("SubnetId") == subnet_id:
            return row
    raise _absent(snapshot, subnet_id, option, "subnets", [row.get("SubnetId") for row in rows])


def _groups(snapshot: Snapshot, group_ids: Iterable[str], option: str) -> None:
    """Refuse a group that the snapshot lacks; where the list was not read, it may well exist."""
    rows = snapshot.get("SecurityGroups")
    if isinstance(rows, tuple):
        known = {row.get("GroupId"): None for row in rows}
        for group_id in group_ids:
            if group_id not in known:
                raise _absent(snapshot, group_id, option, "security groups", known)


def _absent(
    snapshot: Snapshot, identity: str, option: str, what: str, known: Iterable[object]
) -> AskError:
    ids = [str(one) for one in known]
    some = ", ".join(ids[:5]) + (", ..." if len(ids) > 5 else "")
    return AskError(
        f"{option}: {identity} is not in {snapshot.name}, whose {what} are: {some or 'none'}"
    )


def _functions_groups(snapshot: Snapshot, subnet_id: str) -> tuple[str, ...]:
    function = snapshot.get("FunctionConfiguration")
    vpc = function.get("VpcConfig") if isinstance(function, dict) else None
    if not isinstance(vpc, dict) or subnet_id not in (vpc.get("SubnetIds") or ()):
        return ()
    return tuple(vpc.get("SecurityGroupIds") or ())


def _default_group(snapshot: Snapshot, subnet: Mapping[str, Any]) -> tuple[str, ...]:
    """Find the group of an interface for which nobody names one.

    https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
    """
    rows = snapshot.get("SecurityGroups")
    for row in rows if isinstance(rows, tuple) else ():
        if row.get("GroupName") == "default" and row.get("VpcId") == subnet.get("VpcId"):
            return (str(row.get("GroupId")),)
    return ()


def answer(network: Network, start: Source, to: Place) -> Path:
    """Walk to the name and to every address of the place, and give what holds for all of it."""
    dns, packets = walks.ways(network, start, to.aim)
    parts = (*dns, joined(packets)) if packets else dns
    return replace(
        parts[-1],
        verdict=min((part.verdict for part in parts), key=_WORST_FIRST.index),
        hops=_all(part.hops for part in parts),
        blockers=_all(part.blockers for part in parts),
        undetermined=_all(part.undetermined for part in parts),
        assumptions=_all(part.assumptions for part in parts),
        target=str(to),
    )


def _all(parts: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    """Put what several walks met one after another, each thing once."""
    found: list[T] = []
    for part in chain.from_iterable(parts):
        if part not in found:
            found.append(part)
    return tuple(found)


def joined(paths: Sequence[Path]) -> Path:
    """Make one answer of those for several addresses: it is reachable where all are."""
    if len(paths) == 1 or len({path.verdict for path in paths}) == 1:
        return paths[0]
    first = min(paths, key=lambda path: _WORST_FIRST.index(path.verdict))
    # Another address of the same name is open, or may be: not all connections are lost here.
    some = tuple(replace(blocker, partial=True) for blocker in first.blockers)
    unknown = _all(path.undetermined for path in paths)
    return replace(first, verdict=Verdict.UNDETERMINED, blockers=some, undetermined=unknown)
