"""What joins two VPCs: it is used where it is there, and made where it is known not to be."""

from __future__ import annotations

import pytest

from tests.causes import scenes
from tests.remedy.cases_between import peered, transit_unnamed, two_vpcs
from tests.remedy.commands import read

CODE = "no-route-to-target"
ATTACHED = "TransitGatewayVpcAttachments"


def test_a_transit_gateway_that_no_route_names_is_used() -> None:
    """Both VPCs are attached to it: to join them once more is not what they lack."""
    fix = transit_unnamed().fix(CODE)

    assert fix.checked
    assert [line.split(" --")[3] for line in fix.cli] == ["transit-gateway-id tgw-a"]


@pytest.mark.parametrize("state", ["deleted", "deleting", "rejected"])
def test_an_attachment_that_is_gone_joins_nothing(state: str) -> None:
    """Near miss: AWS lists it for a while."""
    case = transit_unnamed()
    case.entry(ATTACHED, "tgw-attach-b")["State"] = state

    fix = case.fix(CODE)

    assert fix.checked
    assert "create-vpc-peering-connection" in fix.cli[0]


def test_nothing_is_said_to_join_two_vpcs_only_where_attachments_were_read() -> None:
    """Not read is not absent: whatever is attached may be the way that is meant."""
    assert "Nothing joins" in two_vpcs().fix(CODE).text

    found = two_vpcs().mend(without=[ATTACHED])[CODE].fix

    assert found is None


def test_a_peering_connection_is_used_whatever_else_was_not_read() -> None:
    """Near miss: it is enough."""
    fix = peered(forth=False).fix(CODE, without=[ATTACHED])

    assert fix.checked
    assert [line.split(" --")[3] for line in fix.cli] == ["vpc-peering-connection-id pcx-ab"]


HUB = """
vpc: {cidr: 10.1.0.0/16}
vpcs: {shared: {cidr: 10.2.0.0/16}, lake: {cidr: 10.3.0.0/16}}
route_tables: {old: {routes: {10.3.0.0/16: link}}, hubs: {routes: {10.0.0.0/8: hub}}}
subnets:
  fn:     {cidr: 10.1.1.0/24, az: a, route_table: hubs}
  other:  {cidr: 10.1.2.0/24, az: a, route_table: old}
  shared: {vpc: shared, cidr: 10.2.1.0/24, az: a, routes: {10.0.0.0/8: hub}}
  lake:   {vpc: lake, cidr: 10.3.1.0/24, az: a, routes: {10.1.0.0/16: link}}
peerings: {link: {between: [main, lake]}}
transit_gateways: {hub: {attachments: {spoke: {subnets: [fn]}, shared: {subnets: [shared]}}}}
security_groups: {fn: {}, lake: {vpc: lake, ingress: [{tcp: 5439, from: 10.1.0.0/16}]}}
hosts: {warehouse: {server: tcp, port: 5439, subnet: lake, security_groups: [lake]}}
function: {subnets: [fn], security_groups: [fn]}
targets: [{check: tcp, host: warehouse, port: 5439}]
expect: {observations: {tcp: connect timeout}}
"""


@pytest.mark.parametrize(
    ("text", "block"),
    [(HUB, "10.3.0.0/16"), (HUB.replace("{10.3.0.0/16: link}", "{}"), "10.3.1.0/24")],
    ids=["as another table", "by the peering alone"],
)
def test_vpc_that_the_hub_does_not_know_is_reached_over_its_peering(text: str, block: str) -> None:
    """It has no attachment to propagate; a peering connection joins it with the function's VPC."""
    (found,) = scenes.of(text).judge().findings
    assert found.code == "transit-gateway-no-route"
    assert found.fix is not None
    (command,) = map(read, found.fix.cli)

    assert found.fix.checked
    assert command.parameters == {
        "RouteTableId": "rtb-hubs",
        "DestinationCidrBlock": block,
        "VpcPeeringConnectionId": "pcx-link",
    }


def test_peering_that_is_not_active_is_no_way() -> None:
    """Nothing passes it; the words of the cause stand alone."""
    text = HUB.replace("[main, lake]}", "[main, lake], state: deleted}")

    found = {one.code: one.fix for one in scenes.of(text).judge().findings}

    fix = found["transit-gateway-no-route"]
    assert fix is not None
    assert not fix.cli
