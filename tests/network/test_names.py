"""The DNS way: whose answer a function gets, and when it gets none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from probe.model import Verdict
from probe.network.dns.names import STAND_IN, Answer, resolve
from probe.network.vpc import Network
from probe.network.walk.path import Source
from tests.network.named import DATABASE, answer, zone_and_database

if TYPE_CHECKING:
    from tests.network.world import World

LOGS = "logs.eu-west-1.amazonaws.com"


@pytest.fixture
def world() -> World:
    """Build a VPC with a function's subnet, a database and a private zone."""
    return zone_and_database()


def private_logs(world: World) -> None:
    """Give the VPC an interface endpoint for Logs with private DNS."""
    world.interface("eni-logs", "10.0.2.40", "subnet-data", ["sg-db"], kind="vpc_endpoint")
    world.endpoint(
        "logs",
        name="vpce-logs",
        kind="Interface",
        NetworkInterfaceIds=["eni-logs"],
        PrivateDnsEnabled=True,
        DnsEntries=[
            {"DnsName": "vpce-logs-1.logs.eu-west-1.vpce.amazonaws.com"},
            {"DnsName": LOGS},
        ],
    )


def test_an_address_is_its_own_answer(world: World) -> None:
    """A literal needs no resolver."""
    assert answer(world, "10.0.2.10").addresses == ("10.0.2.10",)


def test_a_database_is_known_by_the_interface_that_carries_its_groups(world: World) -> None:
    """RDS tells no address; the interface does."""
    found = answer(world, DATABASE)

    assert (found.addresses, found.scope) == (("10.0.2.10",), "private")


def test_two_interfaces_in_different_subnets_are_no_answer(world: World) -> None:
    """Which of them is the database's is not known, so none is named."""
    world.entry("DBInstances", "orders")["DBSubnetGroup"]["Subnets"] = [
        {"SubnetIdentifier": "subnet-data"},
        {"SubnetIdentifier": "subnet-app"},
    ]
    world.interface("eni-db-2", "10.0.1.10", "subnet-app", ["sg-db"], RequesterId="amazon-rds")

    found = answer(world, DATABASE)

    assert (found.addresses, found.verdict) == ((), Verdict.UNDETERMINED)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("cache.example.internal", "10.0.2.20"),
        ("CACHE.Example.Internal.", "10.0.2.20"),
        ("db.example.internal", "10.0.2.10"),
        ("any.apps.example.internal", "10.0.2.30"),
    ],
)
def test_private_zones_answer(world: World, host: str, address: str) -> None:
    """Exact names, names in capitals, names that point to others, wildcards."""
    assert answer(world, host).addresses == (address,)


def test_a_private_zone_hides_what_it_does_not_hold(world: World) -> None:
    """The zone answers for every name below it, also with "no such name"."""
    found = answer(world, "typo.example.internal")

    assert [blocker.code for blocker in found.blockers] == ["name-not-found"]
    assert found.blockers[0].component == "Z1"


def test_zones_that_were_not_read_leave_a_name_unknown(world: World) -> None:
    """Nobody knows whether a name is private: it is neither answered nor called public."""
    found = answer(world, "cache.example.internal", without=["HostedZones"])

    assert (found.addresses, found.verdict) == ((), Verdict.UNDETERMINED)
    assert found.undetermined[0].needs == "route53:ListHostedZonesByVPC"


def test_an_interface_endpoint_takes_over_the_public_name(world: World) -> None:
    """Private DNS gives the endpoint's addresses."""
    private_logs(world)

    assert answer(world, LOGS).addresses == ("10.0.2.40",)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("a1b2.execute-api.eu-west-1.amazonaws.com", "10.0.2.40"),
        ("a1b2.execute-api.eu-west-3.amazonaws.com", STAND_IN),
    ],
)
def test_an_interface_endpoint_takes_over_every_name_below_its_own(
    world: World, host: str, address: str
) -> None:
    """Private DNS of API Gateway's endpoint has all names of its Region, and no other's."""
    private_logs(world)
    apis = world.entry("VpcEndpoints", "vpce-logs")
    apis["ServiceName"] = "com.amazonaws.eu-west-1.execute-api"
    apis["DnsEntries"] = [
        {"DnsName": "execute-api.eu-west-1.amazonaws.com"},
        {"DnsName": "*.execute-api.eu-west-1.amazonaws.com"},
    ]

    assert answer(world, host).addresses == (address,)


def test_without_dns_hostnames_the_endpoint_is_not_found(world: World) -> None:
    """The name keeps its public answer, as if the endpoint did not exist."""
    private_logs(world)
    world.entry("VpcAttributes", "vpc-a")["EnableDnsHostnames"] = {"Value": False}

    found = answer(world, LOGS)

    assert (found.addresses, found.scope, found.stand_in) == ((STAND_IN,), "public", True)


def test_a_private_zone_needs_dns_hostnames(world: World) -> None:
    """With DNS hostnames off the zone is not asked, and its names exist nowhere else."""
    world.entry("VpcAttributes", "vpc-a")["EnableDnsHostnames"] = {"Value": False}

    found = answer(world, "cache.example.internal")

    assert [blocker.code for blocker in found.blockers] == ["vpc-dns-hostnames-off"]


def test_a_private_zone_that_is_not_asked_hides_no_public_name(world: World) -> None:
    """Whether the name is public as well is nothing that a snapshot tells."""
    world.entry("VpcAttributes", "vpc-a")["EnableDnsHostnames"] = {"Value": False}
    world.entry("HostedZones", "Z1")["Name"] = "example.com."

    found = answer(world, "cache.example.com")

    assert found.verdict is Verdict.UNDETERMINED
    assert [(b.code, b.partial) for b in found.blockers] == [("vpc-dns-hostnames-off", True)]
    assert found.undetermined[0].what == "public address of cache.example.com"


