"""The DNS way: what the function's resolver would answer for a name, and what stands in its way.

Private answers come from the VPC's endpoints, its private hosted zones and AWS's own resources in
it. A public name whose address nobody read gets a stand-in address, said to be one: it takes the
same routes as any address of the internet that no route names. Looks nothing up.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.network import endpoints, peering, places, prefix_lists
from probe.network.addresses import address, is_address, is_private
from probe.network.dns import dns_firewall, dns_settings, forwarding, owners, resolvers, zones
from probe.network.fields import Malformed
from probe.network.values import SnapshotError
from probe.network.vpc import Network, NotRead
from probe.network.walk.trace import Trace

if TYPE_CHECKING:
    from probe.model import Blocker, Hop, Path, Undetermined, Verdict
    from probe.network.addresses import Block
    from probe.network.dns.owners import Owner
    from probe.network.walk.path import Source

STAND_IN = "192.0.2.1"  # RFC 5737: nobody's address
MAX_CHAIN = 8  # records that point to records
# Top-level names that the public DNS never holds.
# https://www.iana.org/assignments/special-use-domain-names/special-use-domain-names.xhtml
NEVER_PUBLIC = (".internal", ".local", ".home.arpa", ".test", ".localhost", ".invalid")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the resolver answers, as far as the snapshot tells."""

    host: str
    addresses: tuple[str, ...]  # none: no such name, or not known (see `undetermined`)
    scope: str  # "private" | "public" | "none" | "unknown"
    component: str | None  # what the answer comes from: an endpoint, a zone, a database
    stand_in: bool  # the address is made up: the name is public, its address was not read
    trace: Trace

    @property
    def verdict(self) -> Verdict:
        """Whether the name gets an answer."""
        return self.trace.verdict

    @property
    def hops(self) -> tuple[Hop, ...]:
        """How the answer came about."""
        return tuple(self.trace.hops)

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        """What keeps the name from an answer."""
        return tuple(self.trace.blockers)

    @property
    def undetermined(self) -> tuple[Undetermined, ...]:
        """What is not known about the answer."""
        return tuple(self.trace.undetermined)

    def path(self, source: Source) -> Path:
        """Return the DNS way in the form of a walked path."""
        return self.trace.path(subnet_id=source.subnet_id, destination=self.host)


@dataclass(frozen=True, slots=True)
class _Found:
    addresses: tuple[str, ...]
    scope: str
    component: str | None
    stand_in: bool = False


NOBODY = _Found((), "none", None)


def resolve(network: Network, host: str, source: Source) -> Answer:
    """Return what the resolver of this placement answers for a host name."""
    try:
        return _resolve(network, host, source)
    except Malformed as complaint:
        raise SnapshotError(f"{network.snapshot.name}: {complaint}") from None


def _resolve(network: Network, host: str, source: Source) -> Answer:
    trace, name = Trace(), zones.plain(host)
    if is_address(name):
        scope = "private" if is_private(address(name)) else "public"
        return Answer(host, (name,), scope, None, stand_in=False, trace=trace)
    try:
        vpc_id = _vpc_of(network, source)
        whose = resolvers.AMAZON
        if vpc_id is not None:
            whose = resolvers.judge(trace, network, source, vpc_id)
            if whose == resolvers.AMAZON:
                dns_firewall.judge(trace, network, vpc_id, name)
        found = _answer(trace, network, vpc_id, name, whose)
    except NotRead as missing:
        trace.unknown(missing, name, "dns")
        found = _Found((), "unknown", None)
    return Answer(host, found.addresses, found.scope, found.component, found.stand_in, trace)


def _vpc_of(network: Network, source: Source) -> str | None:
    if source.subnet_id is None:
        return None
    return places.subnet(network, source.subnet_id).vpc_id


def _answer(trace: Trace, network: Network, vpc_id: str | None, name: str, whose: str) -> _Found:
    """Follow a name through private zones, endpoints and AWS's own names."""
    for _ in range(MAX_CHAIN):
        if vpc_id is not None:
            found = _private(trace, network, vpc_id, name, whose)
            if isinstance(found, str):
                name = found
                continue
            if found is not None:
                return found
        else:
            _out_of_reach(trace, network, name)
        owner = owners.find(network, name)
        if owner is not None:
            return _owned(trace, network, vpc_id, name, owner)
        return _public(trace, network, name)
    raise NotRead(f"address of {name}", "records point to records without end")


def _private(
    trace: Trace, network: Network, vpc_id: str, name: str, whose: str
) -> _Found | str | None:
    """Return what only this VPC answers: addresses, another name to follow, or None."""
    endpoint = _private_endpoint(network, vpc_id, name)
    zone = None if endpoint is not None else _zone(trace, network, vpc_id, name)
    if whose == resolvers.AMAZON:
        own = name if endpoint else zone.name if zone else None
        forwarding.judge(trace, network, vpc_id, name, own=own)
    component = endpoint.component if endpoint else zone.id if zone else None
    if component is None:
        return None
    if whose == resolvers.CUSTOM:
        raise NotRead(
            f"what the DHCP options' servers answer for {name}", "they are no part of AWS"
        )
    settings = dns_settings.of_vpc(network, vpc_id)
    if not (settings.support and settings.hostnames):
        trace.hop(component, "dns", "deny", f"private names of {vpc_id} are off")
        return _names_off(trace, vpc_id, name) if zone is not None else None
    if endpoint is not None:
        return _of_owner(trace, name, endpoint)
    assert zone is not None
    return _recorded(trace, network, zone, name)


