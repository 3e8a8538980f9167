"""A scenario made in moto over the real API, and read back: nothing is lost on the way."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.aws.account import Account
from tests.lab.aws.amend import dns, table
from tests.lab.aws.clients import Clients
from tests.lab.aws.front import Front
from tests.lab.cloud import Cloud, create
from tests.lab.function import event
from tests.lab.kernel import Plan, plan
from tests.lab.kernel.topology import wire
from tests.lab.random.draw import draw
from tests.lab.restate import restate
from tests.lab.scenario import parse
from tests.test_lab_scenario import whole

if TYPE_CHECKING:
    from tests.lab.scenario import Scenario

_accounts = iter(range(200_000_000_000, 300_000_000_000))


def cloud_of(scenario: Scenario) -> Cloud:
    """Make a scenario's resources in an account of their own."""
    account = Account(str(next(_accounts)), scenario.region)
    return create(scenario, plan(scenario), account, {"PROBE_TARGETS": "[]"})


def wired(scenario: Scenario, addresses: Plan) -> tuple[Any, ...]:
    """Give everything that the kernel would be told."""
    topology = wire(scenario, addresses).topology
    told = {
        name: (
            set(space.commands),
            set(space.commands6),
            {line for lines in space.filters for line in lines.splitlines()},
        )
        for name, space in topology.spaces.items()
    }
    return told, sorted(topology.links)


@pytest.mark.parametrize(
    "text",
    [whole(), *(yaml.safe_dump(draw(Random(seed))) for seed in range(6))],
    ids=["README", *(f"seed {seed}" for seed in range(6))],
)
def test_read_back(text: str) -> None:
    """The API describes the very network that the scenario describes, with every address."""
    scenario = parse(text)

    cloud = cloud_of(scenario)

    assert wired(*restate(cloud)) == wired(scenario, plan(scenario))


SMALL = """
vpc: {cidr: 10.0.0.0/16}
internet_gateway: true
subnets:
  app: {cidr: 10.0.1.0/24, routes: {0.0.0.0/0: nat}}
  public: {cidr: 10.0.2.0/24, routes: {0.0.0.0/0: internet-gateway}}
nat_gateways: {nat: {subnet: public}}
endpoints: {tables: {service: dynamodb, subnets: [public]}}
function: {subnets: [app]}
"""


@pytest.fixture
def cloud() -> Cloud:
    """Make a small network with most kinds of gateways."""
    return cloud_of(parse(SMALL))


def routes_of(cloud: Cloud, table: str) -> dict[str, str]:
    """Read a table: destination -> state."""
    identifier = cloud.id("route-table", table)
    [entry] = cloud.ec2.describe_route_tables(RouteTableIds=[identifier])["RouteTables"]
    keys = ("DestinationCidrBlock", "DestinationPrefixListId")
    return {str(r.get(keys[0]) or r.get(keys[1])): str(r["State"]) for r in entry["Routes"]}


def test_a_deleted_nat_gateway_leaves_a_black_hole(cloud: Cloud) -> None:
    """A route outlives its target, and says so; moto alone would call it active."""
    assert routes_of(cloud, "app")["0.0.0.0/0"] == "active"

    cloud.ec2.delete_nat_gateway(NatGatewayId=cloud.id("nat-gateway", "nat"))

    assert routes_of(cloud, "app")["0.0.0.0/0"] == "blackhole"


def test_a_detached_internet_gateway_leaves_a_black_hole(cloud: Cloud) -> None:
    """The same with an internet gateway, and attached again it is whole again."""
    gateway = {
        "InternetGatewayId": cloud.id("internet-gateway", "main"),
        "VpcId": cloud.id("vpc", "main"),
    }
    cloud.ec2.detach_internet_gateway(**gateway)
    detached = routes_of(cloud, "public")["0.0.0.0/0"]
    cloud.ec2.attach_internet_gateway(**gateway)

    assert detached == "blackhole"
    assert routes_of(cloud, "public")["0.0.0.0/0"] == "active"


