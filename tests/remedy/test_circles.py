"""Fixes for routes that lead back: the smallest change, and nobody else's way is touched."""

from __future__ import annotations

from tests.network.world import ANYWHERE, route
from tests.remedy.case import Case, placement, with_nat
from tests.remedy.cases_devices import nat_instance, walled_in
from tests.remedy.commands import Command, read

LOOP = "routing-loop"
CUT_OFF = "nat-subnet-no-internet-route"


def commands(case: Case, code: str) -> list[Command]:
    """Read the commands of a fix that was checked."""
    fix = case.fix(code)
    assert fix.checked, fix
    return [read(line) for line in fix.cli]


def leads_back() -> Case:
    """Put the NAT instance into a subnet whose own table leads to it."""
    case = nat_instance()
    case.subnet("subnet-nat", "10.0.8.0/24")
    interface = case.entry("NetworkInterfaces", "eni-nat")
    interface.update(SubnetId="subnet-nat", PrivateIpAddress="10.0.8.9")
    interface["PrivateIpAddresses"][0]["PrivateIpAddress"] = "10.0.8.9"
    case.table("rtb-nat", "vpc-a", {ANYWHERE: "eni-nat"}, subnets=["subnet-nat"])
    return case


def test_nat_instance_whose_table_leads_to_it() -> None:
    """Its subnet's default route goes to the internet gateway."""
    case = leads_back()

    (command,) = commands(case, CUT_OFF)

    assert command.operation == "replace-route"
    assert command.parameters["RouteTableId"] == "rtb-nat"
    assert command.parameters["GatewayId"] == "igw-a"
    assert case.fix(CUT_OFF).text.startswith(
        "The NAT instance at eni-nat stands in subnet subnet-nat"
    )


def with_another_in_its_table(case: Case) -> Case:
    """Associate another subnet with the NAT instance's table."""
    case.subnet("subnet-other", "10.0.7.0/24")
    case.entry("RouteTables", "rtb-nat")["Associations"].append(
        {"RouteTableId": "rtb-nat", "SubnetId": "subnet-other", "Main": False}
    )
    return case


def test_nat_instance_gets_the_public_table_that_exists() -> None:
    """Nothing is made, nothing is bought, and the table that it shared stays as it is."""
    case = with_another_in_its_table(leads_back())

    (command,) = commands(case, CUT_OFF)

    assert command.operation == "associate-route-table"
    assert command.parameters["RouteTableId"] == "rtb-public"
    assert command.parameters["SubnetId"] == "subnet-nat"


def test_others_that_share_the_table_of_a_nat_instance_keep_their_way() -> None:
    """A default route to the internet gateway in that table would cut them off."""
    case = with_another_in_its_table(leads_back())
    case.routes("rtb-nat").append(route("10.9.0.0/16", "pcx-1"))  # no other table leads there

    found = commands(case, CUT_OFF)

    assert found[0].operation == "create-route-table"
    assert not [command for command in found if command.parameters.get("RouteTableId") == "rtb-nat"]


def in_the_functions_table() -> Case:
    """Let the NAT instance's subnet have the table of the function's."""
    case = leads_back()
    tables = case.lists["RouteTables"]
    tables[:] = [table for table in tables if table["RouteTableId"] != "rtb-nat"]
    case.entry("RouteTables", "rtb-app")["Associations"].append(
        {"RouteTableId": "rtb-app", "SubnetId": "subnet-nat", "Main": False}
    )
    return case


def test_nat_instance_in_the_functions_table() -> None:
    """Its subnet alone gets the public table: in the function's, that would be no way out."""
    (command,) = commands(in_the_functions_table(), CUT_OFF)

    assert command.operation == "associate-route-table"
    assert command.parameters["RouteTableId"] == "rtb-public"


def test_nat_instance_in_the_functions_table_and_no_public_one() -> None:
    """Its subnet gets a table of its own, with the internet gateway."""
    case = in_the_functions_table()
    case.entry("RouteTables", "rtb-public")["Associations"].clear()

    found = commands(case, CUT_OFF)

    assert [command.operation for command in found] == [
        "create-route-table", "create-route", "associate-route-table"
    ]  # fmt: skip
    assert found[1].parameters["GatewayId"] == "igw-a"


def test_nat_instance_in_the_functions_own_subnet() -> None:
    """It is led to a NAT gateway: the internet gateway would make the function's subnet public."""
    case = in_the_functions_table()
    case.function(["subnet-nat"])

    found = commands(case, CUT_OFF)

    assert found[-1].operation == "replace-route"
    assert found[-1].parameters["NatGatewayId"] == "$NAT"


def test_firewall_that_shares_the_functions_table() -> None:
    """Its subnet gets a table that leads on; the function is led through it as before."""
    walled = walled_in()
    found = commands(walled, LOOP)

    assert [command.operation for command in found] == [
        "create-route-table", "create-route", "associate-route-table"
    ]  # fmt: skip
    assert found[1].parameters["NatGatewayId"] == "nat-a"
    assert found[2].parameters["SubnetId"] == "subnet-wall"
    assert "rtb-app, decides for subnet-app too" in walled.fix(LOOP).text


def test_firewall_alone_with_its_table() -> None:
    """Its route is led on."""
    walled = walled_in()
    walled.entry("RouteTables", "rtb-app")["Associations"].pop()
    walled.table("rtb-wall", "vpc-a", {ANYWHERE: "vpce-fw"}, subnets=["subnet-wall"])

    (command,) = commands(walled, LOOP)

    assert command.operation == "replace-route"
    assert command.parameters["RouteTableId"] == "rtb-wall"


def test_circle_on_the_way_to_another_network() -> None:
    """Nobody but its owner can tell how that way goes on: nothing is proposed."""
    case = with_nat(placement())
    case.nat("subnet-public", name="nat-private", public=None, address="10.0.9.8")
    case.routes("rtb-app").append(route("10.8.0.0/16", "nat-private"))
    case.routes("rtb-public").append(route("10.8.0.0/16", "nat-private"))
    case.wants("tcp 10.8.1.10:443", "10.8.1.10")

    assert case.mend()[LOOP].fix is None
