"""Reads a Terraform plan in JSON, as `terraform show -json` prints it.

What a plan does not know yet it names: the references in its configuration tell which resource a
value will come from. https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from probe.model import Undetermined, Unknown
from probe.plan.intent import PLANNED, Draft, Function, Plan, PlanError, Rule, permission

if TYPE_CHECKING:
    from collections.abc import Iterator

_GROUP = "aws_security_group"
# Where a rule names the groups at its other end.
_PEERS = ("security_groups", "source_security_group_id", "referenced_security_group_id")
_RULES = {
    "aws_security_group_rule": None,  # its `type` says which way
    "aws_vpc_security_group_ingress_rule": False,
    "aws_vpc_security_group_egress_rule": True,
}


class _Resource:
    """One resource of a plan: what is known of it, and what its open values refer to."""

    def __init__(self, change: Mapping[str, Any], expressions: Mapping[str, Any]) -> None:
        self.address = str(change.get("address"))
        self.type = str(change.get("type"))
        self.module = str(change.get("module_address") or "")
        self.after = _mapping(_mapping(change.get("change")).get("after"))
        self.expressions = expressions

    def ids(self, *where: str | int) -> tuple[str, ...] | Unknown:
        """Give the ids at a place: those that are known, and those of groups that are planned."""
        found: Any = self.after
        for key in where:
            found = _at(found, key)
        items = found if isinstance(found, list) else [found]
        known = tuple(str(one) for one in items if one)
        named = self.references(*where)
        if len(known) == len(items) or not named:
            return known
        groups = [name for name in named if name.split(".")[-2] == _GROUP]
        if left := [name for name in named if name not in groups]:
            return Unknown(f"{', '.join(left)} is known after the plan is applied")
        return (*known, *(PLANNED + name for name in groups))

    def references(self, *where: str | int) -> list[str]:
        """Name the resources that a place refers to, by their addresses in the whole plan."""
        found: Any = self.expressions
        for key in where:
            found = _at(found, key)
        names = _mapping(found).get("references") or ()
        prefix = f"{self.module}." if self.module else ""
        whole = {prefix + ".".join(str(name).split(".")[:2]) for name in names}
        return sorted(whole)


def read(document: Mapping[str, Any], name: str) -> Plan:
    """Read a plan."""
    changes = document.get("resource_changes")
    if not isinstance(changes, list):
        raise PlanError(
            f"{name}: is no Terraform plan in JSON: it has no resource_changes; "
            "`terraform show -json PLAN` prints one"
        )
    expressions = dict(
        _expressions(_mapping(_mapping(document.get("configuration")).get("root_module")), "")
    )
    draft = Draft()
    for change in changes:
        if isinstance(change, Mapping) and _mapping(change.get("change")).get("after"):
            plain = str(change.get("address")).partition("[")[0]
            _read(_Resource(change, expressions.get(plain, {})), draft)
    return draft.plan()


def _expressions(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource in module.get("resources") or ():
        yield prefix + str(resource.get("address")), _mapping(resource.get("expressions"))
    for name, call in _mapping(module.get("module_calls")).items():
        yield from _expressions(_mapping(_mapping(call).get("module")), f"{prefix}module.{name}.")


def _read(resource: _Resource, draft: Draft) -> None:
    if resource.type == "aws_lambda_function":
        if _at(resource.after.get("vpc_config"), 0) is not None:
            subnets = resource.ids("vpc_config", 0, "subnet_ids")
            groups = resource.ids("vpc_config", 0, "security_group_ids")
            draft.functions.append(Function(resource.address, subnets, groups))
    elif resource.type == _GROUP:
        # Of a group that exists already the rules are read from AWS, where this leaves them.
        if not resource.after.get("id"):
            draft.groups.append(PLANNED + resource.address)
            for field, egress in (("ingress", False), ("egress", True)):
                for number, _ in enumerate(resource.after.get(field) or ()):
                    _rule(resource, draft, PLANNED + resource.address, egress, (field, number))
    elif resource.type in _RULES:
        told = _RULES[resource.type]
        way = resource.after.get("type") == "egress" if told is None else told
        group = resource.ids("security_group_id")
        if isinstance(group, Unknown) or len(group) != 1:
            draft.gaps.append(Undetermined(f"the group of {resource.address}", "is not known yet"))
        elif not resource.after.get("id"):
            _rule(resource, draft, group[0], way, ())


def _rule(
    resource: _Resource, draft: Draft, group: str, egress: bool, where: tuple[str | int, ...]
) -> None:
    own: Any = resource.after
    for key in where:
        own = _at(own, key)
    own = _mapping(own)
    peers: list[str] = []
    for word in _PEERS:
        found = resource.ids(*where, word)
        if isinstance(found, Unknown):
            draft.gaps.append(Undetermined(f"a rule of {resource.address}", found.reason))
            return
        peers += found
    if own.get("self"):
        peers.append(group)
    draft.rules.append(
        Rule(
            group,
            egress,
            permission(
                own.get("protocol") or own.get("ip_protocol") or "-1",
                own.get("from_port"),
                own.get("to_port"),
                cidrs=_texts(own, "cidr_blocks", "cidr_ipv4"),
                cidrs6=_texts(own, "ipv6_cidr_blocks", "cidr_ipv6"),
                groups=peers,
                lists=_texts(own, "prefix_list_ids", "prefix_list_id"),
            ),
        )
    )


def _texts(own: Mapping[str, Any], *words: str) -> list[str]:
    found = [own.get(word) for word in words]
    items = [one for value in found for one in (value if isinstance(value, list) else [value])]
    return [str(one) for one in items if one]


def _at(value: Any, key: str | int) -> Any:  # noqa: ANN401 - JSON
    if isinstance(key, int):
        return value[key] if isinstance(value, list) and len(value) > key else None
    return _mapping(value).get(key)


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    return value if isinstance(value, Mapping) else {}
