"""What joins two VPCs: it is used where it is there, and made where it is known not to be."""

from __future__ import annotations

import pytest

from tests.remedy.cases_between import peered, transit_unnamed, two_vpcs

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
