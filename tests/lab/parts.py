"""The parts of a scenario as values: what a file can say, after it was read and found sound.

Names refer to each other within one scenario; `scenario.parse` has checked that they exist.
Frozen dataclasses only; the words and their meaning are told in README.md beside this file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

    from tests.lab.reading import Network

Ports = tuple[int, int]
ALL_PORTS: Ports = (0, 65535)


@dataclass(frozen=True, slots=True)
class Vpc:
    """One VPC and the gateways that hang on it."""

    name: str
    cidr: IPv4Network
    secondary_cidrs: tuple[IPv4Network, ...] = ()
    ipv6_cidr: IPv6Network | None = None
    dns_support: bool = True
    dns_hostnames: bool = True
    dns_servers: tuple[str, ...] = ()  # addresses or host names; empty: AmazonProvidedDNS
    internet_gateway: str | None = None  # "attached" | "detached" | None
    egress_only_internet_gateway: bool = False
    virtual_private_gateway: str | None = None  # "attached" | "detached" | None
    on_premises: tuple[IPv4Network, ...] = ()  # what lies behind the virtual private gateway

    @property
    def cidrs(self) -> tuple[IPv4Network, ...]:
        """Every IPv4 range of the VPC."""
        return (self.cidr, *self.secondary_cidrs)

    @property
    def ranges(self) -> tuple[Network, ...]:
        """Every range of the VPC, of both families."""
        return (*self.cidrs, self.ipv6_cidr) if self.ipv6_cidr else self.cidrs

    @property
    def default_group(self) -> str:
        """Name of the security group that AWS creates with the VPC."""
        return f"default@{self.name}"


@dataclass(frozen=True, slots=True)
class Subnet:
    """One subnet; `route_table` and `nacl` are always the ones in effect."""

    name: str
    vpc: str
    cidr: IPv4Network
    ipv6_cidr: IPv6Network | None
    az: str  # the zone's letter
    route_table: str
    explicit_table: bool  # False: it uses its VPC's main table, no association is written
    nacl: str | None  # None: the VPC's default NACL, which lets everything pass


@dataclass(frozen=True, slots=True)
class Target:
    """Where a route leads. `name` is None where there is only one of the kind in a VPC."""

    kind: str  # see sections.TARGETS; "blackhole" is a target that was deleted
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """One route; the destination is a range, or the name of a prefix list."""

    destination: Network | str
    target: Target

    @property
    def is_ipv6(self) -> bool:
        """Whether it is for IPv6."""
        return not isinstance(self.destination, str) and self.destination.version == 6


@dataclass(frozen=True, slots=True)
class RouteTable:
    """One route table, without its local routes and without those that gateway endpoints add."""

    name: str
    vpc: str
    routes: tuple[Route, ...] = ()
    main: bool = False
    implicit: bool = False  # the main table that AWS makes, which the file does not name
    gateway: str | None = None  # "internet-gateway": the edge table of that gateway
    propagated: bool = False  # takes the virtual private gateway's routes


@dataclass(frozen=True, slots=True)
class NatGateway:
    """One NAT gateway."""

    name: str
    vpc: str
    subnet: str | None  # None: regional
    state: str = "available"  # available | failed | deleted | pending
    connectivity: str = "public"  # public | private
    mode: str = "zonal"  # zonal | regional
    public: IPv4Address | None = None  # its Elastic IP, chosen by the lab when absent
    routes: tuple[Route, ...] | None = None  # regional only: its own table; None: internet gateway
    zones: tuple[str, ...] | None = None  # regional only: where it has grown to; None: everywhere


@dataclass(frozen=True, slots=True)
class Provider:
    """Whose endpoint service an endpoint leads to, where it is none of AWS's."""

    server: str
    port: int
    tls: str = "valid"  # as of a host
    status: int = 200  # of HTTP answers
    private_dns_name: str | None = None
    zones: tuple[str, ...] | None = None  # with a target behind its load balancer; None: all


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One VPC endpoint."""

    name: str
    vpc: str
    service: str  # "dynamodb", "logs", ... or "vpce-svc-..."
    type: str  # gateway | interface
    route_tables: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    private_dns: bool = False
    policy: str | Mapping[str, Any] = "allow"  # allow | deny | an IAM policy document
    state: str = "available"
    provider: Provider | None = None  # None: AWS

    def answers_in(self, zone: str) -> bool:
        """Tell whether anybody answers at its interface in a zone."""
        served = self.provider.zones if self.provider else None
        return self.state == "available" and (served is None or zone in served)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a security group. `peer` is a range, or a reference to a group or prefix list."""

    protocol: str  # tcp | udp | icmp | all
    ports: Ports
    peer: Network | Group | PrefixList


