"""Ways to AWS services: gateway endpoints, interface endpoints, and none."""

from __future__ import annotations

from typing import Any

import pytest

from probe.model import Verdict
from probe.network import endpoints
from tests.network.world import ANYWHERE, World, codes, permission, tcp

DYNAMODB, LOGS = "52.94.5.10", "54.239.1.1"
PL = "pl-ddb"


@pytest.fixture
def world() -> World:
    """Build an isolated subnet and AWS's prefix list for DynamoDB."""
    world = World()
    world.vpc()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-ends", "10.0.5.0/24")
    world.group("sg-fn")
    world.group("sg-ends", ingress=[tcp(443, cidr="10.0.0.0/16")])
    world.prefix_list(PL, "dynamodb", ["52.94.5.0/24"])
    world.table("rtb-app", "vpc-a", {}, subnets=["subnet-app"])
    return world


def gateway(world: World, **more: Any) -> None:
    """Give the subnet's table a gateway endpoint for DynamoDB."""
    world.endpoint("dynamodb", RouteTableIds=["rtb-app"], **more)
    world.routes("rtb-app").append(
        {"DestinationPrefixListId": PL, "GatewayId": "vpce-a", "State": "active"}
    )


def interface(world: World, service: str = "logs", **more: Any) -> None:
    """Add an interface endpoint with private DNS."""
    world.interface("eni-end", "10.0.5.20", "subnet-ends", ["sg-ends"], kind="vpc_endpoint")
    world.endpoint(
        service,
        **{
            "name": "vpce-i",
            "kind": "Interface",
            "SubnetIds": ["subnet-ends"],
            "NetworkInterfaceIds": ["eni-end"],
            "Groups": [{"GroupId": "sg-ends"}],
            "PrivateDnsEnabled": True,
            **more,
        },
    )


def to_dynamodb(world: World, **more: Any) -> Any:
    """Walk to DynamoDB's public address."""
    return world.walk("subnet-app", ["sg-fn"], DYNAMODB, service="dynamodb", **more)


def to_logs(world: World, address: str = LOGS, **more: Any) -> Any:
    """Walk to CloudWatch Logs."""
    return world.walk("subnet-app", ["sg-fn"], address, service="logs", **more)


def test_gateway_endpoint(world: World) -> None:
    """Open: the prefix-list route leads to it."""
    gateway(world)

    assert to_dynamodb(world).verdict is Verdict.REACHABLE


@pytest.mark.parametrize("without", ["PrefixLists", "VpcEndpoints", "RouteTables"])
def test_gateway_endpoint_not_read(world: World, without: str) -> None:
    """The entries of the list, the endpoint and the table are all needed."""
    gateway(world)

    path = to_dynamodb(world, without=[without])

    assert path.verdict is Verdict.UNDETERMINED
    assert path.blockers == ()


def test_entries_may_come_from_the_managed_lists_call(world: World) -> None:
    """GetManagedPrefixListEntries tells the same."""
    gateway(world)
    world.lists["PrefixLists"] = []
    world.lists["ManagedPrefixListEntries"] = [
        {"PrefixListId": PL, "Entries": [{"Cidr": "52.94.5.0/24"}]}
    ]

    assert to_dynamodb(world).verdict is Verdict.REACHABLE


def test_gateway_endpoint_that_is_not_available(world: World) -> None:
    """State in whatever case AWS writes it."""
    gateway(world, State="Deleting")

    path = to_dynamodb(world)

    assert codes(path) == ["endpoint-not-available"]
    assert path.blockers[0].ra_code == "BAD_STATE"


def test_egress_without_the_prefix_list(world: World) -> None:
    """The group lets out to the VPC, and the service's addresses are public."""
    gateway(world)
    world.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = [
        permission("-1", None, cidr="10.0.0.0/16")
    ]

    path = to_dynamodb(world)

    assert codes(path) == ["egress-lacks-prefix-list"]
    assert path.blockers[0].facts["prefix_list_id"] == PL


def test_egress_with_the_prefix_list(world: World) -> None:
    """The near miss."""
    gateway(world)
    world.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = [tcp(443, prefix_list=PL)]

    assert to_dynamodb(world).verdict is Verdict.REACHABLE


def test_a_group_without_egress_lacks_more_than_a_prefix_list(world: World) -> None:
    """Nothing at all gets out: that is the cause, for every target."""
    gateway(world)
    world.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = []

    assert codes(to_dynamodb(world)) == ["own-security-group-blocks"]


