"""Reading the network: VPCs, subnets, route tables and everything that a route can lead to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.parts import (
    Attachment,
    BlockPublicAccess,
    Endpoint,
    NatGateway,
    Peering,
    Route,
    RouteTable,
    Subnet,
    Target,
    TransitGateway,
    TransitTable,
    Vpc,
)

if TYPE_CHECKING:
    import ipaddress
    from collections.abc import Mapping

    from tests.lab.reading import Node

GATEWAY_SERVICES = ("dynamodb", "s3")
AMAZON_DNS = "AmazonProvidedDNS"
_GATEWAYS = ("internet-gateway", "egress-only-internet-gateway", "virtual-private-gateway")
_VPC_FIELDS = (
    "cidr",
    "secondary_cidrs",
    "ipv6_cidr",
    "dns_support",
    "dns_hostnames",
    "dns_servers",
    "internet_gateway",
    "egress_only_internet_gateway",
    "virtual_private_gateway",
    "on_premises",
)


@dataclass(frozen=True, slots=True)
class Names:
    """The names that the file defines, collected before anything is read, for references."""

    vpcs: tuple[str, ...]
    subnets: tuple[str, ...]
    route_tables: tuple[str, ...]
    nacls: tuple[str, ...]
    groups: tuple[str, ...]
    prefix_lists: tuple[str, ...]  # with those that AWS keeps
    hosts: tuple[str, ...]
    load_balancers: tuple[str, ...]
    targets: Mapping[str, tuple[str, ...]]  # kind of route target -> names
    subnet_vpcs: Mapping[str, str]  # subnet -> its VPC

    def vpc(self, node: Node, fields: Mapping[str, Node]) -> str:
        """Read the key `vpc`, which may be left out where there is one VPC, or one named main."""
        if "vpc" in fields:
            return fields["vpc"].reference(self.vpcs, "a VPC")
        if len(self.vpcs) == 1 or "main" in self.vpcs:
            return self.vpcs[0]
        raise node.bad(
            "the key vpc as well, since this file has "
            + (
                f"several ({', '.join(self.vpcs)})"
                if self.vpcs
                else "none: add the key vpc to the file"
            )
        )

    def group(self, node: Node, vpc: str) -> str:
        """Read the name of a security group; `default` is the one of this VPC."""
        if node.value == "default":
            return f"default@{vpc}"
        return node.reference(self.groups, "a security group")


def vpc(name: str, node: Node, shared: Mapping[str, Node]) -> Vpc:
    """Read one VPC; `shared` are the top-level gateway keys, which belong to the one named main."""
    fields = {**shared, **node.fields(*_VPC_FIELDS)}
    if "cidr" not in fields:
        raise node.bad("a VPC with the key cidr, such as cidr: 10.0.0.0/16")
    gateway6 = fields.get("egress_only_internet_gateway")
    return Vpc(
        name=name,
        cidr=_sized(fields["cidr"]),
        secondary_cidrs=tuple(_sized(n) for n in _list(fields, "secondary_cidrs")),
        ipv6_cidr=fields["ipv6_cidr"].network6() if "ipv6_cidr" in fields else None,
        dns_support=_flag(fields, "dns_support", default=True),
        dns_hostnames=_flag(fields, "dns_hostnames", default=True),
        dns_servers=_dns_servers(_list(fields, "dns_servers")),
        internet_gateway=_attached(fields.get("internet_gateway")),
        egress_only_internet_gateway=gateway6.boolean() if gateway6 else False,
        virtual_private_gateway=_attached(fields.get("virtual_private_gateway")),
        on_premises=tuple(n.network4() for n in _list(fields, "on_premises")),
    )


def _sized(node: Node) -> ipaddress.IPv4Network:
    cidr = node.network4()
    # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
    if not 16 <= cidr.prefixlen <= 28:
        raise node.bad("an IPv4 CIDR from /16 to /28, as AWS has it")
    return cidr


def _attached(node: Node | None) -> str | None:
    if node is None or node.value is False:
        return None
    if node.value is True:
        return "attached"
    if node.value != "detached":
        raise node.bad("true, false or detached")
    return "detached"


def _dns_servers(nodes: tuple[Node, ...]) -> tuple[str, ...]:
    words = tuple(n.text(f"an address, the name of a host, or {AMAZON_DNS}") for n in nodes)
    return () if words == (AMAZON_DNS,) else words


def _list(fields: Mapping[str, Node], key: str) -> tuple[Node, ...]:
    return fields[key].one_or_more() if key in fields else ()


def _flag(fields: Mapping[str, Node], key: str, *, default: bool) -> bool:
    return fields[key].boolean() if key in fields else default


SUBNET_FIELDS = ("vpc", "cidr", "ipv6_cidr", "az", "routes", "route_table", "nacl")


def subnet(name: str, node: Node, names: Names, main_tables: Mapping[str, str]) -> Subnet:
    """Read one subnet. Inline `routes` make a table of the subnet's name; neither: the main one."""
    fields = node.fields(*SUBNET_FIELDS)
    if "cidr" not in fields:
        raise node.bad("a subnet with the key cidr, such as cidr: 10.0.1.0/24")
    if "routes" in fields and "route_table" in fields:
        raise node.bad("either routes or route_table, not both")
    home = names.vpc(node, fields)
    table = main_tables[home]
    if "routes" in fields:
        table = name
    if "route_table" in fields:
        table = fields["route_table"].reference(names.route_tables, "a route table")
    return Subnet(
        name=name,
        vpc=home,
        cidr=_sized(fields["cidr"]),
        ipv6_cidr=fields["ipv6_cidr"].network6() if "ipv6_cidr" in fields else None,
        az=_zone(fields["az"]) if "az" in fields else "a",
        route_table=table,
        explicit_table="routes" in fields or "route_table" in fields,
        nacl=fields["nacl"].reference(names.nacls, "a NACL") if "nacl" in fields else None,
    )