def test_a_name_that_no_public_dns_holds_is_not_taken_for_public(world: World) -> None:
    """A resolver rule may lead it elsewhere; an address of the internet it has not."""
    found = answer(world, "db.other.internal")

    assert found.verdict is Verdict.UNDETERMINED
    assert found.addresses == ()


def test_without_dns_support_no_name_resolves(world: World) -> None:
    """The Amazon resolver does not answer at all."""
    world.entry("VpcAttributes", "vpc-a")["EnableDnsSupport"] = {"Value": False}

    found = answer(world, "api.example.com")

    assert [blocker.code for blocker in found.blockers] == ["vpc-dns-support-off"]


def firewall(world: World, *rules: tuple[int, str, str]) -> None:
    """Let DNS Firewall watch the VPC with (priority, action, domain)."""
    world.lists["FirewallRuleGroupAssociations"].append(
        {"Id": "rslvr-frgassoc-1", "FirewallRuleGroupId": "rslvr-frg-1", "VpcId": "vpc-a"}
    )
    world.lists["FirewallRules"].append(
        {
            "FirewallRuleGroupId": "rslvr-frg-1",
            "FirewallRules": [
                {
                    "FirewallDomainListId": f"list-{priority}",
                    "Priority": priority,
                    "Action": action,
                    "BlockResponse": "NXDOMAIN",
                }
                for priority, action, _ in rules
            ],
        }
    )
    for priority, _, domain in rules:
        world.lists["FirewallDomains"].append(
            {"FirewallDomainListId": f"list-{priority}", "Domains": [domain]}
        )


def test_dns_firewall_blocks_what_is_on_its_list(world: World) -> None:
    """The first rule that matches decides."""
    firewall(world, (1, "BLOCK", "*.example.com."), (2, "ALLOW", "*"))

    assert [b.code for b in answer(world, "api.example.com").blockers] == ["dns-firewall-blocks"]
    assert answer(world, "example.com").verdict is Verdict.REACHABLE
    assert answer(world, "cache.example.internal").verdict is Verdict.REACHABLE


def test_an_allow_rule_before_the_block_lets_a_name_through(world: World) -> None:
    """Priority decides, not the order in which AWS lists the rules."""
    firewall(world, (5, "BLOCK", "*"), (1, "ALLOW", "api.example.com"))

    assert answer(world, "api.example.com").verdict is Verdict.REACHABLE
    assert answer(world, "www.example.com").verdict is Verdict.UNREACHABLE


def public_database(world: World) -> None:
    """Make the database publicly accessible, and let the function stand in another VPC."""
    world.entry("DBInstances", "orders")["PubliclyAccessible"] = True
    world.entry("NetworkInterfaces", "eni-db")["Association"] = {"PublicIp": "198.51.100.20"}
    world.vpc("10.5.0.0/16", "vpc-b")
    world.subnet("subnet-b", "10.5.1.0/24", vpc="vpc-b")
    world.peering("pcx-ab", "vpc-a", "vpc-b")


def from_b(world: World) -> Answer:
    """Ask for the database's name from the other VPC."""
    return resolve(Network(world.snapshot()), DATABASE, Source("subnet-b", ("sg-fn",)))


def test_a_public_database_is_private_inside_its_own_vpc(world: World) -> None:
    """The same name has two answers; inside it is the private one."""
    public_database(world)

    assert answer(world, DATABASE).addresses == ("10.0.2.10",)


def test_a_public_database_is_public_across_a_peering_connection(world: World) -> None:
    """Without DNS resolution over the connection the answer is the public address."""
    public_database(world)

    assert from_b(world).addresses == ("198.51.100.20",)


def test_dns_resolution_over_the_peering_connection_gives_the_private_answer(world: World) -> None:
    """The side that owns the database has to allow it."""
    public_database(world)
    peering = world.entry("VpcPeeringConnections", "pcx-ab")
    peering["RequesterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] = True

    assert from_b(world).addresses == ("10.0.2.10",)


def test_dns_resolution_on_the_wrong_side_changes_nothing(world: World) -> None:
    """The option of the asking side is for questions the other way."""
    public_database(world)
    peering = world.entry("VpcPeeringConnections", "pcx-ab")
    peering["AccepterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] = True

    assert from_b(world).addresses == ("198.51.100.20",)


def test_a_public_name_gets_a_stand_in_address(world: World) -> None:
    """The walk can go on; the answer says that the address is made up."""
    found = answer(world, "api.example.com")

    assert (found.addresses, found.stand_in, found.verdict) == (
        (STAND_IN,),
        True,
        Verdict.REACHABLE,
    )
    assert found.trace.assumptions


def test_a_service_with_a_prefix_list_gets_an_address_of_it(world: World) -> None:
    """So that the gateway endpoint's route is walked."""
    world.prefix_list("pl-ddb", "dynamodb", ["52.94.5.0/24"])

    assert answer(world, "dynamodb.eu-west-1.amazonaws.com").addresses == ("52.94.5.0",)


def test_a_function_in_no_vpc_asks_lambdas_own_resolver(world: World) -> None:
    """VPC settings do not matter; a private database's name is private everywhere."""
    world.entry("VpcAttributes", "vpc-a")["EnableDnsSupport"] = {"Value": False}

    found = resolve(Network(world.snapshot()), DATABASE, Source(None))

    assert (found.addresses, found.verdict) == (("10.0.2.10",), Verdict.REACHABLE)


def test_instance_names_carry_their_address(world: World) -> None:
    """The private name of an instance is its address in words."""
    assert answer(world, "ip-10-0-2-10.eu-west-1.compute.internal").addresses == ("10.0.2.10",)
