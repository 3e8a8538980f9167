"""Public subnets further on the way: the route of the wrong VPC's table is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.causes import scenes
from tests.remedy.commands import read

if TYPE_CHECKING:
    from probe.model import Fix

CODE = "public-subnet-no-public-ip"
EGRESS = """
vpc: {cidr: 10.1.0.0/16}
vpcs: {egress: {cidr: 10.2.0.0/16, internet_gateway: true}}
route_tables: {out: {vpc: egress, routes: {0.0.0.0/0: internet-gateway, 10.1.0.0/16: hub}}}
subnets:
  app: {cidr: 10.1.1.0/24, az: a, routes: {0.0.0.0/0: hub}}
  hub: {cidr: 10.1.9.0/28, az: a}
  out-a: {vpc: egress, cidr: 10.2.1.0/24, az: a, route_table: out}
  out-b: {vpc: egress, cidr: 10.2.2.0/24, az: b, route_table: out}
nat_gateways: {nat-a: {subnet: out-a}, nat-b: {subnet: out-b}}
transit_gateways:
  hub:
    attachments: {spoke: {subnets: [hub], table: all, propagates: [all]},
                  egress: {subnets: [out-a, out-b], table: all}}
    route_tables: {all: {routes: {0.0.0.0/0: egress}}}
security_groups: {fn: {}}
hosts: {api.example.com: {server: https, public: 203.0.113.10}}
function: {subnets: [app], security_groups: [fn]}
targets: [{check: http, url: "https://api.example.com/"}]
expect: {observations: {http: connect timeout}}
"""
WALL = """
vpc: {cidr: 10.1.0.0/16}
internet_gateway: true
route_tables:
  fw: {routes: {0.0.0.0/0: internet-gateway}}
  public: {routes: {0.0.0.0/0: internet-gateway, 10.1.1.0/24: wall}}
subnets:
  app: {cidr: 10.1.1.0/24, routes: {0.0.0.0/0: wall}}
  fw: {cidr: 10.1.2.0/28, route_table: fw}
  public: {cidr: 10.1.3.0/24, route_table: public}
firewalls: {wall: {subnet: fw}}
nat_gateways: {nat: {subnet: public}}
security_groups: {fn: {}}
hosts: {api.example.com: {server: https, public: 203.0.113.10}}
function: {subnets: [app], security_groups: [fn]}
targets: [{check: http, url: "https://api.example.com/"}]
expect: {observations: {http: connect timeout}}
"""


def fix(text: str) -> Fix:
    """Return the fix of the one finding."""
    (found,) = scenes.of(text).judge().findings
    assert found.code == CODE
    assert found.fix is not None
    return found.fix


def test_an_attachment_gets_subnets_of_its_own() -> None:
    """One in each zone, behind the NAT gateway of that zone; no table that exists is changed."""
    found = fix(EGRESS)
    commands = [read(line) for line in found.cli]
    made = [one.parameters for one in commands if one.operation == "create-subnet"]
    led = [one.parameters for one in commands if one.operation == "create-route"]

    assert found.checked
    assert [one["AvailabilityZone"][-1] for one in made] == ["a", "b"]
    assert {one["VpcId"] for one in made} == {"vpc-egress"}
    assert all(one["RouteTableId"].startswith("$") for one in led)
    assert [one["NatGatewayId"] for one in led if "NatGatewayId" in one] == [
        "nat-nat-a",
        "nat-nat-b",
    ]
    assert commands[-1].parameters == {
        "TransitGatewayAttachmentId": "tgw-attach-egress",
        "AddSubnetIds": ["$SUBNET", "$SUBNET2"],
        "RemoveSubnetIds": ["subnet-out-a", "subnet-out-b"],
    }


def test_one_nat_gateway_takes_one_table() -> None:
    """Both new subnets may share it; the NAT gateway is there already."""
    text = EGRESS.replace(", nat-b: {subnet: out-b}", "")

    operations = [read(line).operation for line in fix(text).cli]

    assert operations.count("create-route-table") == 1
    assert operations.count("create-subnet") == 2
    assert "create-nat-gateway" not in operations


def test_subnets_of_an_attachment_that_are_private_stay() -> None:
    """Only the public ones lead past the NAT gateway."""
    text = EGRESS.replace(
        "out-b: {vpc: egress, cidr: 10.2.2.0/24, az: b, route_table: out}",
        "out-b: {vpc: egress, cidr: 10.2.2.0/24, az: b, routes: {0.0.0.0/0: nat-a}}",
    ).replace(", nat-b: {subnet: out-b}", "")

    assert read(fix(text).cli[-1]).parameters["RemoveSubnetIds"] == ["subnet-out-a"]


def test_a_firewalls_subnet_is_led_to_the_nat_gateway() -> None:
    """The function stays where it is: it is not the one that stands in a public subnet."""
    found = fix(WALL)

    (command,) = map(read, found.cli)
    assert command.operation == "replace-route"
    assert command.parameters == {
        "RouteTableId": "rtb-fw",
        "DestinationCidrBlock": "0.0.0.0/0",
        "NatGatewayId": "nat-nat",
    }


def test_without_room_for_subnets_words_have_to_do() -> None:
    """The function's own table is no place for it, whatever else cannot be drafted."""
    text = EGRESS.replace("{cidr: 10.2.0.0/16, int", "{cidr: 10.2.0.0/22, int")
    text = text.replace("out-b:", "full: {vpc: egress, cidr: 10.2.0.0/24, az: b}\n  out-b:")
    text = text.replace("out-b:", "rest: {vpc: egress, cidr: 10.2.3.0/24, az: b}\n  out-b:")

    found = fix(text)

    assert not found.cli
    assert "subnet-out-a" in found.text