@dataclass(frozen=True, slots=True)
class Group:
    """A reference to a security group."""

    name: str


@dataclass(frozen=True, slots=True)
class PrefixList:
    """A reference to a prefix list: a customer's, or "dynamodb" and "s3", which AWS keeps."""

    name: str


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """One security group."""

    name: str
    vpc: str
    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]
    default: bool = False  # the one that AWS makes with the VPC


@dataclass(frozen=True, slots=True)
class NaclEntry:
    """One numbered rule of a network ACL."""

    number: int
    allow: bool
    protocol: str  # tcp | udp | icmp | all
    ports: Ports
    cidr: Network


@dataclass(frozen=True, slots=True)
class Nacl:
    """One network ACL, its entries in the order in which they are judged."""

    name: str
    vpc: str
    inbound: tuple[NaclEntry, ...]
    outbound: tuple[NaclEntry, ...]


@dataclass(frozen=True, slots=True)
class BlockPublicAccess:
    """VPC Block Public Access of the account in this Region."""

    mode: str = "off"  # off | block-bidirectional | block-ingress
    # VPC or subnet name -> allow-bidirectional | allow-egress
    exclusions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Peering:
    """One peering connection between two VPCs."""

    name: str
    between: tuple[str, str]
    state: str = "active"
    dns_resolution: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """One VPC on a transit gateway, with the subnets (one a zone) that carry its interfaces."""

    name: str
    vpc: str
    subnets: tuple[str, ...]
    state: str = "available"
    table: str | None = None  # the transit gateway table it is associated with
    propagates: tuple[str, ...] = ()  # the tables that learn its ranges


@dataclass(frozen=True, slots=True)
class TransitTable:
    """One transit gateway route table; a route leads to an attachment, or to None: blackhole."""

    name: str
    routes: Mapping[Network, str | None]


@dataclass(frozen=True, slots=True)
class TransitGateway:
    """One transit gateway."""

    name: str
    attachments: Mapping[str, Attachment]
    tables: Mapping[str, TransitTable]
    references: bool = False  # inbound rules may name groups of other VPCs


@dataclass(frozen=True, slots=True)
class NatInstance:
    """One EC2 instance that translates addresses."""

    name: str
    subnet: str
    security_groups: tuple[str, ...]
    source_dest_check: bool = False
    state: str = "running"  # running | stopped
    address: IPv4Address | None = None
    public: IPv4Address | bool = True  # its Elastic IP; True: chosen by the lab; False: none


@dataclass(frozen=True, slots=True)
class Listener:
    """One TCP listener of a load balancer and the hosts behind it."""

    port: int
    targets: tuple[str, ...]
    target_port: int | None  # None: the port that each host serves


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """One internal load balancer."""

    name: str
    type: str  # network | application
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    listeners: Mapping[int, Listener]
    cross_zone: bool = False
    state: str = "active"


@dataclass(frozen=True, slots=True)
class FirewallRule:
    """One rule of a firewall: what it does with the packets of a flow that matches."""

    action: str  # pass | drop | reject
    protocol: str
    ports: Ports
    source: Network
    destination: Network


