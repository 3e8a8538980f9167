"""VPC endpoints as entries: which there are, of what kind, for which service.

What they do with packets is in `probe.network.services` (gateway and interface endpoints) and
`probe.network.middlebox` (Gateway Load Balancer endpoints).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import fields
from probe.network.vpc import IN_VPC, Network

if TYPE_CHECKING:
    from probe.network.fields import Entry

# "s3.eu-west-1.amazonaws.com", "bucket.s3.eu-west-1.amazonaws.com", "logs.eu-west-1.api.aws"
_SERVICE_HOST = re.compile(
    r"(?:^|.*\.)(?P<service>[a-z0-9-]+(?<!vpce))\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)"
    r"\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$"
)
# Services whose endpoint is named otherwise than in SDKs.
# https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
ENDPOINT_NAMES = {
    "cloudwatch": "monitoring",
    "stepfunctions": "states",
    "ecr": "ecr.api",
    "apigateway": "execute-api",
    "api.ecr": "ecr.api",
    "sfn": "states",
}
SERVICES = "VpcEndpointServices"
GATEWAY_SERVICES = ("s3", "dynamodb", "s3express")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One VPC endpoint."""

    id: str
    kind: str  # "gateway" | "interface" | "gatewayloadbalancer" | "resource" | ...
    vpc_id: str | None
    service_name: str
    state: str  # lower case: "available", "pendingacceptance", ...
    route_table_ids: tuple[str, ...]
    subnet_ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    interface_ids: tuple[str, ...]
    private_dns: bool
    dns_names: tuple[str, ...]
    open_policy: bool | None  # True: lets everything; None: not told
    last_error: str | None
    firewall_arn: str | None  # the network firewall that manages it, by its tag
    tags_told: bool  # AWS tags every endpoint of a network firewall, so none says that it is none

    def is_called(self, host: str) -> bool:
        """Whether a host name leads to it: one of its own, or of those that it has taken over."""
        return any(_is_named(host, name) for name in self.dns_names)

    @property
    def is_of_others(self) -> bool:
        """Whether it leads to an endpoint service of somebody else's than AWS."""
        return ".vpce-svc-" in self.service_name

    def serves(self, service: str) -> bool:
        """Whether it leads to this AWS service, as SDKs or host names call it."""
        wanted = ENDPOINT_NAMES.get(service, service)
        return self.service_name.endswith(f".{wanted}")


def read_endpoint(entry: Entry) -> Endpoint:
    """Read one entry of VpcEndpoints."""
    kind = fields.maybe_text(entry, "VpcEndpointType")
    tables = fields.texts(entry, "RouteTableIds")
    if kind is None:
        # AWS makes a gateway endpoint when no type is asked for.
        kind = "Gateway"
    error = fields.mapping(entry, "LastError")
    return Endpoint(
        id=fields.text(entry, "VpcEndpointId"),
        kind=kind.lower(),
        vpc_id=fields.maybe_text(entry, "VpcId"),
        service_name=fields.maybe_text(entry, "ServiceName") or "",
        state=(fields.maybe_text(entry, "State") or "available").lower(),
        route_table_ids=tables,
        subnet_ids=fields.texts(entry, "SubnetIds"),
        group_ids=fields.each(entry, "Groups", lambda group: fields.text(group, "GroupId")),
        interface_ids=fields.texts(entry, "NetworkInterfaceIds"),
        private_dns=fields.flag(entry, "PrivateDnsEnabled") or False,
        dns_names=tuple(names_of(entry)),
        open_policy=_is_open(fields.maybe_text(entry, "PolicyDocument")),
        last_error=fields.maybe_text(error, "Message") or fields.maybe_text(error, "Code"),
        firewall_arn=_tag(entry, "Firewall"),
        tags_told="Tags" in entry,
    )


def _tag(entry: Entry, key: str) -> str | None:
    for tag in fields.items(entry, "Tags"):
        if tag.get("Key") == key:
            return fields.maybe_text(tag, "Value")
    return None


def _is_open(policy: str | None) -> bool | None:
    """Whether a policy is the one AWS gives by default: everything, to everybody."""
    if policy is None:
        return None
    try:
        statements = json.loads(policy)["Statement"]
        statements = statements if isinstance(statements, list) else [statements]
        return (
            len(statements) == 1
            and all(
                statements[0].get(key) in ("*", ["*"], {"AWS": "*"})
                for key in ("Action", "Resource", "Principal")
            )
            and statements[0].get("Effect") == "Allow"
            and "Condition" not in statements[0]
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return False


def by_id(network: Network, endpoint_id: str) -> Endpoint:
    """Return an endpoint by its id."""
    return network.one("VpcEndpoints", endpoint_id, read_endpoint)


def of_vpc(network: Network, vpc_id: str) -> tuple[Endpoint, ...]:
    """Return every endpoint of a VPC."""
    return network.where("VpcEndpoints", "VpcId", IN_VPC, vpc_id, read_endpoint)


def of_interface(network: Network, interface_id: str) -> Endpoint | None:
    """Return the endpoint that a network interface belongs to; None when it is no endpoint's."""
    found = network.where(
        "VpcEndpoints",
        "interface",
        lambda entry: fields.texts(entry, "NetworkInterfaceIds"),
        interface_id,
        read_endpoint,
    )
    return found[0] if found else None


def read_service(entry: Entry) -> tuple[str, ...]:
    """Read one entry of VpcEndpointServices: the names that its provider lets endpoints take over.

    https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html
    """
    found = fields.each(entry, "PrivateDnsNames", lambda one: fields.text(one, "PrivateDnsName"))
    name = fields.maybe_text(entry, "PrivateDnsName")
    return tuple(one.lower() for one in dict.fromkeys((*found, *((name,) if name else ()))))


def of_others_for(network: Network, vpc_id: str, host: str | None) -> Endpoint | None:
    """Return the endpoint of a VPC to somebody else's service of this name.

    NotRead where there are such endpoints, and what their services are called was not read.
    """
    for endpoint in of_vpc(network, vpc_id):
        if host and endpoint.kind == "interface" and endpoint.is_of_others:
            names = network.one(SERVICES, endpoint.service_name, read_service)
            if any(_is_named(host.rstrip(".").lower(), name) for name in names):
                return endpoint
    return None


def _is_named(host: str, name: str) -> bool:
    return host == name or (name.startswith("*.") and host.endswith(name.removeprefix("*")))


def names_of(entry: Entry) -> list[str]:
    """Return every name that leads to an endpoint."""
    return [
        name.lower()
        for item in fields.items(entry, "DnsEntries")
        if (name := fields.maybe_text(item, "DnsName")) is not None
    ]


def is_of_another_region(host: str | None, zone: str | None, service: str) -> bool:
    """Whether a service's host certainly belongs to another Region than this zone's, or to none.

    Endpoints serve the service of their own Region, by its Regional name. S3 and DynamoDB are known
    by their addresses, whatever the name.
    https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html
    """
    found = _SERVICE_HOST.match((host or "").lower().rstrip("."))
    if found is None:
        named = (host or "").endswith(".amazonaws.com")
        return named and host == f"{service}.amazonaws.com" and service not in GATEWAY_SERVICES
    return zone is not None and not zone.startswith(found["region"])


def service_of(host: str | None) -> str | None:
    """Return the AWS service that a regional host name belongs to; None for any other name."""
    found = _SERVICE_HOST.match((host or "").rstrip(".").lower())
    return found["service"] if found else None
