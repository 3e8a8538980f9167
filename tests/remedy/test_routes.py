"""Ways out: what exists is used first, and tables that decide for others are left alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.causes import scenes
from tests.network.world import ANYWHERE, route
from tests.remedy.case import INTERNET, WEB, Case, placement, with_internet, with_nat
from tests.remedy.cases import blackhole_route, private, web
from tests.remedy.commands import Command, read


def commands(case: Case, code: str) -> list[Command]:
    """Read the commands of a fix that was checked."""
    fix = case.fix(code)
    assert fix.checked, fix
    return [read(line) for line in fix.cli]


def operations(found: list[Command]) -> list[str]:
    """Name what the commands do."""
    return [command.operation for command in found]


def in_main_table(**routes: str) -> Case:
    """Leave function and database to the VPC's main table."""
    case = web(with_nat(placement()))
    case.lists["RouteTables"] = [
        table for table in case.lists["RouteTables"] if table["RouteTableId"] != "rtb-app"
    ]
    case.routes("rtb-main-vpc-a").extend(route(to, target) for to, target in routes.items())
    return case


def test_working_nat_gateway_is_used_before_one_is_made() -> None:
    """One route is all that is missing."""
    (command,) = commands(web(with_nat(placement())), "no-route-to-internet")

    assert command.operation == "create-route"
    assert command.parameters["NatGatewayId"] == "nat-a"


