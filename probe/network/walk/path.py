"""The walk: from a subnet and its groups to one address and port, and the answer back.

Pure: it reads a network, sends nothing. Every gate on the way is judged, also behind a closed one,
so that two causes at once are both found. What was not read makes what depends on it undetermined,
never absent. `unreachable` without a blocker means: closed for certain, and what would name the
reason was not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.model import Verdict
from probe.network import gateways, middlebox, nat, nat_instance, peering, services, vpn
from probe.network.addresses import Block, address, is_private
from probe.network.dns import misdirected
from probe.network.fields import Malformed
from probe.network.flow import EPHEMERAL, Packet
from probe.network.transit import transit
from probe.network.values import SnapshotError
from probe.network.vpc import Network, NotRead
from probe.network.walk import dead_ends, legs, origins, overlap, supposed
from probe.network.walk.journey import Handler, Journey, Origin
from probe.network.walk.trace import Trace

if TYPE_CHECKING:
    from probe.model import Path

HANDLERS: dict[str, Handler] = {
    "none": dead_ends.no_route,
    "circle": dead_ends.circle,
    "blackhole": dead_ends.blackhole,
    "unknown": dead_ends.unknown,
    "local": dead_ends.local,
    "internet-gateway": gateways.internet,
    "egress-only-internet-gateway": gateways.egress_only,
    "nat-gateway": nat.gateway,
    "vpc-endpoint": services.endpoint,
    "peering": peering.across,
    "transit-gateway": transit.gateway,
    "vpn-gateway": vpn.gateway,
    "middlebox": middlebox.detour,
    "network-interface": nat_instance.gateway,
    "instance": nat_instance.gateway,
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where the packets come from: a subnet with security groups, or no VPC at all."""

    subnet_id: str | None
    security_group_ids: tuple[str, ...] = ()
    # Ipv6AllowedForDualStack; None: as FunctionConfiguration says.
    ipv6: bool | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where they go. `host` and `service` say what the address was looked up for, if anything."""

    address: str
    port: int
    protocol: str = "tcp"
    host: str | None = None
    service: str | None = None  # AWS service as SDKs name it: "dynamodb", "logs"
    # What is said first once the connection is open: "tls", "http", "nothing"; None: not known.
    speaks: str | None = None

    @property
    def label(self) -> str:
        """The destination as people write it: "10.0.2.10:5432"."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


def end_of(path: Path) -> tuple[str, int] | None:
    """Return the address and port that packets go to, as a destination's label has them.

    None for the way of a name, which ends at an answer.
    """
    where, _, port = (path.destination or "").rpartition(":")
    return (where.strip("[]"), int(port)) if where and port.isdecimal() else None


def walk(network: Network, source: Source, destination: Destination) -> Path:
    """Walk there and back again. SnapshotError when what it touches is not of AWS's shape."""
    try:
        return _walk(network, source, destination)
    except Malformed as complaint:
        raise SnapshotError(f"{network.snapshot.name}: {complaint}") from None


def _walk(network: Network, source: Source, destination: Destination) -> Path:
    trace = Trace()
    target = address(destination.address)
    if source.subnet_id is None:
        _outside(trace, target)
    else:
        try:
            groups, version = source.security_group_ids, target.version
            origin = origins.of_function(network, source.subnet_id, groups, version)
            if version == 4 or origins.may_speak_ipv6(trace, network, origin, source.ipv6):
                _inside(trace, network, destination, origin)
        except NotRead as missing:
            trace.unknown(missing, source.subnet_id, "subnet")
    return trace.path(subnet_id=source.subnet_id, destination=destination.label)


def _outside(trace: Trace, target: Block) -> None:
    """Judge a function that is in no VPC: it has the internet and nothing else.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    if is_private(target):
        trace.block(
            "function-not-in-vpc",
            "function",
            "placement",
            f"the function is in no VPC, and {target} is an address inside one",
            facts={"address": str(target)},
        )
    elif target.version == 6:
        missing = NotRead("IPv6 outside a VPC", "AWS does not say whether Lambda offers it")
        trace.unknown(missing, "function", "placement")
    else:
        trace.hop("internet", "internet", "allow", "Lambda's own network leads to the internet")


def _inside(trace: Trace, network: Network, destination: Destination, origin: Origin) -> None:
    """Walk from an interface in a VPC."""
    target, ports = address(destination.address), (destination.port, destination.port)
    packet = Packet(
        destination.protocol, origin.addresses, EPHEMERAL, (target,), ports, origin.doubt
    )
    journey = Journey(
        network,
        trace,
        HANDLERS,
        origin,
        host=destination.host,
        meant=overlap.vpc_of(network, destination.host, target),
        service=destination.service,
        speaks=destination.speaks,
    )
    legs.back(trace, legs.forth(trace, journey, packet))
    supposed.walks(trace, journey, packet)
    lets_open = not trace.closed and all(one.opens for one in trace.blockers)
    if trace.verdict is Verdict.UNREACHABLE and not lets_open:
        misdirected.judge(trace, network, origin, target, destination.host)