def _zone(node: Node) -> str:
    if node.value not in tuple("abcdef"):
        raise node.bad("the letter of a zone, a to f")
    return str(node.value)


def route_table(name: str, node: Node, names: Names) -> RouteTable:
    """Read one route table that stands on its own."""
    fields = node.fields("vpc", "routes", "main", "gateway", "propagated")
    return RouteTable(
        name=name,
        vpc=names.vpc(node, fields),
        routes=routes(fields["routes"], names) if "routes" in fields else (),
        main=_flag(fields, "main", default=False),
        gateway=fields["gateway"].word("internet-gateway") if "gateway" in fields else None,
        propagated=_flag(fields, "propagated", default=False),
    )


def routes(node: Node, names: Names) -> tuple[Route, ...]:
    """Read `destination: target` pairs."""
    accepted = "a mapping from destinations to targets, such as 0.0.0.0/0: internet-gateway"
    found = [
        Route(_destination(key, names), _target(value, names))
        for key, value in node.by_key(accepted)
    ]
    if len({route.destination for route in found}) != len(found):
        raise node.bad("each destination once")
    return tuple(found)


def _destination(node: Node, names: Names) -> ipaddress.IPv4Network | ipaddress.IPv6Network | str:
    own = [name for name in names.prefix_lists if name not in GATEWAY_SERVICES]
    if isinstance(node.value, str) and node.value in own:
        return node.value
    return node.network()


def _target(node: Node, names: Names) -> Target:
    """Read a target: a word, a name, or `kind name` where one name stands for two things."""
    every = [name for found in names.targets.values() for name in found]
    accepted = ", ".join([*_GATEWAYS, "blackhole", *every])
    text = node.text(f"a target: {accepted}")
    if text in (*_GATEWAYS, "blackhole"):
        return Target(text)
    kind, _, rest = text.partition(" ")
    name = rest.strip() if kind in names.targets else text
    kinds = [k for k, found in names.targets.items() if name in found and (not rest or k == kind)]
    if len(kinds) > 1:
        raise node.bad(f"which one is meant: {' or '.join(f'{k} {name}' for k in kinds)}")
    if not kinds:
        raise node.bad(f"a target: {accepted}")
    return Target(kinds[0], name)


