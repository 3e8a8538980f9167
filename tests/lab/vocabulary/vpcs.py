"""Reading VPCs, subnets, route tables and routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.parts import Route, RouteTable, Subnet, Target, Vpc
from tests.lab.reading import flag, many
from tests.lab.vocabulary.names import GATEWAY_SERVICES

if TYPE_CHECKING:
    import ipaddress
    from collections.abc import Mapping

    from tests.lab.reading import Network, Node
    from tests.lab.vocabulary.names import Names

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


def vpc(name: str, node: Node, shared: Mapping[str, Node]) -> Vpc:
    """Read one VPC; `shared` are the top-level gateway keys, which belong to the one named main."""
    fields = {**shared, **node.fields(*_VPC_FIELDS)}
    if "cidr" not in fields:
        raise node.bad("a VPC with the key cidr, such as cidr: 10.0.0.0/16")
    gateway6 = fields.get("egress_only_internet_gateway")
    return Vpc(
        name=name,
        cidr=_sized(fields["cidr"]),
        secondary_cidrs=tuple(_sized(n) for n in many(fields, "secondary_cidrs")),
        ipv6_cidr=fields["ipv6_cidr"].network6() if "ipv6_cidr" in fields else None,
        dns_support=flag(fields, "dns_support", default=True),
        dns_hostnames=flag(fields, "dns_hostnames", default=True),
        dns_servers=_dns_servers(many(fields, "dns_servers")),
        internet_gateway=_attached(fields.get("internet_gateway")),
        egress_only_internet_gateway=gateway6.boolean() if gateway6 else False,
        virtual_private_gateway=_attached(fields.get("virtual_private_gateway")),
        on_premises=tuple(n.network4() for n in many(fields, "on_premises")),
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


def subnet(name: str, node: Node, names: Names, main_tables: Mapping[str, str]) -> Subnet:
    """Read one subnet. Inline `routes` make a table of the subnet's name; neither: the main one."""
    fields = node.fields("vpc", "cidr", "ipv6_cidr", "az", "routes", "route_table", "nacl")
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
        az=zone(fields["az"]) if "az" in fields else "a",
        route_table=table,
        explicit_table="routes" in fields or "route_table" in fields,
        nacl=fields["nacl"].reference(names.nacls, "a NACL") if "nacl" in fields else None,
    )


def zone(node: Node) -> str:
    """Read the letter of an Availability Zone."""
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
        main=flag(fields, "main", default=False),
        gateway=fields["gateway"].word("internet-gateway") if "gateway" in fields else None,
        propagated=flag(fields, "propagated", default=False),
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


def _destination(node: Node, names: Names) -> Network | str:
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
