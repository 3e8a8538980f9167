"""What a template or a plan intends: functions in their placement, groups, and rules of groups."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from probe.asking import Stand
from probe.model import Path, Undetermined, Unknown, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probe.asking import Place
    from probe.network.values import Entry, Snapshot

PLANNED = "sg-planned-"  # ids of groups that do not exist yet
_NAMES = {"-1": "-1", "all": "-1", "6": "tcp", "17": "udp"}


class PlanError(ValueError):
    """A file that cannot be used as a plan; the text is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function that is to be deployed into a VPC."""

    name: str
    subnet_ids: tuple[str, ...] | Unknown
    group_ids: tuple[str, ...] | Unknown

    @property
    def stand(self) -> Stand | None:
        """Where it is to stand; None where that cannot be told yet."""
        if isinstance(self.subnet_ids, Unknown) or isinstance(self.group_ids, Unknown):
            return None
        return Stand(self.subnet_ids, self.group_ids)

    def undecided(self, places: Sequence[Place]) -> list[Path]:
        """Give the paths of a function of which it is not known where it will stand."""
        gaps = [
            Undetermined(f"{what} of {self.name}", unknown.reason, unknown.needs)
            for what, unknown in (("subnets", self.subnet_ids), ("groups", self.group_ids))
            if isinstance(unknown, Unknown)
        ]
        return [
            Path(Verdict.UNDETERMINED, undetermined=tuple(gaps), target=str(to)) for to in places
        ]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule that is to be added to a group; `group` may be planned or exist."""

    group: str
    egress: bool
    permission: Entry


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything of a file that concerns placements."""

    functions: tuple[Function, ...]
    groups: tuple[str, ...] = ()  # ids of groups that it makes
    rules: tuple[Rule, ...] = ()
    gaps: tuple[Undetermined, ...] = ()  # rules that cannot be told yet: they may open a path
    lines: Mapping[str, int] = field(default_factory=dict)  # where the file makes each resource

    def only(self, names: Sequence[str], where: str) -> Plan:
        """Keep the functions of these names; all where none is named."""
        known = {function.name: function for function in self.functions}
        for name in names:
            if name not in known:
                told = ", ".join(known) or "none"
                raise PlanError(
                    f"--function: {name} is not in {where}, whose functions are: {told}"
                )
        if not known:
            raise PlanError(
                f"{where}: no function in it is placed in a VPC; where a parameter or a variable "
                "decides that, it wants a value, or name --subnets and --security-groups instead"
            )
        return replace(self, functions=tuple(known[name] for name in names or known))

    def existing(self) -> dict[str, tuple[str, ...]]:
        """Name the subnets and groups that exist already, and so can be read."""
        stands = [function.stand for function in self.functions]
        subnets = (one for stand in stands if stand for one in stand.subnet_ids)
        groups = (one for stand in stands if stand for one in stand.group_ids)
        named = (*groups, *(rule.group for rule in self.rules))
        return {
            "subnet_ids": tuple(dict.fromkeys(subnets)),
            "security_group_ids": tuple(
                dict.fromkeys(one for one in named if not one.startswith(PLANNED))
            ),
        }

    def carried_out(self, snapshot: Snapshot) -> Snapshot:
        """Give the configuration as it will be: with the groups that are planned, and the rules."""
        rows = snapshot.get("SecurityGroups")
        subnets = snapshot.get("Subnets")
        if not isinstance(rows, tuple):
            return snapshot
        known = subnets if isinstance(subnets, tuple) else ()
        wanted = self.existing()["subnet_ids"]
        vpc = next((row.get("VpcId") for row in known if row.get("SubnetId") in wanted), None)
        new: list[Entry] = [
            {
                "GroupId": group,
                "GroupName": group.removeprefix(PLANNED),
                "VpcId": vpc,
                "IpPermissions": [],
                "IpPermissionsEgress": [],
            }
            for group in self.groups
        ]
        return snapshot.with_values(SecurityGroups=tuple(self._ruled(row) for row in (*rows, *new)))

    def doubted(self, path: Path) -> Path:
        """Give a path with what the plan leaves open: a rule that is not known may open it."""
        if path.verdict is not Verdict.UNREACHABLE or not self.gaps:
            return path
        gaps = (*path.undetermined, *self.gaps)
        return replace(path, verdict=Verdict.UNDETERMINED, undetermined=gaps)

    def _ruled(self, row: Entry) -> Entry:
        found = dict(row)
        for rule in self.rules:
            if rule.group == row.get("GroupId"):
                field_ = "IpPermissionsEgress" if rule.egress else "IpPermissions"
                found[field_] = [*found.get(field_, ()), rule.permission]
        return found


def permission(
    protocol: object,
    first: object,
    last: object,
    *,
    cidrs: Sequence[str] = (),
    cidrs6: Sequence[str] = (),
    groups: Sequence[str] = (),
    lists: Sequence[str] = (),
) -> Entry:
    """Write a rule in the shape of the EC2 API."""
    word = _NAMES.get(str(protocol).lower(), str(protocol).lower())
    found: dict[str, Any] = {
        "IpProtocol": word,
        "IpRanges": [{"CidrIp": one} for one in cidrs],
        "Ipv6Ranges": [{"CidrIpv6": one} for one in cidrs6],
        "UserIdGroupPairs": [{"GroupId": one} for one in groups],
        "PrefixListIds": [{"PrefixListId": one} for one in lists],
    }
    if word != "-1" and first is not None:
        found |= {"FromPort": int(str(first)), "ToPort": int(str(first if last is None else last))}
    return found


@dataclass(slots=True)
class Draft:
    """A plan while it is read."""

    functions: list[Function] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    gaps: list[Undetermined] = field(default_factory=list)

    def plan(self) -> Plan:
        """Give what was read; functions of one placement stay apart, for each has a name."""
        return Plan(tuple(self.functions), tuple(self.groups), tuple(self.rules), tuple(self.gaps))