def nat_gateway(name: str, node: Node, names: Names) -> NatGateway:
    """Read one NAT gateway."""
    fields = node.fields(
        "subnet", "vpc", "state", "connectivity", "mode", "public", "routes", "zones"
    )

    def word(key: str, *accepted: str) -> str:
        return fields[key].word(*accepted) if key in fields else accepted[0]

    mode = word("mode", "zonal", "regional")
    if (mode == "zonal") != ("subnet" in fields):
        raise node.bad("a zonal NAT gateway with the key subnet, or mode: regional without it")
    for key in ("routes", "zones"):
        if mode == "zonal" and key in fields:
            raise fields[key].bad("this key on a regional NAT gateway only")
    place = fields["subnet"].reference(names.subnets, "a subnet") if "subnet" in fields else None
    return NatGateway(
        name=name,
        vpc=names.subnet_vpcs[place] if place else names.vpc(node, fields),
        subnet=place,
        state=word("state", "available", "failed", "deleted", "pending"),
        connectivity=word("connectivity", "public", "private"),
        mode=mode,
        public=fields["public"].address4() if "public" in fields else None,
        routes=routes(fields["routes"], names) if "routes" in fields else None,
        zones=tuple(_zone(n) for n in _list(fields, "zones")) if "zones" in fields else None,
    )


_ENDPOINT_STATES = ("available", "pending", "pendingAcceptance", "rejected", "failed", "deleted")


def endpoint(name: str, node: Node, names: Names, subnets: Mapping[str, Subnet]) -> Endpoint:
    """Read one endpoint; `subnets` of a gateway endpoint stand for their route tables."""
    fields = node.fields(
        "vpc", "service", "type", "route_tables", "subnets", "security_groups", "private_dns",
        "policy", "state",
    )  # fmt: skip
    if "service" not in fields:
        raise node.bad("an endpoint with the key service, such as service: dynamodb")
    service = fields["service"].name()
    usual = "gateway" if service in GATEWAY_SERVICES else "interface"
    kind = fields["type"].word("gateway", "interface") if "type" in fields else usual
    if kind == "gateway" and service not in GATEWAY_SERVICES:
        raise fields["service"].bad("dynamodb or s3 for an endpoint of type gateway")
    for key in ("route_tables",) if kind == "interface" else ("security_groups", "private_dns"):
        if key in fields:
            raise fields[key].bad(f"no such key on an endpoint of type {kind}")
    places = tuple(n.reference(names.subnets, "a subnet") for n in _list(fields, "subnets"))
    home = names.subnet_vpcs[places[0]] if places else names.vpc(node, fields)
    tables = [
        n.reference(names.route_tables, "a route table") for n in _list(fields, "route_tables")
    ]
    if kind == "gateway":
        tables += [subnets[place].route_table for place in places]
    groups = tuple(names.group(n, home) for n in _list(fields, "security_groups"))
    private = kind == "interface" and service not in GATEWAY_SERVICES
    return Endpoint(
        name=name,
        vpc=home,
        service=service,
        type=kind,
        route_tables=tuple(dict.fromkeys(tables)),
        subnets=places if kind == "interface" else (),
        security_groups=groups or ((f"default@{home}",) if kind == "interface" else ()),
        private_dns=_flag(fields, "private_dns", default=private),
        policy=_policy(fields["policy"]) if "policy" in fields else "allow",
        state=fields["state"].word(*_ENDPOINT_STATES) if "state" in fields else "available",
    )


