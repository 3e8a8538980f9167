"""Machines and the function, read back: where they stand, who guards them, whether they run."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.lab.cloud.function import NAME
from tests.lab.parts import Listener

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.parts import Function, Host, LoadBalancer, NatInstance
    from tests.lab.restate.base import Entry, Reading


def interfaces(read: Reading) -> dict[str, Entry]:
    """Read the network interfaces, by the key that the plan gives them."""
    return {
        read.name("network-interface", entry["NetworkInterfaceId"]): entry
        for entry in read.entries("describe_network_interfaces", "NetworkInterfaces")
    }


def hosts(read: Reading, known: dict[str, Entry]) -> Iterator[Host]:
    """Read the hosts; those in the internet are in no API."""
    stopped = _stopped(read)
    for host in read.old.hosts.values():
        entry = known.get(f"host {host.name}")
        if entry is None:
            yield host
            continue
        public = (entry.get("Association") or {}).get("PublicIp")
        identifier = read.cloud.ids[f"host {host.name}"]
        yield replace(
            host,
            address=ipaddress.IPv4Address(entry["PrivateIpAddress"]),
            security_groups=_groups(read, entry),
            public=ipaddress.IPv4Address(public) if public else False,
            state="stopped" if identifier in stopped else "running",
        )


def _groups(read: Reading, entry: Entry) -> tuple[str, ...]:
    return read.names("security-group", [group["GroupId"] for group in entry["Groups"]])


def _stopped(read: Reading) -> set[str]:
    reservations = read.entries("describe_instances", "Reservations")
    machines = [instance for each in reservations for instance in each["Instances"]]
    databases = read.entries("describe_db_instances", "DBInstances", "rds")
    return {i["InstanceId"] for i in machines if i["State"]["Name"] != "running"} | {
        d["DBInstanceIdentifier"] for d in databases if d["DBInstanceStatus"] != "available"
    }


def nat_instances(read: Reading, known: dict[str, Entry]) -> Iterator[NatInstance]:
    """Read the NAT instances."""
    stopped = _stopped(read)
    for instance in read.old.nat_instances.values():
        key = f"nat-instance {instance.name}"
        public = (known[key].get("Association") or {}).get("PublicIp")
        yield replace(
            instance,
            address=ipaddress.IPv4Address(known[key]["PrivateIpAddress"]),
            security_groups=_groups(read, known[key]),
            source_dest_check=known[key]["SourceDestCheck"],
            public=ipaddress.IPv4Address(public) if public else False,
            state="stopped" if read.cloud.ids[key] in stopped else "running",
        )


def load_balancers(read: Reading) -> Iterator[LoadBalancer]:
    """Read the load balancers with their listeners and what is behind those."""
    addresses = {
        str(read.cloud.plan.eni("host", host.name).address): host.name
        for host in read.old.hosts.values()
        if host.subnet
    }
    for entry in read.entries("describe_load_balancers", "LoadBalancers", "elbv2"):
        arn = entry["LoadBalancerArn"]
        attributes = read.entries(
            "describe_load_balancer_attributes", "Attributes", "elbv2", LoadBalancerArn=arn
        )
        yield replace(
            read.old.load_balancers[read.name("load-balancer", arn)],
            subnets=read.names("subnet", [z["SubnetId"] for z in entry["AvailabilityZones"]]),
            security_groups=read.names("security-group", entry["SecurityGroups"]),
            state=entry["State"]["Code"],
            cross_zone=_cross_zone(attributes),
            listeners={one.port: one for one in _listeners(read, arn, addresses)},
        )


def _cross_zone(attributes: list[Entry]) -> bool:
    key = "load_balancing.cross_zone.enabled"
    return any(a["Key"] == key and a["Value"] == "true" for a in attributes)


def _listeners(read: Reading, arn: str, addresses: dict[str, str]) -> Iterator[Listener]:
    for entry in read.entries("describe_listeners", "Listeners", "elbv2", LoadBalancerArn=arn):
        targets: list[Any] = []
        for action in entry["DefaultActions"]:
            group = {"TargetGroupArn": action["TargetGroupArn"]}
            targets += read.entries(
                "describe_target_health", "TargetHealthDescriptions", "elbv2", **group
            )
        named = tuple(addresses[target["Target"]["Id"]] for target in targets)
        port = targets[0]["Target"]["Port"] if targets else None
        yield Listener(entry["Port"], named, port)


def function(read: Reading) -> Function:
    """Read where the function stands now; on managed instances it does not tell."""
    if read.old.function.managed_instances:
        return read.old.function
    answer = read.cloud.aws("lambda").get_function_configuration(FunctionName=NAME)
    placed = answer.get("VpcConfig") or {}
    return replace(
        read.old.function,
        subnets=read.names("subnet", placed.get("SubnetIds") or ()),
        security_groups=read.names("security-group", placed.get("SecurityGroupIds") or ()),
        ipv6=placed.get("Ipv6AllowedForDualStack", False),
        state=answer["State"],
        state_reason=answer.get("StateReasonCode"),
    )