def test_associating_a_gateway_endpoint_adds_its_route(cloud: Cloud) -> None:
    """A gateway endpoint is a route on each table that it is associated with."""
    listed, table = cloud.id("prefix-list", "dynamodb"), cloud.id("route-table", "app")
    before = routes_of(cloud, "app")
    cloud.ec2.modify_vpc_endpoint(
        VpcEndpointId=cloud.id("endpoint", "tables"), AddRouteTableIds=[table]
    )

    assert listed not in before
    assert routes_of(cloud, "app")[listed] == "active"


def test_a_gateway_endpoint_has_no_private_dns(cloud: Cloud) -> None:
    """What moto says of private DNS at a gateway endpoint is not what AWS says."""
    [endpoint] = cloud.ec2.describe_vpc_endpoints()["VpcEndpoints"]

    assert endpoint["PrivateDnsEnabled"] is False


def test_an_endpoint_that_was_deleted_is_gone_from_the_network() -> None:
    """Its interfaces go with it, although AWS remembers the endpoint for a while."""
    cloud = cloud_of(parse(SMALL.replace("dynamodb, subnets", "logs, subnets")))
    cloud.ec2.delete_vpc_endpoints(VpcEndpointIds=[cloud.id("endpoint", "tables")])

    scenario, addresses = restate(cloud)

    assert "tables" not in scenario.endpoints
    assert not [eni for eni in addresses.enis.values() if eni.name == "tables"]


def test_the_first_rule_of_a_dns_firewall_that_has_a_name_decides() -> None:
    """An asterisk is everything below a domain, and a domain without one is itself alone."""
    rules = """
dns_firewalls:
  guard:
    rules: [{allow: api.example.com}, {block: ["*.example.com", bad.example], answer: nxdomain}]
  other: {rules: [{block: [api.example.com, other.example]}]}
"""
    cloud = cloud_of(parse(SMALL + rules))
    home = cloud.id("vpc", "main")

    assert {
        name: dns.blocked(cloud.account.dns_firewall, home, name)
        for name in (
            "api.example.com",
            "www.example.com",
            "example.com",
            "bad.example",
            "www.bad.example",
            "other.example",
        )
    } == {
        "api.example.com": None,
        "www.example.com": "NXDOMAIN",
        "example.com": None,
        "bad.example": "NXDOMAIN",
        "www.bad.example": None,
        "other.example": "NODATA",
    }


def test_block_public_access_is_told_of_each_subnet(cloud: Cloud) -> None:
    """The Region's mode holds in every subnet but in those that are excluded."""
    cloud.ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode="block-bidirectional")
    cloud.ec2.create_vpc_block_public_access_exclusion(
        SubnetId=cloud.id("subnet", "public"), InternetGatewayExclusionMode="allow-egress"
    )
    subnets = cloud.ec2.describe_subnets(SubnetIds=list(cloud.of_kind("subnet")))["Subnets"]
    modes = {
        subnet["SubnetId"]: subnet["BlockPublicAccessStates"]["InternetGatewayBlockMode"]
        for subnet in subnets
    }

    assert modes[cloud.id("subnet", "app")] == "block-bidirectional"
    assert modes[cloud.id("subnet", "public")] == "block-ingress"


def test_a_function_is_in_the_vpc_of_its_subnets(cloud: Cloud) -> None:
    """Lambda names the VPC; moto names one that does not exist."""
    told = cloud.aws("lambda").get_function_configuration(FunctionName="probe")

    assert told["VpcConfig"]["VpcId"] == cloud.id("vpc", "main")


def test_a_new_nat_gateway_stands_in_its_subnet(cloud: Cloud) -> None:
    """What a fix creates has an address of its subnet, and a public one of the lab's internet."""
    allocated = cloud.ec2.allocate_address(Domain="vpc")
    made = cloud.ec2.create_nat_gateway(
        SubnetId=cloud.id("subnet", "public"), AllocationId=allocated["AllocationId"]
    )["NatGateway"]["NatGatewayId"]
    [nat] = cloud.ec2.describe_nat_gateways(NatGatewayIds=[made])["NatGateways"]
    [address] = nat["NatGatewayAddresses"]

    assert address["PrivateIp"].startswith("10.0.2.")
    assert address["PublicIp"] == allocated["PublicIp"]
    assert address["PublicIp"].startswith("54.81.")