def _policy(node: Node) -> str | dict[str, object]:
    if isinstance(node.value, dict):
        return {str(key): value for key, value in node.value.items()}
    return node.word("allow", "deny")


_PEERING_STATES = ("active", "pending-acceptance", "provisioning", "rejected", "expired", "failed",
                   "deleted")  # fmt: skip


def peering(name: str, node: Node, names: Names) -> Peering:
    """Read one peering connection."""
    fields = node.fields("between", "state", "dns_resolution")
    ends = tuple(n.reference(names.vpcs, "a VPC") for n in _list(fields, "between"))
    if len(set(ends)) != 2 or len(ends) != 2:
        raise node.bad("a peering with the key between: two VPCs of this file")
    return Peering(
        name=name,
        between=(ends[0], ends[1]),
        state=fields["state"].word(*_PEERING_STATES) if "state" in fields else "active",
        dns_resolution=_flag(fields, "dns_resolution", default=False),
    )


def transit_gateway(name: str, node: Node, names: Names) -> TransitGateway:
    """Read one transit gateway; without `route_tables` it has one, which everything uses."""
    fields = node.fields("attachments", "route_tables")
    if "attachments" not in fields:
        raise node.bad("a transit gateway with the key attachments")
    attached = [key for key, _ in fields["attachments"].named()]
    tables = {"default": TransitTable("default", {})}
    if "route_tables" in fields:
        tables = {
            key: _transit_table(key, value, attached)
            for key, value in fields["route_tables"].named()
        }
    attachments = {
        key: _attachment(key, value, names, tables) for key, value in fields["attachments"].named()
    }
    return TransitGateway(name, attachments, tables)


def _transit_table(name: str, node: Node, attached: list[str]) -> TransitTable:
    fields = node.fields("routes")
    found = {}
    for key, value in fields["routes"].by_key("a mapping from CIDRs") if "routes" in fields else ():
        blackhole = value.value == "blackhole"
        found[key.network()] = None if blackhole else value.reference(attached, "an attachment")
    return TransitTable(name, found)


def _attachment(
    name: str, node: Node, names: Names, tables: Mapping[str, TransitTable]
) -> Attachment:
    fields = node.fields("subnets", "state", "table", "propagates")
    places = tuple(n.reference(names.subnets, "a subnet") for n in _list(fields, "subnets"))
    homes = {names.subnet_vpcs[place] for place in places}
    if len(homes) != 1:
        raise node.bad("an attachment with the key subnets, all of one VPC")
    usual = "default" if "default" in tables else None
    table = usual
    if "table" in fields:
        lonely = fields["table"].value == "none"
        table = None if lonely else fields["table"].reference(tables, "a table of this gateway")
    learned = tuple([usual] if usual else [])
    if "propagates" in fields:
        learned = tuple(
            n.reference(tables, "a table of this gateway") for n in _list(fields, "propagates")
        )
    states = ("available", "pending", "pendingAcceptance", "rejected", "failed", "deleted")
    state = fields["state"].word(*states) if "state" in fields else "available"
    return Attachment(name, homes.pop(), places, state, table, learned)


def block_public_access(node: Node, names: Names) -> BlockPublicAccess:
    """Read the Region's Block Public Access: a word, or the word with exclusions."""
    modes = ("off", "block-bidirectional", "block-ingress")
    if not isinstance(node.value, dict):
        return BlockPublicAccess(node.word(*modes))
    fields = node.fields("mode", "exclusions")
    if "mode" not in fields:
        raise node.bad(f"the key mode: {', '.join(modes)}")
    excluded = {}
    for key, value in fields["exclusions"].named() if "exclusions" in fields else ():
        fields["exclusions"].child(key, key).reference(
            (*names.vpcs, *names.subnets), "a VPC or subnet"
        )
        excluded[key] = value.word("allow-bidirectional", "allow-egress")
    return BlockPublicAccess(fields["mode"].word(*modes), excluded)
