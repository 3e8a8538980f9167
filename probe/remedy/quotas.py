"""Rules of groups and network ACLs against AWS's default quotas: what a fix may be refused for.

A quota holds for one direction and one IP version. It can be raised, and nobody reads here whether
it was: so a fix that goes beyond the default is not promised, and says so. Only what a fix makes
longer counts; what is longer already has a raised quota, and there may be room.
https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probe.network import fields
from probe.network.nacl import IMPLICIT_DENY
from probe.network.vpc import Network, NotRead, as_written
from probe.remedy.proposal import Proposal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.network.fields import Entry
    from probe.network.values import Snapshot
    from probe.remedy.trials import Trials

_OF_GROUP = 60
_OF_ACL = 20  # with the last rule, which denies
_DIRECTIONS = {"inbound": "IpPermissions", "outbound": "IpPermissionsEgress"}
_VERSIONS = {4: "IpRanges", 6: "Ipv6Ranges"}
# What a list of AWS's counts for, by the end of its name; one that is not named counts for one.
# https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
_WEIGHTS = {
    "cloudfront.origin-facing": 55,
    "ec2-instance-connect": 2,
    "groundstation": 5,
    "route53-healthchecks": 25,
    "vpc-lattice": 10,
}


@dataclass(frozen=True, slots=True)
class _Excess:
    """What a step gives more rules than the default quota."""

    name: str
    direction: str
    version: int
    was: int
    now: int
    quota: int

    def __str__(self) -> str:
        kind = f"{self.direction} rules{' for IPv6' if self.version == 6 else ''}"
        last = ", the last that denies among them," if self.quota == _OF_ACL else ""
        return (
            f"{self.name} has {self.was} {kind}{last} and would have {self.now}; the default quota "
            f"is {self.quota}, so AWS may refuse this until a rule is removed or the quota is "
            "raised."
        )


def doubt(snapshot: Snapshot, proposal: Proposal, trials: Trials) -> str:
    """Say what may be refused when this is done in this snapshot; nothing where all fits."""
    for step in proposal.steps:
        after = trials.after(Proposal("", (step,)), snapshot)
        if after is not snapshot:
            for excess in _exceeded(snapshot, after):
                return str(excess)
        snapshot = after
    return ""


def is_full(network: Network, group_id: str, direction: str) -> bool:
    """Whether a group has as many rules as the default quota lets it have."""
    group = network.one("SecurityGroups", group_id, as_written)
    return any(
        _weight(network, group, _DIRECTIONS[direction], one) >= _OF_GROUP for one in _VERSIONS
    )


def _exceeded(before: Snapshot, after: Snapshot) -> Iterator[_Excess]:
    """Yield what one step makes longer than the default quota."""
    network = Network(after)
    for old, new in _changed(before, after, "SecurityGroups"):
        for direction, key in _DIRECTIONS.items():
            for version in _VERSIONS:
                was, now = (_weight(network, one, key, version) for one in (old, new))
                if now > max(was, _OF_GROUP):
                    name = f"Security group {new.get('GroupId')}"
                    yield _Excess(name, direction, version, was, now, _OF_GROUP)
    for old, new in _changed(before, after, "NetworkAcls"):
        for direction in _DIRECTIONS:
            for version in _VERSIONS:
                was, now = (_rules(one, direction, version) for one in (old, new))
                if now > max(was, _OF_ACL):
                    name = f"Network ACL {new.get('NetworkAclId')}"
                    yield _Excess(name, direction, version, was, now, _OF_ACL)


def _changed(before: Snapshot, after: Snapshot, name: str) -> Iterator[tuple[Entry, Entry]]:
    """Yield the entries of a list that differ, as they were and as they are."""
    old, new = before.get(name), after.get(name)
    if old is new or not isinstance(old, tuple) or not isinstance(new, tuple):
        return
    for at, entry in enumerate(new):
        was: Entry = old[at] if at < len(old) else {}
        if was is not entry:
            yield was, entry


def _weight(network: Network, group: Entry, key: str, version: int) -> int:
    """Count the rules of a group as AWS does: a name of another group is one for either version.

    https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html#security-group-size
    """
    return sum(
        len(fields.items(permission, _VERSIONS[version]))
        + len(fields.items(permission, "UserIdGroupPairs"))
        + sum(
            _size(network, str(one.get("PrefixListId")))
            for one in fields.items(permission, "PrefixListIds")
        )
        for permission in fields.items(group, key)
    )


def _size(network: Network, prefix_list_id: str) -> int:
    """Return what a prefix list counts for: AWS's own its weight, others the most they may hold."""
    entry: Any = None
    with contextlib.suppress(NotRead):
        entry = network.maybe("PrefixLists", prefix_list_id, as_written)
    name = str((entry or {}).get("PrefixListName"))
    if name.startswith("com.amazonaws."):
        return next((size for end, size in _WEIGHTS.items() if name.endswith(end)), 1)
    return int((entry or {}).get("MaxEntries") or 1)


def _rules(acl: Entry, direction: str, version: int) -> int:
    """Count the rules of a network ACL, the one that denies what is left among them."""
    field = "Ipv6CidrBlock" if version == 6 else "CidrBlock"
    own = [
        entry
        for entry in fields.items(acl, "Entries")
        if bool(entry.get("Egress")) == (direction == "outbound") and entry.get(field)
    ]
    return 1 + sum(int(entry.get("RuleNumber") or 0) < IMPLICIT_DENY for entry in own)