def _names_off(trace: Trace, vpc_id: str, name: str) -> _Found:
    """Take a zone that is not asked for what hides nothing: the name may be public as well."""
    private = name.endswith(NEVER_PUBLIC)
    trace.block(
        "vpc-dns-hostnames-off",
        vpc_id,
        "dns",
        f"{name} is in a private zone, which {vpc_id} does not ask while its DNS hostnames are off",
        partial=not private,
        facts={"vpc_id": vpc_id, "host": name},
    )
    if not private:
        raise NotRead(f"public address of {name}", "only public DNS tells whether it has one")
    return NOBODY


def _out_of_reach(trace: Trace, network: Network, name: str) -> None:
    """Note for a function in no VPC that a private zone holds a name: it may be public as well."""
    zone = zones.that_holds(network, name)
    if zone is not None:
        why = f"{name} is in private zone {zone.name} ({zone.id}), which only its VPCs can ask"
        trace.hop(zone.id, "dns", "deny", why)


def _private_endpoint(network: Network, vpc_id: str, name: str) -> Owner | None:
    """Return the interface endpoint of a VPC that has taken over a public name."""
    service = endpoints.service_of(name)
    if service is None:
        return _of_others(network, vpc_id, name)
    for endpoint in endpoints.of_vpc(network, vpc_id):
        if endpoint.kind == "interface" and endpoint.private_dns and endpoint.serves(service):
            own = [known for known in endpoint.dns_names if ".vpce." not in known]
            if endpoint.state == "available" and (endpoint.is_called(name) or not own):
                return owners.of_endpoint(network, endpoint)
    return None


def _of_others(network: Network, vpc_id: str, name: str) -> Owner | None:
    with suppress(NotRead):  # then nothing says that it takes over this name
        endpoint = endpoints.of_others_for(network, vpc_id, name)
        if endpoint is not None and endpoint.private_dns and endpoint.state == "available":
            return owners.of_endpoint(network, endpoint)
    return None


def _zone(trace: Trace, network: Network, vpc_id: str, name: str) -> zones.Zone | None:
    try:
        return zones.zone_for(network, vpc_id, name)
    except NotRead:
        if owners.find(network, name) is None and endpoints.service_of(name) is None:
            raise
        trace.assume(f"no private hosted zone answers for {name}, which is a name of AWS's")
        return None


def _recorded(trace: Trace, network: Network, zone: zones.Zone, name: str) -> _Found | str:
    records = zones.records_for(network, zone, name)
    addresses = tuple(
        value for record in records if record.type in ("A", "AAAA") for value in record.values
    )
    if addresses:
        trace.hop(zone.id, "dns", "allow", f"{name} is {', '.join(addresses)}")
        return _Found(addresses, "private", zone.id)
    for record in records:
        target = record.alias or (record.values[0] if record.type == "CNAME" else None)
        if target is not None:
            trace.hop(zone.id, "dns", "allow", f"{name} is another name of {target}")
            return zones.plain(target)
    if records:
        raise zones.not_told(zone, name)
    trace.block(
        "name-not-found",
        zone.id,
        "dns",
        f"private zone {zone.name} ({zone.id}) answers for {name}, and does not hold it",
        facts={"hosted_zone_id": zone.id, "zone": zone.name, "host": name},
    )
    return NOBODY


def _owned(trace: Trace, network: Network, vpc_id: str | None, name: str, owner: Owner) -> _Found:
    """Answer for a resource of AWS's: publicly named ones have two answers."""
    inside = vpc_id is not None and owner.vpc_id == vpc_id
    if not owner.publicly_named or (owner.kind == "database" and inside):
        return _of_owner(trace, name, owner)
    if owner.kind == "database" and _peered(network, vpc_id, owner.vpc_id):
        return _of_owner(trace, name, owner)
    addresses = tuple(map(str, owner.public))
    trace.hop(owner.component, "dns", "allow", f"{name} is a public address from here")
    return _Found(addresses or (STAND_IN,), "public", owner.component, stand_in=not addresses)


def _peered(network: Network, vpc_id: str | None, other: str | None) -> bool:
    """Whether a peering connection answers names of the other VPC with private addresses."""
    if vpc_id is None or other is None:
        return False
    connection = peering.between(network, vpc_id, other)
    return connection is not None and connection.other(vpc_id)[1].answers_other is True


def _of_owner(trace: Trace, name: str, owner: Owner) -> _Found:
    if isinstance(owner.private, NotRead):
        raise owner.private
    addresses = tuple(map(str, owner.private))
    trace.hop(owner.component, "dns", "allow", f"{name} is {', '.join(addresses)}")
    return _Found(addresses, "private", owner.component)


def _public(trace: Trace, network: Network, name: str) -> _Found:
    """Answer for a name that is nobody's here: an address of the service, or a stand-in."""
    if owners.is_resource(name):
        raise NotRead(f"address of {name}", "nothing that was read has this name")
    if name.endswith(NEVER_PUBLIC):
        raise NotRead(f"address of {name}", "no private zone that was read answers for it")
    block = _of_service(network, name)
    if block is not None:
        trace.assume(f"{block} stands for every address of {name}")
        return _Found((str(block),), "public", None, stand_in=True)
    trace.assume(f"{name} is a public name; {STAND_IN} stands for its address")
    return _Found((STAND_IN,), "public", None, stand_in=True)


def _of_service(network: Network, name: str) -> Block | None:
    """Return an address of a service that AWS publishes a prefix list for."""
    service = endpoints.service_of(name)
    if service not in endpoints.GATEWAY_SERVICES:
        return None
    try:
        for entry in network.rows("PrefixLists"):
            if str(entry.get("PrefixListName") or "").endswith(f".{service}"):
                blocks = prefix_lists.blocks_of(network, str(entry["PrefixListId"]))
                v4 = [block for block in blocks if block.version == 4]
                return v4[0]._replace(high=v4[0].low) if v4 else None
    except NotRead:
        return None
    return None