def test_nat_gateway_of_the_same_zone_is_preferred() -> None:
    """Traffic between zones is charged."""
    case = web(with_nat(placement()))
    case.subnet("subnet-public-b", "10.0.10.0/24", zone="b")
    case.table("rtb-public-b", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-public-b"])
    case.nat("subnet-public-b", name="nat-b", address="10.0.10.9")
    case.entry("Subnets", "subnet-app").update(
        AvailabilityZone="eu-west-1b", AvailabilityZoneId="euw1-az-b"
    )

    (command,) = commands(case, "no-route-to-internet")

    assert command.parameters["NatGatewayId"] == "nat-b"


@pytest.mark.parametrize(
    "broken",
    [{"State": "failed"}, {"State": "pending"}, {"ConnectivityType": "private"}],
    ids=str,
)
def test_nat_gateway_that_does_not_work_is_not_used(broken: dict[str, Any]) -> None:
    """Another one is made beside it."""
    case = web(with_nat(placement()))
    case.entry("NatGateways", "nat-a").update(broken)

    found = commands(case, "no-route-to-internet")

    assert "create-nat-gateway" in operations(found)


def test_main_table_that_decides_for_others_is_left_alone() -> None:
    """The function's subnet gets a table of its own; the database's stays as isolated as it was."""
    found = commands(in_main_table(), "no-route-to-internet")

    assert operations(found) == ["create-route-table", "create-route", "associate-route-table"]
    assert found[1].parameters["RouteTableId"] == "$TABLE"


def test_table_of_its_own_leads_where_the_old_one_led() -> None:
    """Routes are copied in the way in which they came to be."""
    case = in_main_table(**{"10.9.0.0/16": "pcx-1", "pl-ddb": "vpce-a"})
    case.routes("rtb-main-vpc-a").append(
        route("192.168.0.0/16", "vgw-1", Origin="EnableVgwRoutePropagation")
    )
    case.endpoint("dynamodb", RouteTableIds=["rtb-main-vpc-a"])

    found = commands(case, "no-route-to-internet")

    assert operations(found) == [
        "create-route-table",
        "create-route",
        "modify-vpc-endpoint",
        "enable-vgw-route-propagation",
        "create-route",
        "associate-route-table",
    ]
    assert found[1].parameters["VpcPeeringConnectionId"] == "pcx-1"
    assert found[2].parameters["AddRouteTableIds"] == ["$TABLE"]


def test_main_table_that_decides_for_nobody_else_is_changed() -> None:
    """Then there is nobody whose fate it would change."""
    case = in_main_table()
    case.table("rtb-data", "vpc-a", {}, subnets=["subnet-data"])

    (command,) = commands(case, "no-route-to-internet")

    assert command.parameters["RouteTableId"] == "rtb-main-vpc-a"


def test_table_shared_on_purpose_is_changed_and_said_to_be_shared() -> None:
    """Somebody associated the other subnet with it: it gets the way out as well, and is named."""
    case = web(with_nat(placement()))
    case.entry("RouteTables", "rtb-app")["Associations"].append(
        {"RouteTableId": "rtb-app", "SubnetId": "subnet-data", "Main": False}
    )

    fix = case.fix("no-route-to-internet")

    assert fix.checked
    assert "rtb-app, which decides for subnet-data too" in fix.text


def forgotten(**more: str) -> Case:
    """Leave the function's subnet to the main table, beside a private one of another subnet."""
    case = in_main_table(**more)
    case.subnet("subnet-app-b", "10.0.4.0/24", zone="b")
    table = {ANYWHERE: "nat-a", "10.9.0.0/16": "pcx-1"}
    case.table("rtb-private", "vpc-a", table, subnets=["subnet-app-b"])
    return case


def test_forgotten_subnet_gets_the_private_table_that_exists() -> None:
    """Nothing is made, and the main table, which decides for others, stays as it is."""
    case = forgotten(**{"10.9.0.0/16": "pcx-1"})

    (command,) = commands(case, "no-route-to-internet")

    assert command.operation == "associate-route-table"
    assert command.parameters["RouteTableId"] == "rtb-private"
    assert command.parameters["SubnetId"] == "subnet-app"
    assert "failure of that zone" not in case.fix("no-route-to-internet").text


def test_nat_gateway_in_another_zone_is_said_to_be_there() -> None:
    """A second table leads to one in the subnet's own zone: that one is taken."""
    case = forgotten()
    case.subnet("subnet-public-b", "10.0.10.0/24", zone="b")
    case.nat("subnet-public-b", name="nat-b", address="10.0.10.8")
    case.entry("RouteTables", "rtb-public")["Associations"].append(
        {"RouteTableId": "rtb-public", "SubnetId": "subnet-public-b", "Main": False}
    )
    case.routes("rtb-private")[1]["NatGatewayId"] = "nat-b"
    assert "a failure of that zone" in case.fix("no-route-to-internet").text

    case.subnet("subnet-app-c", "10.0.5.0/24")
    case.table("rtb-near", "vpc-a", {ANYWHERE: "nat-a"}, subnets=["subnet-app-c"])

    (command,) = commands(case, "no-route-to-internet")
    assert command.parameters["RouteTableId"] == "rtb-near"


def test_private_table_that_leads_to_less_is_not_taken() -> None:
    """The subnet would lose what it reaches today."""
    case = forgotten(**{"10.9.0.0/16": "pcx-1", "10.10.0.0/16": "pcx-2"})

    found = operations(commands(case, "no-route-to-internet"))

    assert found[0] == "create-route-table"
    assert found.count("create-route") == 3


def test_dead_route_is_replaced_not_created() -> None:
    """AWS refuses to create a route that exists."""
    found = commands(blackhole_route(), "blackhole-route")

    assert operations(found)[-1] == "replace-route"


def test_vpc_without_free_addresses_gets_no_new_subnet() -> None:
    """Nothing is proposed that AWS would refuse."""
    case = web(placement())
    case.entry("Vpcs", "vpc-a")["CidrBlock"] = "10.0.1.0/24"
    case.entry("Vpcs", "vpc-a")["CidrBlockAssociationSet"] = []
    case.lists["Subnets"] = [
        one for one in case.lists["Subnets"] if one["SubnetId"] == "subnet-app"
    ]

    assert case.mend()["no-route-to-internet"].fix is None


def test_new_subnets_do_not_overlap_those_that_exist() -> None:
    """The end of the VPC's block is taken: the new subnet stands before it."""
    case = web(with_internet(placement()))
    case.subnet("subnet-last", "10.0.255.192/26")
    case.function(["subnet-public"])

    found = commands(case, "public-subnet-no-public-ip")

    (create,) = [one for one in found if one.operation == "create-subnet"]
    assert create.parameters["CidrBlock"] == "10.0.255.128/26"


def test_other_subnets_of_the_function_are_kept() -> None:
    """Only the public one is exchanged, for a private one of the same zone."""
    case = private()
    case.subnet("subnet-app-b", "10.0.3.0/24", zone="b")
    case.table("rtb-app-b", "vpc-a", {ANYWHERE: "nat-a"}, subnets=["subnet-app-b"])
    case.subnet("subnet-public-b", "10.0.10.0/24", zone="b")
    case.table("rtb-public-b", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-public-b"])
    case.function(["subnet-app", "subnet-public-b"])
    case.wants(WEB, INTERNET, host="api.example.com")

    update, _ = commands(case, "public-subnet-no-public-ip")

    assert update.parameters["VpcConfig"]["SubnetIds"] == ["subnet-app", "subnet-app-b"]
    assert update.parameters["VpcConfig"]["SecurityGroupIds"] == ["sg-fn"]


def test_public_subnet_is_dropped_where_the_others_have_a_way_out() -> None:
    """There is no further private subnet, and none is needed."""
    case = web(private())
    case.function(["subnet-app", "subnet-public"])

    update, _ = commands(case, "public-subnet-no-public-ip")

    assert update.parameters["VpcConfig"]["SubnetIds"] == ["subnet-app"]


def test_full_subnet_is_not_moved_to() -> None:
    """Lambda needs an address there for its interface."""
    case = web(private())
    case.function(["subnet-public"])
    case.entry("Subnets", "subnet-app")["AvailableIpAddressCount"] = 0

    found = commands(case, "public-subnet-no-public-ip")

    assert "create-subnet" in operations(found)


def test_nat_gateway_in_the_functions_own_table_is_not_made_public() -> None:
    """A route to the internet gateway there would turn the function's subnet public too."""
    case = web(with_internet(placement()))
    case.subnet("subnet-nat", "10.0.8.0/24")
    case.entry("Subnets", "subnet-nat")["AvailableIpAddressCount"] = 250  # nothing but the NAT
    case.entry("RouteTables", "rtb-app")["Associations"].append(
        {"RouteTableId": "rtb-app", "SubnetId": "subnet-nat", "Main": False}
    )
    case.nat("subnet-nat", address="10.0.8.9")
    case.routes("rtb-app").append(route(ANYWHERE, "nat-a"))

    (command,) = commands(case, "nat-subnet-no-internet-route")

    assert command.operation == "associate-route-table"
    assert command.parameters["SubnetId"] == "subnet-nat"


def to_the_premises(**others: str) -> Case:
    """Let the function ask a machine on the premises, which the data subnet has a route to."""
    case = placement()
    case.lists["VpnGateways"].append(
        {"VpnGatewayId": "vgw-a", "VpcAttachments": [{"VpcId": "vpc-a", "State": "attached"}]}
    )
    case.table("rtb-data", "vpc-a", others, subnets=["subnet-data"])
    case.wants("tcp 192.168.7.20:1521", "192.168.7.20", 1521)
    return case


def test_network_of_nobody_known_is_led_to_as_another_subnet_leads_to_it() -> None:
    """No list says where the premises are; the table of another subnet does."""
    case = to_the_premises(**{"192.168.0.0/16": "vgw-a"})

    fix = case.fix("no-route-to-target")
    (command,) = map(read, fix.cli)

    assert command.operation == "create-route"
    assert command.parameters["RouteTableId"] == "rtb-app"
    assert command.parameters["DestinationCidrBlock"] == "192.168.0.0/16"
    assert command.parameters["GatewayId"] == "vgw-a"
    assert not fix.checked  # what a network outside AWS does cannot be read
    assert "rtb-data" in fix.text


def learning() -> Case:
    """Let the data subnet's table learn from the VPN gateway where the premises are."""
    case = to_the_premises()
    case.routes("rtb-data").append(
        route("192.168.0.0/16", "vgw-a", Origin="EnableVgwRoutePropagation")
    )
    return case


def test_network_that_another_table_learns_is_learned_too() -> None:
    """A route by hand would stay when the network behind the gateway changes."""
    fix = learning().fix("no-route-to-target")
    (command,) = map(read, fix.cli)

    assert command.operation == "enable-vgw-route-propagation"
    assert command.parameters == {"RouteTableId": "rtb-app", "GatewayId": "vgw-a"}
    assert "rtb-data" in fix.text


def test_main_table_of_others_learns_nothing_for_them() -> None:
    """Near miss: the subnets that share it keep their routes."""
    case = learning()
    case.lists["RouteTables"] = [
        table for table in case.lists["RouteTables"] if table["RouteTableId"] != "rtb-app"
    ]

    operations = [read(line).operation for line in case.fix("no-route-to-target").cli]

    assert "enable-vgw-route-propagation" not in operations
    assert "create-route" in operations


def test_dns_server_on_the_premises_is_reached_by_the_fix_of_the_way_there() -> None:
    """Two findings, one lack: the second has nothing more to be done."""
    case = learning()
    case.entry("Vpcs", "vpc-a")["DhcpOptionsId"] = case.dhcp("dopt-a", ["192.168.7.53"])
    case.asks("http https://api.example.com/", "api.example.com")

    found = case.mend()
    first, second = found["no-route-to-target"].fix, found["custom-resolver-unreachable"].fix

    assert first is not None
    assert second is not None
    assert first.cli
    assert second.cli == ()
    assert "before this one" in second.text


@pytest.mark.parametrize("others", [{}, {ANYWHERE: "vgw-a"}, {"192.168.7.0/24": "nat-a"}])
def test_default_route_or_nat_of_another_subnet_is_no_word_on_a_network(
    others: dict[str, str],
) -> None:
    """Only a route that names the network, and leads to one, says where it is."""
    assert to_the_premises(**others).mend()["no-route-to-target"].fix is None


DUAL = """
vpc: {cidr: 10.1.0.0/16, ipv6_cidr: "2600:1f00:31::/56"}
internet_gateway: true
route_tables:
  public: {main: true, routes: {0.0.0.0/0: internet-gateway, "::/0": internet-gateway}}
subnets: {one: {cidr: 10.1.1.0/24, ipv6_cidr: "2600:1f00:31:1::/64", az: a}}
security_groups: {fn: {}}
hosts: {api.example.com: {server: https, public: 203.0.113.10}}
function: {subnets: [one], security_groups: [fn], ipv6: true}
targets: [{check: http, url: "https://api.example.com/"}]
expect: {observations: {http: connect timeout}}
"""


@pytest.mark.parametrize(
    ("text", "block"),
    [(DUAL, "2600:1f00:31:ff::/64"), (DUAL.replace(", ipv6: true", ""), None)],
    ids=["dual-stack", "IPv4 alone"],
)
def test_new_subnet_of_a_function_with_ipv6_is_dual_stack(text: str, block: str | None) -> None:
    """Lambda takes no other; and what the function reaches by IPv6 stays open."""
    (found,) = scenes.of(text).judge().findings
    assert found.fix is not None
    ran = [read(line) for line in found.fix.cli]
    (made,) = [one.parameters for one in ran if one.operation == "create-subnet"]
    led = [one.parameters for one in ran if one.operation == "create-route"]

    assert found.fix.checked
    assert made.get("Ipv6CidrBlock") == block
    assert "::/0" in [one.get("DestinationIpv6CidrBlock") for one in led]


def test_private_subnet_without_ipv6_is_none_for_a_function_with_it() -> None:
    """There is one with a NAT gateway, which Lambda would refuse."""
    text = DUAL.replace(
        "subnets: {", "subnets: {two: {cidr: 10.1.2.0/24, az: a, routes: {0.0.0.0/0: nat}}, "
    )
    text += "nat_gateways: {nat: {subnet: one}}\n"

    with_ipv6, without = (
        scenes.of(one).judge().findings[0].fix for one in (text, text.replace(", ipv6: true", ""))
    )

    assert with_ipv6 is not None
    assert without is not None
    assert "create-subnet" in " ".join(with_ipv6.cli)
    assert "create-subnet" not in " ".join(without.cli)
