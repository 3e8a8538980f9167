"""The collector's questions about names: zones, DNS Firewall, interfaces behind endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import endpoints, places
from probe.network.addresses import is_address
from probe.network.collector import host_questions, questions
from probe.network.dns import dns_settings, owners
from probe.network.dns.forwarding import AUTODEFINED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from probe.network.collector.gathering import Gathering, Question
    from probe.network.collector.references import Wanted
    from probe.network.vpc import Network


def followed(network: Network, found: Gathering, wanted: Wanted) -> Iterator[Question]:
    """Ask for what answers a wanted name: its zone's records, its endpoint's interfaces."""
    yield from _lost(network, wanted)
    yield from _machines(found, wanted)
    yield from _records(found, wanted)
    yield from _firewall(found)
    yield from _forwarding(found)
    yield from _endpoint_interfaces(found, wanted)
    yield from _services_of_others(found, wanted)
    yield from _database_interfaces(found)


def servers(found: Gathering, vpc_ids: Iterable[str]) -> Iterator[str]:
    """Give the addresses of the DNS servers that the DHCP options of these VPCs name."""
    vpcs = [entry for entry in found.entries("Vpcs") if entry["VpcId"] in vpc_ids]
    named = {entry.get("DhcpOptionsId") for entry in vpcs}
    for entry in found.entries("DhcpOptions"):
        if entry["DhcpOptionsId"] in named:
            yield from filter(is_address, dns_settings.read_servers(entry))


def zones_of_targets(found: Gathering, wanted: Wanted, region: str | None) -> Iterator[Question]:
    """Ask for the zones of the VPCs that targets are in, for a function that is in none.

    It cannot ask them, and that is worth knowing of a name that has no public address.
    """
    names = [host.rstrip(".").lower() for host in wanted.hosts]
    others = [one for one in names if not (owners.is_resource(one) or endpoints.service_of(one))]
    if others and not wanted.subnet_ids:
        vpc_ids = [str(entry["VpcId"]) for entry in found.entries("Vpcs")]
        yield from host_questions.zones(vpc_ids, region)


def _lost(network: Network, wanted: Wanted) -> Iterator[Question]:
    """Ask what else there is where RDS was asked for a database and none has the wanted name."""
    for host in wanted.hosts:
        name = host.rstrip(".").lower()
        if network.has("DBInstances") and owners.find(network, name) is None:
            yield from host_questions.of_lost_hosts([name])


def _machines(found: Gathering, wanted: Wanted) -> Iterator[Question]:
    """Ask whether the instances run that names are asked of."""
    for entry in found.entries("NetworkInterfaces"):
        machine = (entry.get("Attachment") or {}).get("InstanceId")
        if machine and not set(wanted.dns_servers).isdisjoint(places.addresses_in(entry)):
            yield from questions.instances([machine])


def _records(found: Gathering, wanted: Wanted) -> Iterator[Question]:
    hosts = [host.rstrip(".").lower() for host in wanted.hosts]
    for entry in found.entries("HostedZones"):
        name = str(entry.get("Name") or "").rstrip(".").lower()
        if name and any(host == name or host.endswith(f".{name}") for host in hosts):
            yield from host_questions.records([entry["HostedZoneId"]])


def _firewall(found: Gathering) -> Iterator[Question]:
    groups = [
        str(entry["FirewallRuleGroupId"])
        for entry in found.entries("FirewallRuleGroupAssociations")
        if entry.get("FirewallRuleGroupId")
    ]
    yield from host_questions.dns_rules(groups)
    lists = [
        str(rule["FirewallDomainListId"])
        for entry in found.entries("FirewallRules")
        for rule in entry.get("FirewallRules") or ()
        if rule.get("FirewallDomainListId")
    ]
    yield from host_questions.dns_domains(lists)


def _forwarding(found: Gathering) -> Iterator[Question]:
    associated = [
        str(entry["ResolverRuleId"])
        for entry in found.entries("ResolverRuleAssociations")
        if not str(entry.get("ResolverRuleId") or AUTODEFINED).startswith(AUTODEFINED)
    ]
    yield from host_questions.resolver_rules(associated)


def _endpoint_interfaces(found: Gathering, wanted: Wanted) -> Iterator[Question]:
    services = {*wanted.services, *filter(None, map(endpoints.service_of, wanted.hosts))}
    ids: list[str] = []
    for entry in found.entries("VpcEndpoints"):
        endpoint = endpoints.read_endpoint(entry)
        named = any(map(endpoint.is_called, wanted.hosts))
        if named or any(endpoint.serves(service) for service in services):
            ids += endpoint.interface_ids
    yield from questions.interfaces(network_interface_id=ids)


def _services_of_others(found: Gathering, wanted: Wanted) -> Iterator[Question]:
    """Ask what the services of others are called, to which the VPC has endpoints, and for those."""
    if all(is_address(host) or endpoints.service_of(host) for host in wanted.hosts):
        return
    known = map(endpoints.read_endpoint, found.entries("VpcEndpoints"))
    theirs = [one for one in known if one.kind == "interface" and one.is_of_others]
    yield from host_questions.endpoint_services({one.service_name for one in theirs})
    ids = [interface_id for one in theirs for interface_id in one.interface_ids]
    yield from questions.interfaces(network_interface_id=ids)


def _database_interfaces(found: Gathering) -> Iterator[Question]:
    """RDS does not tell a database's address; its interface carries the database's groups."""
    for entry in found.entries("DBInstances"):
        groups = [
            str(group["VpcSecurityGroupId"]) for group in entry.get("VpcSecurityGroups") or ()
        ]
        subnets = [
            str(subnet["SubnetIdentifier"])
            for subnet in (entry.get("DBSubnetGroup") or {}).get("Subnets") or ()
        ]
        yield from questions.interfaces(group_id=groups, subnet_id=subnets)