def test_a_load_balancers_name_tells_its_kind() -> None:
    """An application one has its Region before `elb`, a network one behind it; URLs name both."""
    two = """load_balancers:
  front: {type: network, subnets: [app], listeners: {80: {targets: []}}}
  inner: {type: application, subnets: [app], listeners: {80: {targets: []}}}
targets: [{check: http, url: "http://inner/a"}, {check: tcp, host: front}]
"""
    cloud = cloud_of(parse(SMALL + two))
    told = cloud.aws("elbv2").describe_load_balancers()["LoadBalancers"]
    names = {one["LoadBalancerName"]: one["DNSName"] for one in told}
    asked = event.event(cloud.scenario, cloud.host_names)["targets"]

    assert re.fullmatch(r"front-[0-9a-f]{16}\.elb\.us-east-1\.amazonaws\.com", names["front"])
    assert re.fullmatch(r"internal-inner-\d+\.us-east-1\.elb\.amazonaws\.com", names["inner"])
    assert asked[0]["url"] == f"http://{names['inner']}/a"
    assert asked[1]["host"] == names["front"]


DENIED = [
    ("ec2", "describe_vpcs", {}, "UnauthorizedOperation", "ec2:DescribeVpcs"),
    ("rds", "describe_db_instances", {}, "AccessDenied", "rds:DescribeDBInstances"),
    ("elbv2", "describe_load_balancers", {}, "AccessDenied",
     "elasticloadbalancing:DescribeLoadBalancers"),
    ("logs", "describe_log_groups", {}, "AccessDeniedException", "logs:DescribeLogGroups"),
    ("lambda", "get_function_configuration", {"FunctionName": "probe"}, "AccessDeniedException",
     "lambda:GetFunctionConfiguration"),
    ("iam", "list_roles", {}, "AccessDenied", "iam:ListRoles"),
]  # fmt: skip


# The models of single services do not list the codes with which AWS refuses.
@pytest.mark.filterwarnings(r"ignore:Exception\(AwsError\)")
@pytest.mark.parametrize(("service", "operation", "parameters", "code", "action"), DENIED)
def test_denied(
    service: str, operation: str, parameters: dict[str, str], code: str, action: str
) -> None:
    """A call that may not be made is refused in its own service's protocol, naming the action."""
    denied = Clients(Front("200000000000", ("*",)), "eu-west-1")(service)

    with pytest.raises(denied.exceptions.ClientError) as refused:
        getattr(denied, operation)(**parameters)

    error = refused.value.response["Error"]
    assert error["Code"] == code
    assert f"because no identity-based policy allows the {action} action" in error["Message"]


def test_only_what_is_named_is_denied() -> None:
    """One unreadable action leaves the others readable."""
    account = Account("200000000000", "eu-west-1")
    front = Front(account.id, ("ec2:DescribeRouteTables",), table.answers(account))
    ec2 = Clients(front, account.region)("ec2")

    with pytest.raises(ec2.exceptions.ClientError, match="UnauthorizedOperation"):
        ec2.describe_route_tables()
    assert ec2.describe_subnets()["Subnets"]
    assert ec2.describe_vpc_block_public_access_options()


def test_a_peering_names_every_range_of_both_vpcs() -> None:
    """Packets from a secondary range pass as well; moto names the primary one alone."""
    wider = SMALL.replace("10.0.0.0/16}", "10.0.0.0/16, secondary_cidrs: [10.77.0.0/20]}", 1)
    cloud = cloud_of(
        parse(wider + "vpcs: {far: {cidr: 10.8.0.0/16}}\npeerings: {link: {between: [main, far]}}")
    )
    [told] = cloud.ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]

    assert [block["CidrBlock"] for block in told["RequesterVpcInfo"]["CidrBlockSet"]] == [
        "10.0.0.0/16",
        "10.77.0.0/20",
    ]
