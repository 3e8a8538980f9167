"""Reading the machines: hosts, NAT instances, load balancers, firewalls, and what ails them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.parts import (
    Firewall,
    Host,
    Listener,
    LoadBalancer,
    NatInstance,
)
from tests.lab.reading import many
from tests.lab.vocabulary.rules import firewall_rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv6Address

    from tests.lab.reading import Node
    from tests.lab.vocabulary.names import Names

# Kind of server -> the port it serves where the file names none.
SERVERS = {
    "postgres": 5432,
    "mariadb": 3306,
    "sqlserver": 1433,
    "oracle": 1521,
    "redis": 6379,
    "http": 80,
    "https": 443,
    "tcp": 9000,  # accepts, greets, answers nothing else
    "silent": 9000,  # accepts and never says a word
    "closes": 9000,  # accepts and hangs up
    "resets": 9000,  # accepts and resets
    "dns": 53,
    "none": 9000,  # the machine is there, nothing listens
}

TLS = ("valid", "expired", "wrong-host", "untrusted", "refused", "off")

_HOST_FIELDS = (
    "server", "port", "subnet", "address", "ipv6", "security_groups", "public", "public_ipv6",
    "on_premises", "rds", "elasticache", "ec2", "state", "tls", "status", "names", "password",
    "busy", "blocks_clients", "publicly_accessible",
)  # fmt: skip


def host(name: str, node: Node, names: Names) -> Host:
    """Read one host; a host without a subnet stands in the internet, or on premises."""
    fields = node.fields(*_HOST_FIELDS)

    def flag(key: str) -> bool:
        return fields[key].boolean() if key in fields else False

    def word(key: str, *accepted: str) -> str:
        return fields[key].word(*accepted) if key in fields else accepted[0]

    server = word("server", "tcp", *sorted(SERVERS))
    subnet = fields["subnet"].reference(names.subnets, "a subnet") if "subnet" in fields else None
    kinds = [kind for kind in ("rds", "elasticache", "ec2") if flag(kind)]
    _check_place(node, fields, subnet, kinds)
    status = fields["status"].integer(100, 599) if "status" in fields else 200
    return Host(
        name=name,
        server=server,
        port=fields["port"].integer(1, 65535) if "port" in fields else SERVERS[server],
        subnet=subnet,
        address=fields["on_premises" if "on_premises" in fields else "address"].address4()
        if "address" in fields or "on_premises" in fields
        else None,
        ipv6=_ipv6(fields["ipv6"]) if "ipv6" in fields else False,
        security_groups=_groups(fields, subnet, names),
        public=_public(fields["public"]) if "public" in fields else False,
        public_ipv6=fields["public_ipv6"].address6() if "public_ipv6" in fields else None,
        on_premises="on_premises" in fields,
        kind=kinds[0] if kinds else None,
        state=word("state", "running", "stopped"),
        tls=word("tls", *TLS),
        status=status,
        names=tuple(n.name() for n in many(fields, "names")),
        password=flag("password"),
        busy=flag("busy"),
        blocks_clients=flag("blocks_clients"),
        publicly_accessible=flag("publicly_accessible"),
    )


def _check_place(
    node: Node, fields: Mapping[str, Node], subnet: str | None, kinds: list[str]
) -> None:
    if subnet and "on_premises" in fields:
        raise node.bad("either subnet or on_premises")
    if not subnet and not {"public", "public_ipv6", "on_premises"} & fields.keys():
        raise node.bad("a host with subnet: NAME, public: ADDRESS or on_premises: ADDRESS")
    if not subnet and isinstance(getattr(fields.get("public"), "value", None), bool):
        raise fields["public"].bad("the address of a host in the internet, such as 203.0.113.10")
    for key in ("security_groups", "address", "ipv6", "publicly_accessible"):
        if key in fields and not subnet:
            raise fields[key].bad("this key only on a host that has a subnet")
    if len(kinds) > 1 or (kinds and not subnet):
        raise node.bad("at most one of rds, elasticache, ec2, and only with a subnet")


def _groups(fields: Mapping[str, Node], subnet: str | None, names: Names) -> tuple[str, ...]:
    if subnet is None:
        return ()
    home = names.subnet_vpcs[subnet]
    found = tuple(names.group(n, home) for n in many(fields, "security_groups"))
    return found or (f"default@{home}",)


def _public(node: Node) -> IPv4Address | bool:
    return node.value if isinstance(node.value, bool) else node.address4()


def _ipv6(node: Node) -> IPv6Address | bool:
    return node.value if isinstance(node.value, bool) else node.address6()


def nat_instance(name: str, node: Node, names: Names) -> NatInstance:
    """Read one NAT instance."""
    fields = node.fields(
        "subnet", "security_groups", "source_dest_check", "state", "address", "public"
    )
    if "subnet" not in fields:
        raise node.bad("a NAT instance with the key subnet")
    subnet = fields["subnet"].reference(names.subnets, "a subnet")
    check = fields.get("source_dest_check")
    return NatInstance(
        name=name,
        subnet=subnet,
        security_groups=_groups(fields, subnet, names),
        source_dest_check=check.boolean() if check else False,
        state=fields["state"].word("running", "stopped") if "state" in fields else "running",
        address=fields["address"].address4() if "address" in fields else None,
        public=_public(fields["public"]) if "public" in fields else True,
    )


def load_balancer(name: str, node: Node, names: Names) -> LoadBalancer:
    """Read one internal load balancer."""
    fields = node.fields("type", "subnets", "security_groups", "listeners", "cross_zone", "state")
    if "subnets" not in fields or "listeners" not in fields:
        raise node.bad("a load balancer with the keys subnets and listeners")
    subnets = tuple(n.reference(names.subnets, "a subnet") for n in many(fields, "subnets"))
    if not subnets:
        raise fields["subnets"].bad("at least one subnet")
    kind = fields["type"].word("network", "application") if "type" in fields else "network"
    # A Network Load Balancer may have no group at all; an Application Load Balancer has one always.
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
    groups = _groups(fields, subnets[0], names)
    if kind == "network" and "security_groups" not in fields:
        groups = ()
    listeners = {}
    for key, value in fields["listeners"].by_key("a mapping from ports to listeners"):
        listener = _listener(key.integer(1, 65535), value, names)
        listeners[listener.port] = listener
    return LoadBalancer(
        name=name,
        type=kind,
        subnets=subnets,
        security_groups=groups,
        listeners=listeners,
        cross_zone=fields["cross_zone"].boolean() if "cross_zone" in fields else kind != "network",
        state=fields["state"].word("active", "provisioning", "failed")
        if "state" in fields
        else "active",
    )


def _listener(port: int, node: Node, names: Names) -> Listener:
    fields = node.fields("targets", "port")
    targets = tuple(n.reference(names.hosts, "a host") for n in many(fields, "targets"))
    return Listener(port, targets, fields["port"].integer(1, 65535) if "port" in fields else None)


_DOMAIN = "a domain such as .example.com"


def firewall(name: str, node: Node, names: Names) -> Firewall:
    """Read one firewall endpoint."""
    fields = node.fields(
        "subnet", "type", "rules", "otherwise", "domains", "only_domains", "inspects", "state"
    )
    if "subnet" not in fields:
        raise node.bad("a firewall with the key subnet")
    rules = fields["rules"].items("a list of rules") if "rules" in fields else ()
    usual = "network-firewall"
    return Firewall(
        name=name,
        subnet=fields["subnet"].reference(names.subnets, "a subnet"),
        type=fields["type"].word(usual, "gateway-load-balancer") if "type" in fields else usual,
        rules=tuple(firewall_rule(rule) for rule in rules),
        otherwise=fields["otherwise"].word("pass", "drop", "reject")
        if "otherwise" in fields
        else "pass",
        domains=tuple(n.text(_DOMAIN) for n in many(fields, "domains")),
        only_domains=tuple(n.text(_DOMAIN) for n in many(fields, "only_domains")),
        inspects=fields["inspects"].boolean() if "inspects" in fields else False,
        state=fields["state"].word("available", "failed") if "state" in fields else "available",
    )
