"""A function in a table that was given the internet gateway: every zone is kept."""

from __future__ import annotations

from tests.network.world import ANYWHERE
from tests.remedy.case import Case, placement, with_internet
from tests.remedy.cases import web
from tests.remedy.commands import read


def unpublished() -> Case:
    """Give the table of the function's two subnets, in two zones, the internet gateway."""
    case = web(with_internet(placement()))
    case.entry("RouteTables", "rtb-app")["Associations"].append(
        {"SubnetId": "subnet-data", "RouteTableAssociationId": "rtbassoc-data", "Main": False}
    )
    case.routes("rtb-app").append(
        {"DestinationCidrBlock": ANYWHERE, "GatewayId": "igw-a", "State": "active"}
    )
    case.function(["subnet-app", "subnet-data"])
    return case


def test_new_subnets_stand_in_every_zone_that_the_function_had() -> None:
    """One subnet instead of two would be a zone less, and nobody would say so."""
    fix = unpublished().fix("public-subnet-no-public-ip")

    made = [read(line).parameters for line in fix.cli if "create-subnet" in line]
    assert fix.checked
    assert len({one["AvailabilityZone"] for one in made}) == 2
    assert len({one["CidrBlock"] for one in made}) == 2
    assert "subnets subnet-app, subnet-data give it" in fix.text


def test_table_itself_may_lead_to_a_nat_gateway_elsewhere() -> None:
    """The function stays, and the NAT gateway stands in a subnet that stays public."""
    (other,) = unpublished().fix("public-subnet-no-public-ip").alternatives

    last = read(other.cli[-1])
    assert other.checked
    assert last.operation == "replace-route"
    assert last.parameters["RouteTableId"] == "rtb-app"
    assert any("--subnet-id subnet-public" in line for line in other.cli)
    assert other.cost is not None
    assert "not all that is there was read" in other.cost


def test_table_stays_public_where_something_has_a_public_address() -> None:
    """Near miss: a machine there is reached from the internet."""
    case = unpublished()
    case.interface("eni-web", "10.0.1.77", "subnet-app", ["sg-db"])
    case.entry("NetworkInterfaces", "eni-web")["Association"] = {"PublicIp": "198.51.100.9"}

    assert case.fix("public-subnet-no-public-ip").alternatives == ()


def test_table_stays_public_where_no_other_subnet_is() -> None:
    """Near miss: a NAT gateway behind its own route would have no way out."""
    case = unpublished()
    case.routes("rtb-public").pop()

    assert case.fix("public-subnet-no-public-ip").alternatives == ()