def test_acl_knows_no_prefix_lists(world: World) -> None:
    """An ACL that lets only the VPC through stops the service's public addresses."""
    gateway(world)
    inside = [(100, way, "-1", "allow", "10.0.0.0/16", None) for way in ("in", "out")]
    world.acl("acl-app", "vpc-a", inside, subnets=["subnet-app"])

    assert codes(to_dynamodb(world)) == ["nacl-blocks-request", "nacl-blocks-return"]


def test_policy_of_its_own_is_named_as_an_assumption(world: World) -> None:
    """What a policy refuses is no matter of packets."""
    gateway(world, PolicyDocument='{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}')

    path = to_dynamodb(world)

    assert path.verdict is Verdict.REACHABLE
    assert path.assumptions == ("the policy of vpce-a allows the request",)


def test_endpoint_on_another_table(world: World) -> None:
    """It exists, and this table has nothing of it."""
    world.endpoint("dynamodb", RouteTableIds=["rtb-else"])

    path = to_dynamodb(world)

    assert codes(path) == ["gateway-endpoint-not-associated"]
    assert path.blockers[0].facts["route_table_id"] == "rtb-app"
    assert path.blockers[0].facts["vpc_endpoint_id"] == "vpce-a"


def test_endpoint_for_another_service(world: World) -> None:
    """The near miss: an endpoint for S3 is none for DynamoDB."""
    world.endpoint("s3", RouteTableIds=["rtb-app"])

    assert codes(to_dynamodb(world)) == ["gateway-endpoint-missing"]


def test_no_endpoint_at_all(world: World) -> None:
    """DynamoDB wants a gateway endpoint, other services an interface endpoint."""
    assert codes(to_dynamodb(world)) == ["gateway-endpoint-missing"]
    assert codes(to_logs(world)) == ["interface-endpoint-missing"]


def test_unread_endpoints_name_no_reason(world: World) -> None:
    """Lost for certain; whether an endpoint is missing or not associated, nobody knows."""
    path = to_dynamodb(world, without=["VpcEndpoints"])

    assert (path.verdict, path.blockers) == (Verdict.UNREACHABLE, ())
    assert path.undetermined[0].needs == "ec2:DescribeVpcEndpoints"


def test_interface_endpoint_for_dynamodb_has_no_private_dns(world: World) -> None:
    """The usual name keeps its public addresses: the endpoint exists and is not used."""
    interface(world, "dynamodb", PrivateDnsEnabled=False)

    path = to_dynamodb(world)

    assert codes(path) == ["interface-endpoint-unused"]
    assert "no private DNS" in path.blockers[0].why


def test_interface_endpoint(world: World) -> None:
    """Open: the name led to the endpoint's address."""
    interface(world)

    assert to_logs(world, "10.0.5.20").verdict is Verdict.REACHABLE


def test_interface_endpoint_whose_group_is_closed(world: World) -> None:
    """The endpoint's group, not the service's."""
    interface(world)
    world.entry("SecurityGroups", "sg-ends")["IpPermissions"] = [tcp(80, cidr=ANYWHERE)]

    path = to_logs(world, "10.0.5.20")

    assert codes(path) == ["endpoint-security-group-blocks"]
    assert path.blockers[0].facts["vpc_endpoint_id"] == "vpce-i"


def test_acl_of_the_endpoints_subnet(world: World) -> None:
    """Its role says whose border it is."""
    interface(world)
    world.acl("acl-ends", "vpc-a", [], subnets=["subnet-ends"])

    path = to_logs(world, "10.0.5.20")

    assert {blocker.facts["role"] for blocker in path.blockers} == {"endpoint"}


def test_interface_endpoint_that_was_rejected(world: World) -> None:
    """It has an address, and nothing behind it."""
    interface(world, State="rejected", LastError={"Message": "the owner said no"})

    path = to_logs(world, "10.0.5.20")

    assert codes(path) == ["endpoint-not-available"]
    assert "the owner said no" in path.blockers[0].why


def test_table_that_was_read_is_what_stops_packets_where_endpoints_were_not(world: World) -> None:
    """The verdict has its reason on the way: no route; only the fix depends on the endpoints."""
    path = to_dynamodb(world, without=["VpcEndpoints"])

    (stop,) = (hop for hop in path.hops if hop.action == "deny")
    assert stop.component == "rtb-app"
    assert "no route to dynamodb" in stop.why


def test_interface_endpoint_of_which_the_state_was_not_read(world: World) -> None:
    """Its groups are known from the interface, its state is not."""
    interface(world)

    path = to_logs(world, "10.0.5.20", without=["VpcEndpoints"])

    assert path.verdict is Verdict.UNDETERMINED
    assert path.undetermined[0].needs == "ec2:DescribeVpcEndpoints"