@dataclass(frozen=True, slots=True)
class Firewall:
    """One firewall endpoint: traffic is routed to it, judged, and routed on from its subnet."""

    name: str
    subnet: str
    type: str = "network-firewall"  # network-firewall | gateway-load-balancer
    rules: tuple[FirewallRule, ...] = ()  # the first that matches decides
    otherwise: str = "pass"  # pass | drop | reject
    # By name in TLS or HTTP, see relay: refused, and where any are named the only ones let through.
    domains: tuple[str, ...] = ()
    only_domains: tuple[str, ...] = ()
    inspects: bool = False  # looks into TLS, see inspection
    state: str = "available"

    @property
    def listens(self) -> bool:
        """Tell whether it reads what is said over connections."""
        return bool(self.domains or self.only_domains)

    def refuses(self, name: str) -> bool:
        """Tell whether what is said to a host is lost; "" where nobody is named.

        One with a leading dot is the domain itself and everything below it.
        https://docs.aws.amazon.com/network-firewall/latest/developerguide/stateful-rule-groups-domain-names.html
        """
        allowed = not self.only_domains or _among(self.only_domains, name)
        return _among(self.domains, name) or not allowed


def _among(domains: tuple[str, ...], name: str) -> bool:
    return any(f".{name}".endswith(d) if d[0] == "." else name == d for d in domains)


@dataclass(frozen=True, slots=True)
class DnsRule:
    """One rule of a DNS firewall, for some domains."""

    domains: tuple[str, ...]
    answer: str | None  # nodata | nxdomain; None: the rule lets the question through


@dataclass(frozen=True, slots=True)
class DnsFirewall:
    """The rules that watch over a VPC's Amazon resolver; the first that has a name decides."""

    name: str
    vpc: str
    rules: tuple[DnsRule, ...]


@dataclass(frozen=True, slots=True)
class ResolverRule:
    """A domain of which a VPC's Amazon resolver asks other servers, or without any itself."""

    name: str
    vpc: str
    domain: str  # "" is everything
    servers: tuple[IPv4Address, ...] = ()
    # What those servers, which stand in no network of the file, say: records, or how they fail.
    answers: Mapping[str, IPv4Address] | str = ""

    def covers(self, name: str) -> bool:
        """Tell whether a name is the domain itself or below it."""
        return f".{name}".endswith(f".{self.domain}" if self.domain else "")


@dataclass(frozen=True, slots=True)
class Host:
    """One machine with a server on it: in a subnet, in the internet, or on premises."""

    name: str
    server: str  # see sections.SERVERS
    port: int
    subnet: str | None = None
    address: IPv4Address | None = None  # in its subnet, or on premises; chosen by the lab if absent
    ipv6: IPv6Address | bool = False
    security_groups: tuple[str, ...] = ()
    public: IPv4Address | bool = False  # with a subnet: its Elastic IP
    public_ipv6: IPv6Address | None = None
    on_premises: bool = False
    kind: str | None = None  # rds | elasticache | ec2 | None
    state: str = "running"  # running | stopped
    tls: str = "valid"  # valid | expired | wrong-host | untrusted | refused | off
    status: int = 200  # of HTTP answers
    names: tuple[str, ...] = ()  # further names
    password: bool = False  # redis: answers NOAUTH
    busy: bool = False  # databases: no connection slot left
    blocks_clients: bool = False  # databases: the client's address is blocked
    publicly_accessible: bool = False  # rds


@dataclass(frozen=True, slots=True)
class Service:
    """How an AWS service answers in this scenario, beyond the usual."""

    name: str
    answer: str = "healthy"  # healthy | down | identity-denies | explicit-deny | wrong-region | ...


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that no configuration shows."""

    at: str  # a host, load balancer, AWS service or NAT gateway, or "resolver"
    kind: str  # see vocabulary.faults
    value: int = 0  # percent of "loss", bytes, milliseconds of "delay", "ports", "quota"
    names: tuple[str, ...] = ()  # for "nxdomain" and "admits"


@dataclass(frozen=True, slots=True)
class Function:
    """The function whose network is in question."""

    subnets: tuple[str, ...] = ()  # empty: not in a VPC
    security_groups: tuple[str, ...] = ()
    ipv6: bool = False  # Ipv6AllowedForDualStack
    state: str = "Active"
    state_reason: str | None = None  # AWS's StateReasonCode
    managed_instances: bool = False  # subnets and groups are those of its capacity provider
    allow: tuple[str, ...] | None = None  # actions of its role; None: all that it needs
    deny: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One target of the event; `words` are passed on to the probe as they stand."""

    check: str
    words: Mapping[str, Any]
    host: str | None = None  # a machine or endpoint of the lab whose name and port are put in
