"""What is asked so that the way of a name can be walked: its servers, and zones out of reach."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from probe.model import Verdict
from probe.network.collector.collect import collect
from probe.network.dns.names import Answer, resolve
from probe.network.snapshot import dump
from probe.network.vpc import Network
from probe.network.walk.path import Source
from tests.network.across import two_vpcs
from tests.network.aws import Aws
from tests.network.world import World, permission, route

if TYPE_CHECKING:
    from probe.network.values import Snapshot

SERVER, NAME = "10.8.1.10", "pricing.corp.example"
ZONE = {"HostedZoneSummaries": [{"HostedZoneId": "Z1", "Name": "corp.example."}]}
RECORDS = {
    "ResourceRecordSets": [
        {"Name": f"{NAME}.", "Type": "A", "ResourceRecords": [{"Value": "10.8.1.20"}]}
    ]
}


def asking_a_server_across(way: str) -> World:
    """Have a VPC ask a DNS server of another one, which nothing but the DHCP options names."""
    world = two_vpcs()
    if way == "tgw-a":
        world.transit(way, "tgw-rtb", vpc_a=["subnet-app"], vpc_b=["subnet-db"])
    else:
        world.peering(way, "vpc-a", "vpc-b")
    world.routes("rtb-app").append(route("10.8.0.0/16", way))
    world.routes("rtb-db").append(route("10.0.0.0/16", way))
    world.dhcp("dopt-own", [SERVER])
    world.entry("Vpcs", "vpc-a")["DhcpOptionsId"] = "dopt-own"
    world.lists["FunctionConfiguration"] = {
        "FunctionName": "fn",
        "VpcConfig": {"SubnetIds": ["subnet-app"], "SecurityGroupIds": ["sg-fn"]},
    }
    return world


def read(world: World, *, hosts: tuple[str, ...] = ("api.example.com",)) -> Snapshot:
    """Read what a name that got no address needs."""
    zones: dict[str, Any] = {"ListHostedZonesByVPC": {"HostedZoneSummaries": []}}
    return collect(Aws(world, garbage=zones), function="fn", hosts=hosts)


def answer(snapshot: Snapshot) -> Answer:
    """Ask for a public name from the function's subnet."""
    return resolve(Network(snapshot), "api.example.com", Source("subnet-app", ("sg-fn",)))


@pytest.mark.parametrize("way", ["tgw-a", "pcx-a"])
@pytest.mark.parametrize("is_open", [False, True])
def test_the_way_to_a_dns_server_in_another_vpc_is_read(way: str, is_open: bool) -> None:
    """Nothing but DHCP options names it: its VPC is read as that of a target is."""
    world = asking_a_server_across(way)
    if is_open:
        admits = permission("udp", 53, cidr="10.0.0.0/16")
        world.entry("SecurityGroups", "sg-db")["IpPermissions"] = [admits]

    found = answer(read(world))

    assert found.verdict is (Verdict.REACHABLE if is_open else Verdict.UNREACHABLE)
    assert found.blockers == answer(world.snapshot()).blockers
    assert found.undetermined == ()


def test_the_dns_servers_of_other_vpcs_are_not_followed() -> None:
    """Whom another VPC asks for its names is no business of this function's."""
    world = asking_a_server_across("pcx-a")
    world.vpc("10.9.0.0/16", "vpc-c")
    world.peering("pcx-c", "vpc-a", "vpc-c")
    world.dhcp("dopt-theirs", ["10.9.1.53"])
    world.entry("Vpcs", "vpc-b")["DhcpOptionsId"] = "dopt-theirs"
    world.subnet("subnet-theirs", "10.9.1.0/24", vpc="vpc-c")

    assert "subnet-theirs" not in json.dumps(dump(read(world)))


def test_whether_an_instance_that_answers_names_runs_is_read() -> None:
    """No other instance is asked about."""
    world = asking_a_server_across("pcx-a")
    world.entry("SecurityGroups", "sg-db")["IpPermissions"] = [
        permission("udp", 53, cidr="10.0.0.0/16")
    ]
    for interface in world.lists["NetworkInterfaces"]:
        if interface["PrivateIpAddress"] == SERVER:
            interface["Attachment"] = {"InstanceId": "i-dns"}
    world.lists["Instances"] = [
        {"InstanceId": name, "State": {"Name": "stopped"}} for name in ("i-dns", "i-web")
    ]

    found = read(world)

    assert found.get("Instances") == (world.lists["Instances"][0],)
    assert answer(found).verdict is Verdict.UNREACHABLE