@pytest.mark.parametrize(
    ("more", "settings", "code"),
    [
        ({"PrivateDnsEnabled": False}, {}, "endpoint-private-dns-off"),
        ({"SubnetIds": [], "NetworkInterfaceIds": []}, {}, "endpoint-not-in-zone"),
        ({"State": "failed"}, {}, "endpoint-not-available"),
        ({}, {"EnableDnsHostnames": {"Value": False}}, "vpc-dns-hostnames-off"),
        ({}, {"EnableDnsSupport": {"Value": False}}, "vpc-dns-support-off"),
        ({}, {}, "interface-endpoint-unused"),
    ],
)
def test_why_an_endpoint_that_exists_was_not_used(
    world: World, more: dict[str, Any], settings: dict[str, Any], code: str
) -> None:
    """The packets went to a public address, with no way out."""
    interface(world, **more)
    world.entry("VpcAttributes", "vpc-a").update(settings)

    path = to_logs(world)

    assert codes(path) == [code]
    in_no_zone = code == "endpoint-not-in-zone"
    assert (path.blockers[0].ra_code == "VPCE_SERVICE_NOT_INSTALLED_IN_AZ") is in_no_zone


def test_another_dns_server_does_not_know_an_endpoints_name(world: World) -> None:
    """Everything about the endpoint is right, and the VPC asks somebody who cannot know it."""
    interface(world)
    world.entry("Vpcs", "vpc-a")["DhcpOptionsId"] = world.dhcp("dopt-own", ["10.0.5.53"])

    path = to_logs(world)

    assert codes(path) == ["interface-endpoint-unused"]
    assert "vpc-a asks 10.0.5.53, and private DNS is Amazon's alone" in path.blockers[0].why


def test_unread_dns_attributes_name_no_reason(world: World) -> None:
    """The endpoint was not used; whether an attribute is why, nobody knows."""
    interface(world)

    path = to_logs(world, without=["VpcAttributes"])

    assert (path.verdict, path.blockers) == (Verdict.UNREACHABLE, ())


def test_a_way_out_is_as_good_as_an_endpoint(world: World) -> None:
    """With a NAT gateway nobody misses an endpoint."""
    world.igw()
    world.subnet("subnet-public", "10.0.9.0/24")
    world.nat("subnet-public")
    world.table("rtb-public", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-public"])
    world.routes("rtb-app").append(
        {"DestinationCidrBlock": ANYWHERE, "NatGatewayId": "nat-a", "State": "active"}
    )

    assert to_logs(world).verdict is Verdict.REACHABLE


def test_public_subnet_is_one_cause_for_all_services(world: World) -> None:
    """What is wrong is the subnet, not the missing endpoints."""
    world.igw()
    world.routes("rtb-app").append(
        {"DestinationCidrBlock": ANYWHERE, "GatewayId": "igw-a", "State": "active"}
    )

    assert codes(to_logs(world)) == codes(to_dynamodb(world)) == ["public-subnet-no-public-ip"]


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("dynamodb.eu-west-1.amazonaws.com", "dynamodb"),
        ("bucket.s3.eu-west-1.amazonaws.com", "s3"),
        ("secretsmanager.us-gov-west-1.amazonaws.com", "secretsmanager"),
        ("sqs.cn-north-1.amazonaws.com.cn", "sqs"),
        ("logs.eu-west-1.api.aws", "logs"),
        ("vpce-1-abc.dynamodb.eu-west-1.vpce.amazonaws.com", None),
        ("orders.abc.eu-west-1.rds.amazonaws.com", None),
        ("internal-lb-1.eu-west-1.elb.amazonaws.com", None),
        ("checkip.amazonaws.com", None),
        ("api.example.com", None),
        (None, None),
    ],
)
def test_service_of_a_host_name(host: str | None, service: str | None) -> None:
    """Regional names of services, and nothing else."""
    assert endpoints.service_of(host) == service


@pytest.mark.parametrize("service", ["cloudwatch", "monitoring"])
def test_endpoints_have_names_of_their_own(world: World, service: str) -> None:
    """SDKs say cloudwatch, PrivateLink says monitoring."""
    world.endpoint(
        "monitoring", kind="Interface", PrivateDnsEnabled=False, SubnetIds=["subnet-ends"]
    )

    path = world.walk("subnet-app", ["sg-fn"], LOGS, service=service)

    assert codes(path) == ["endpoint-private-dns-off"]
