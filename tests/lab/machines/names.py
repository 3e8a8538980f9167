"""What DNS answers, seen from each VPC and from outside. Pure: records in, records out.

https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from ipaddress import IPv4Address, IPv6Address

    from tests.lab.kernel.plan import Plan
    from tests.lab.parts import Endpoint, Host, LoadBalancer, ResolverRule
    from tests.lab.scenario import Scenario

    Records = dict[str, tuple[str, ...]]

# Endpoint prefix of services whose host is not called after them.
# https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
PREFIXES = {
    "cloudwatch": "monitoring",
    "stepfunctions": "states",
    "eventbridge": "events",
    "ecr": "api.ecr",
}
# Services whose private DNS takes everything below their host's name as well.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html
_WITH_ALL_BELOW = ("execute-api",)
# Addresses that public DNS knows nothing of: RFC 1918 and RFC 6598.
_INSIDE = tuple(
    ip_network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)
OUTSIDE = ""  # the view of those who are in no VPC


def forwarding(scenario: Scenario, vpc: str, name: str) -> ResolverRule | None:
    """Find the rule by which a VPC's resolver asks other servers for a name; None: it asks nobody.

    The nearest domain decides, that of a private zone among them: names of the file's own hosts
    have one, and so has a service of which an interface endpoint has taken over the name.
    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-overview-forward-vpc-to-network-using-rules.html
    """
    rules = [r for r in scenario.resolver_rules.values() if r.vpc == vpc and r.covers(name)]
    nearest = max(rules, key=lambda rule: len(rule.domain), default=None)
    if nearest is None or not nearest.servers:
        return None
    return nearest if len(nearest.domain) >= len(_zone(scenario, vpc, name)) else None


def _zone(scenario: Scenario, vpc: str, name: str) -> str:
    if name.endswith(".lab.internal"):
        return "lab.internal"
    hosts = (host for host in scenario.hosts.values() if host.subnet and not host.kind)
    endpoints = (e for e in scenario.endpoints.values() if e.vpc == vpc and e.private_dns)
    taken = {service_host(endpoint.service, scenario.region) for endpoint in endpoints}
    return name if name in taken.union(*((host.name, *host.names) for host in hosts)) else ""


def service_host(service: str, region: str) -> str:
    """Name the host of an AWS service; "sts@eu-west-1" is in a Region of its own."""
    service, _, elsewhere = service.partition("@")
    region = elsewhere or region
    return f"{PREFIXES.get(service, service)}.{region}.amazonaws.com"


def service_name(region: str, endpoint: Endpoint) -> str:
    """Name the service of an endpoint in full."""
    owner = "vpce." if endpoint.provider else ""
    return f"com.amazonaws.{owner}{region}.{endpoint.service}"


def own_names(scenario: Scenario, endpoint: Endpoint, identifier: str) -> tuple[str, ...]:
    """List an interface endpoint's own names: of all its zones, and of each.

    https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html#interface-endpoint-dns-hostnames
    """
    host = service_host(endpoint.service, scenario.region).removesuffix(".amazonaws.com")
    zones = (f"-{scenario.region}{scenario.subnets[s].az}" for s in endpoint.subnets)
    return tuple(f"{identifier}-lab{zone}.{host}.vpce.amazonaws.com" for zone in ("", *zones))


def private_names(scenario: Scenario, endpoint: Endpoint) -> tuple[str, ...]:
    """List the names that an endpoint takes over with its private DNS."""
    if endpoint.provider:
        return (endpoint.provider.private_dns_name,) if endpoint.provider.private_dns_name else ()
    host = service_host(endpoint.service, scenario.region)
    return (host, f"*.{host}") if endpoint.service in _WITH_ALL_BELOW else (host,)


def is_inside(scenario: Scenario, address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address belongs into a private hosted zone and not into public DNS."""
    ranges = (r for vpc in scenario.vpcs.values() for r in (*vpc.ranges, *vpc.on_premises))
    return any(address in r for r in (*_INSIDE, *ranges) if r.version == address.version)


def balancer_host(balancer: LoadBalancer, region: str) -> str:
    """Name an internal load balancer as AWS does, whose name tells its kind.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-to-elb-load-balancer.html
    """
    if balancer.type == "network":
        return f"{balancer.name}-0123456789abcdef.elb.{region}.amazonaws.com"
    return f"internal-{balancer.name}-1234567890.{region}.elb.amazonaws.com"