def outside() -> tuple[World, Aws]:
    """Have a function in no VPC ask for a database of vpc-b, and for a name of its zone."""
    world = two_vpcs()
    world.lists["FunctionConfiguration"] = {"FunctionName": "fn", "VpcConfig": {"SubnetIds": []}}
    zones = {"ListHostedZonesByVPC": ZONE, "ListResourceRecordSets": RECORDS}
    return world, Aws(world, garbage=zones)


def test_the_zones_of_the_targets_vpc_are_read_for_a_function_outside() -> None:
    """The name is in a zone that the function cannot ask: what was read says so."""
    _, aws = outside()

    snapshot = collect(aws, function="fn", addresses=[SERVER], hosts=[NAME])
    found = resolve(Network(snapshot), NAME, Source(None))

    assert [hop.component for hop in found.hops if hop.action == "deny"] == ["Z1"]
    assert found.stand_in  # it may be public as well


def test_names_of_aws_are_not_looked_for_in_zones() -> None:
    """Public DNS answers for a database's name, wherever it is asked."""
    _, aws = outside()

    collect(aws, function="fn", addresses=[SERVER], hosts=["sqs.eu-west-1.amazonaws.com"])

    assert "ListHostedZonesByVPC" not in aws.asked


def test_a_name_that_no_zone_holds_is_not_said_to_be_in_one() -> None:
    """The zone is there, and holds another name; one that is never public is not known then."""
    _, aws = outside()
    hosts = ["other.corp.example", "other.corp.internal"]

    network = Network(collect(aws, function="fn", addresses=[SERVER], hosts=hosts))
    public, internal = (resolve(network, host, Source(None)) for host in hosts)

    assert [hop for found in (public, internal) for hop in found.hops if hop.action == "deny"] == []
    assert public.verdict is Verdict.REACHABLE
    assert internal.verdict is Verdict.UNDETERMINED


GONE = "crm.abc.eu-west-1.rds.amazonaws.com"
LARGE = {
    "DBInstanceIdentifier": "crm-large",
    "Endpoint": {"Address": GONE.replace("crm", "crm-large"), "Port": 5432},
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-theirs"}],
    "DBSubnetGroup": {"VpcId": "vpc-theirs", "Subnets": [{"SubnetIdentifier": "subnet-theirs"}]},
}


def test_where_a_database_is_gone_the_names_of_the_others_are_read() -> None:
    """Their names, which may be what is meant; where they are is nobody's question."""
    world = asking_a_server_across("pcx-a")
    world.lists["DBInstances"] = [LARGE]

    found = read(world, hosts=(GONE,))

    assert found.get("DBInstances") == (
        {key: LARGE[key] for key in ("DBInstanceIdentifier", "Endpoint")},
    )
    assert "theirs" not in json.dumps(dump(found))


def test_where_the_database_is_there_no_other_is_read() -> None:
    """The list is asked for by the name that is wanted."""
    world = asking_a_server_across("pcx-a")
    wanted = {"DBInstanceIdentifier": "crm", "Endpoint": {"Address": GONE, "Port": 5432}}
    world.lists["DBInstances"] = [wanted, LARGE]

    assert read(world, hosts=(GONE,)).get("DBInstances") == (wanted,)


def test_a_list_that_may_not_be_read_is_asked_for_once() -> None:
    """Who may not ask for one database may not ask for all."""
    world = asking_a_server_across("pcx-a")
    world.lists["DBInstances"] = [LARGE]
    zones: dict[str, Any] = {"ListHostedZonesByVPC": {"HostedZoneSummaries": []}}
    aws = Aws(world, denied=["DescribeDBInstances"], garbage=zones)

    collect(aws, function="fn", hosts=[GONE])

    assert aws.asked.count("DescribeDBInstances") == 1
