"""Reading what routes lead to: NAT gateways, endpoints, peering, transit gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.parts import (
    Attachment,
    BlockPublicAccess,
    Endpoint,
    NatGateway,
    Peering,
    Provider,
    TransitGateway,
    TransitTable,
)
from tests.lab.reading import flag, many
from tests.lab.vocabulary.hosts import SERVERS, TLS
from tests.lab.vocabulary.names import GATEWAY_SERVICES
from tests.lab.vocabulary.vpcs import routes, zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.lab.parts import Subnet
    from tests.lab.reading import Node
    from tests.lab.vocabulary.names import Names

# What a provider may serve: a dns server has a VPC whose names it knows, and none of them is its.
PROVIDED = tuple(server for server in SERVERS if server != "dns")
_ENDPOINT_STATES = ("available", "pending", "pendingAcceptance", "rejected", "failed", "deleted")
_PEERING_STATES = ("active", "pending-acceptance", "provisioning", "rejected", "expired", "failed",
                   "deleted")  # fmt: skip


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
        zones=tuple(zone(n) for n in many(fields, "zones")) if "zones" in fields else None,
    )


def endpoint(name: str, node: Node, names: Names, subnets: Mapping[str, Subnet]) -> Endpoint:
    """Read one endpoint; `subnets` of a gateway endpoint stand for their route tables."""
    fields = node.fields(
        "vpc", "service", "type", "route_tables", "subnets", "security_groups", "private_dns",
        "policy", "state", "provider",
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
    places = tuple(n.reference(names.subnets, "a subnet") for n in many(fields, "subnets"))
    home = names.subnet_vpcs[places[0]] if places else names.vpc(node, fields)
    tables = [
        n.reference(names.route_tables, "a route table") for n in many(fields, "route_tables")
    ]
    if kind == "gateway":
        tables += [subnets[place].route_table for place in places]
    groups = tuple(names.group(n, home) for n in many(fields, "security_groups"))
    provider = _provider(fields, service)
    private = provider is None and kind == "interface" and service not in GATEWAY_SERVICES
    return Endpoint(
        name=name,
        vpc=home,
        service=service,
        type=kind,
        route_tables=tuple(dict.fromkeys(tables)),
        subnets=places if kind == "interface" else (),
        security_groups=groups or ((f"default@{home}",) if kind == "interface" else ()),
        private_dns=flag(fields, "private_dns", default=private),
        policy=_policy(fields["policy"]) if "policy" in fields else "allow",
        state=fields["state"].word(*_ENDPOINT_STATES) if "state" in fields else "available",
        provider=provider,
    )


def _provider(fields: Mapping[str, Node], service: str) -> Provider | None:
    """Read who is behind an endpoint service that is not AWS's.

    https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-saas.html
    """
    node = fields.get("provider")
    if not service.startswith("vpce-svc-"):
        if node:
            raise node.bad("this key only with a service whose name begins with vpce-svc-")
        return None
    told = (
        node.fields("server", "port", "tls", "status", "private_dns_name", "zones") if node else {}
    )
    if flag(fields, "private_dns", default=False) and "private_dns_name" not in told:
        raise fields["private_dns"].bad("true only where the provider has a private_dns_name")
    server = told["server"].word(*PROVIDED) if "server" in told else "https"
    return Provider(
        server=server,
        port=told["port"].integer(1, 65535) if "port" in told else SERVERS[server],
        tls=told["tls"].word(*TLS) if "tls" in told else "valid",
        status=told["status"].integer(100, 599) if "status" in told else 200,
        private_dns_name=told["private_dns_name"].name() if "private_dns_name" in told else None,
        zones=tuple(zone(n) for n in many(told, "zones")) if "zones" in told else None,
    )


def _policy(node: Node) -> str | dict[str, object]:
    if isinstance(node.value, dict):
        return {str(key): value for key, value in node.value.items()}
    return node.word("allow", "deny")


def peering(name: str, node: Node, names: Names) -> Peering:
    """Read one peering connection."""
    fields = node.fields("between", "state", "dns_resolution")
    ends = tuple(n.reference(names.vpcs, "a VPC") for n in many(fields, "between"))
    if len(set(ends)) != 2 or len(ends) != 2:
        raise node.bad("a peering with the key between: two VPCs of this file")
    return Peering(
        name=name,
        between=(ends[0], ends[1]),
        state=fields["state"].word(*_PEERING_STATES) if "state" in fields else "active",
        dns_resolution=flag(fields, "dns_resolution", default=False),
    )


def transit_gateway(name: str, node: Node, names: Names) -> TransitGateway:
    """Read one transit gateway; without `route_tables` it has one, which everything uses."""
    fields = node.fields("attachments", "route_tables", "references")
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
    references = flag(fields, "references", default=False)
    return TransitGateway(name, attachments, tables, references)


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
    places = tuple(n.reference(names.subnets, "a subnet") for n in many(fields, "subnets"))
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
            n.reference(tables, "a table of this gateway") for n in many(fields, "propagates")
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