def view(
    scenario: Scenario,
    plan: Plan,
    host_names: Mapping[str, str],
    endpoint_ids: Mapping[str, str],
    vpc: str = OUTSIDE,
) -> Records:
    """List the records that a resolver of this VPC answers with."""
    records: Records = {
        service_host(service, scenario.region): (str(address),)
        for service, address in plan.services.items()
    }
    public: Records = {}
    private: Records = {}
    for host in scenario.hosts.values():
        addresses = tuple(_addresses(scenario, plan, host, vpc))
        known = public if host.name in plan.internet else private
        for name in (host_names[host.name], *host.names):
            if addresses:  # hosts may share a name, which then has the addresses of all of them
                known[name] = (*known.get(name, ()), *addresses)
    for name, written in scenario.records.items():
        for address in written:
            known = private if is_inside(scenario, address) else public
            if known is public or _asks_zones(scenario, vpc):
                known[name] = (*known.get(name, ()), str(address))
    records |= {**public, **private}  # a private hosted zone hides what the world says of a name
    for balancer in scenario.load_balancers.values():
        records[host_names[balancer.name]] = tuple(
            str(plan.eni("load-balancer", balancer.name, subnet).address)
            for subnet in balancer.subnets
        )
    for endpoint in scenario.endpoints.values():
        taken = _endpoint(scenario, plan, endpoint, endpoint_ids[endpoint.name], vpc)
        below = tuple(name.removeprefix("*") for name in taken if name.startswith("*."))
        records = {name: found for name, found in records.items() if not name.endswith(below)}
        records |= taken
    return records


def _asks_zones(scenario: Scenario, vpc: str) -> bool:
    """Tell whether who is in this VPC has its private hosted zones asked."""
    return vpc != OUTSIDE and scenario.vpcs[vpc].dns_hostnames


def _addresses(scenario: Scenario, plan: Plan, host: Host, vpc: str) -> Iterator[str]:
    """Resolve a host.

    A publicly accessible database has its private address in its own VPC and its public one
    elsewhere, unless a peering carries the private answer across. What has no public name is known
    to every VPC that asks private hosted zones (one that all of them share), and to nobody else.
    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html
    """
    zones = _asks_zones(scenario, vpc)
    if host.subnet is None:
        outside = plan.internet.get(host.name) or (plan.on_premises[host.name], None)
        if host.name in plan.internet or zones:
            yield from (str(address) for address in outside if address)
        return
    eni = plan.eni("host", host.name)
    if host.publicly_accessible and eni.public and not _near(scenario, host, vpc):
        yield str(eni.public)
    elif zones or host.kind in ("rds", "elasticache"):
        yield str(eni.address)
        if eni.ipv6:
            yield str(eni.ipv6)


def _near(scenario: Scenario, host: Host, vpc: str) -> bool:
    home = scenario.subnets[host.subnet or ""].vpc
    return vpc == home or any(
        {vpc, home} == set(peering.between) and peering.dns_resolution and peering.state == "active"
        for peering in scenario.peerings.values()
    )


def _endpoint(
    scenario: Scenario, plan: Plan, endpoint: Endpoint, identifier: str, vpc: str
) -> Records:
    """Name an interface endpoint; a gateway endpoint is invisible in DNS.

    https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html
    """
    if endpoint.type != "interface":
        return {}
    addresses = tuple(
        str(plan.eni("endpoint", endpoint.name, subnet).address) for subnet in endpoint.subnets
    )
    whole, *zonal = own_names(scenario, endpoint, identifier)
    records: Records = {whole: addresses}
    records |= {name: (address,) for name, address in zip(zonal, addresses, strict=True)}
    carries = endpoint.private_dns and endpoint.state == "available" and addresses
    if vpc == endpoint.vpc and carries:
        home = scenario.vpcs[vpc]
        # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html#vpc-dns-support
        if home.dns_support and home.dns_hostnames:
            records |= dict.fromkeys(private_names(scenario, endpoint), addresses)
    return records


def hosts_file(scenario: Scenario, plan: Plan) -> str:
    """Write the names that the Amazon resolver gives to private addresses.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html#vpc-dns-hostnames
    """
    zone = "ec2" if scenario.region == "us-east-1" else f"{scenario.region}.compute"
    lines = ["127.0.0.1 localhost"]
    for address in {eni.address for eni in plan.enis.values()}:
        name = str(address).replace(".", "-")
        lines.append(f"{address} ip-{name}.{zone}.internal")
    return "\n".join(lines) + "\n"
