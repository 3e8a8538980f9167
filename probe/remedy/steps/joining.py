"""Steps about ways between networks: peering connections, transit gateways, VPN gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.remedy import edit
from probe.remedy.command import call, keep
from probe.remedy.proposal import Step
from probe.remedy.template import Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probe.remedy.edit import Entry

_ACTIVE = {"Code": "active", "Message": "Active"}


def create_peering(peering_id: str, own: Entry, other: Entry) -> tuple[Step, ...]:
    """Join two VPCs of one account and Region, both sides of it."""
    parameters = {"VpcId": own["VpcId"], "PeerVpcId": other["VpcId"]}
    entry = {
        "VpcPeeringConnectionId": peering_id,
        "Status": _ACTIVE,
        "RequesterVpcInfo": _side(own),
        "AccepterVpcInfo": _side(other),
    }
    create = call("ec2", "create-vpc-peering-connection", parameters)
    exists = {"VpcPeeringConnectionIds": [peering_id]}
    return (
        Step(
            keep(peering_id, create, "VpcPeeringConnection.VpcPeeringConnectionId"),
            edit.added("VpcPeeringConnections", entry),
            Resource(peering_id, "AWS::EC2::VPCPeeringConnection", parameters),
        ),
        Step(call("ec2", "wait vpc-peering-connection-exists", exists)),
        accept_peering(peering_id),
    )


def _side(vpc: Entry) -> dict[str, Any]:
    blocks = [
        {"CidrBlock": entry["CidrBlock"]} for entry in vpc.get("CidrBlockAssociationSet") or ()
    ]
    return {"VpcId": vpc["VpcId"], "CidrBlock": vpc.get("CidrBlock"), "CidrBlockSet": blocks}


def accept_peering(peering_id: str) -> Step:
    """Accept a peering connection that was asked for."""
    return Step(
        call("ec2", "accept-vpc-peering-connection", {"VpcPeeringConnectionId": peering_id}),
        edit.all_of(
            edit.amended("VpcPeeringConnections", peering_id, lambda e: {**e, "Status": _ACTIVE}),
            edit.revived(peering_id),
        ),
    )


def answer_over_peering(peering_id: str) -> Step:
    """Let names of hosts on either side be answered with private addresses on the other."""
    options = {"AllowDnsResolutionFromRemoteVpc": True}
    parameters = {
        "VpcPeeringConnectionId": peering_id,
        "RequesterPeeringConnectionOptions": options,
        "AccepterPeeringConnectionOptions": options,
    }

    def answering(side: Entry) -> Entry:
        return {**side, "PeeringOptions": {**(side.get("PeeringOptions") or {}), **options}}

    def change(entry: Entry) -> Entry:
        sides = ("RequesterVpcInfo", "AccepterVpcInfo")
        return {**entry, **{side: answering(entry.get(side) or {}) for side in sides}}

    return Step(
        call("ec2", "modify-vpc-peering-connection-options", parameters),
        edit.amended("VpcPeeringConnections", peering_id, change),
    )


def add_attachment_subnet(attachment_id: str, subnet_id: str) -> Step:
    """Let a transit gateway into one more zone of a VPC, by a subnet there."""
    parameters = {"TransitGatewayAttachmentId": attachment_id, "AddSubnetIds": [subnet_id]}
    return Step(
        call("ec2", "modify-transit-gateway-vpc-attachment", parameters),
        edit.amended(
            "TransitGatewayVpcAttachments",
            attachment_id,
            lambda entry: edit.with_item(entry, "SubnetIds", subnet_id),
        ),
    )


def move_attachment(attachment_id: str, new: Sequence[str], old: Sequence[str]) -> Step:
    """Let a transit gateway into a VPC by other subnets, in one step: a zone has one of them.

    https://docs.aws.amazon.com/vpc/latest/tgw/modify-vpc-attachment.html
    """
    parameters = {
        "TransitGatewayAttachmentId": attachment_id,
        "AddSubnetIds": list(new),
        "RemoveSubnetIds": list(old),
    }

    def change(entry: Entry) -> Entry:
        kept = [one for one in entry.get("SubnetIds") or () if one not in old]
        return {**entry, "SubnetIds": [*kept, *new]}

    return Step(
        call("ec2", "modify-transit-gateway-vpc-attachment", parameters),
        edit.amended("TransitGatewayVpcAttachments", attachment_id, change),
    )


def accept_attachment(
    attachment: Entry, vpc: Entry, associated: str | None, propagated: Sequence[str]
) -> Step:
    """Accept a VPC's attachment to a transit gateway.

    The gateway then associates it with its default table, and propagates it into others.
    https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html
    """
    attachment_id = attachment["TransitGatewayAttachmentId"]
    parameters = {"TransitGatewayAttachmentId": attachment_id}

    association = {"TransitGatewayRouteTableId": associated, "State": "associated"}
    usual = {"Association": association} if associated else {}

    def available(entry: Entry) -> Entry:
        return {**usual, **entry, "State": "available"}

    blocks = [str(one["CidrBlock"]) for one in vpc.get("CidrBlockAssociationSet") or (vpc,)]
    routes = [_transit_route(block, attachment, "propagated") for block in blocks]
    return Step(
        call("ec2", "accept-transit-gateway-vpc-attachment", parameters),
        edit.all_of(
            edit.amended("TransitGatewayVpcAttachments", attachment_id, available),
            edit.amended("TransitGatewayAttachments", attachment_id, available),
            edit.revived(str(attachment.get("TransitGatewayId"))),
            *(
                edit.amended(
                    "TransitGatewayRoutes",
                    table,
                    lambda one: edit.with_item(one, "Routes", *routes),
                )
                for table in propagated
            ),
        ),
    )


def associate_attachment(attachment_id: str, table_id: str) -> Step:
    """Let a transit gateway route table decide about what comes out of an attachment."""
    parameters = {
        "TransitGatewayRouteTableId": table_id,
        "TransitGatewayAttachmentId": attachment_id,
    }
    association = {"TransitGatewayRouteTableId": table_id, "State": "associated"}
    return Step(
        call("ec2", "associate-transit-gateway-route-table", parameters),
        edit.amended(
            "TransitGatewayAttachments",
            attachment_id,
            lambda entry: {**entry, "Association": association},
        ),
        Resource("Association", "AWS::EC2::TransitGatewayRouteTableAssociation", parameters),
    )


def set_transit_route(
    table_id: str, block: str, attachment: Entry, *, exists: bool = False
) -> Step:
    """Lead a block to an attachment in a transit gateway route table."""
    parameters = {
        "TransitGatewayRouteTableId": table_id,
        "DestinationCidrBlock": block,
        "TransitGatewayAttachmentId": attachment["TransitGatewayAttachmentId"],
    }
    route = _transit_route(block, attachment, "static")

    def change(entry: Entry) -> Entry:
        return edit.with_item(_without_static(entry, block), "Routes", route)

    return Step(
        call(
            "ec2",
            "replace-transit-gateway-route" if exists else "create-transit-gateway-route",
            parameters,
        ),
        _both_lists(table_id, change),
        Resource("TransitRoute", "AWS::EC2::TransitGatewayRoute", parameters),
    )


def _transit_route(block: str, attachment: Entry, kind: str) -> Entry:
    to = {
        "TransitGatewayAttachmentId": attachment["TransitGatewayAttachmentId"],
        "ResourceType": "vpc",
        "ResourceId": attachment["VpcId"],
    }
    return {
        "DestinationCidrBlock": block,
        "Type": kind,
        "State": "active",
        "TransitGatewayAttachments": [to],
    }


def delete_transit_route(table_id: str, block: str, hidden: Entry | None = None) -> Step:
    """Take a static route from a transit gateway route table.

    `hidden`: the attachment whose propagated route for the same block appears then.
    """
    parameters = {"TransitGatewayRouteTableId": table_id, "DestinationCidrBlock": block}
    shown = [] if hidden is None else [_transit_route(block, hidden, "propagated")]
    return Step(
        call("ec2", "delete-transit-gateway-route", parameters),
        edit.all_of(
            _both_lists(table_id, lambda entry: _without_static(entry, block)),
            edit.amended(
                "TransitGatewayRoutes",
                table_id,
                lambda entry: edit.with_item(entry, "Routes", *shown),
            ),
        ),
    )


def _without_static(entry: Entry, block: str) -> Entry:
    return edit.without_items(
        entry,
        "Routes",
        lambda old: (
            old.get("DestinationCidrBlock") == block and old.get("Type", "static") == "static"
        ),
    )


def _both_lists(table_id: str, change: Callable[[Entry], Entry]) -> edit.Change:
    # Some tools save the static routes beside the propagations, instead of what both make.
    return edit.all_of(
        edit.amended("TransitGatewayRoutes", table_id, change),
        edit.amended("TransitGatewayStaticRoutes", table_id, change),
    )


def attach_vpn_gateway(gateway_id: str, vpc_id: str) -> Step:
    """Attach a virtual private gateway to a VPC."""
    attachment = {"VpcId": vpc_id, "State": "attached"}
    return Step(
        call("ec2", "attach-vpn-gateway", {"VpnGatewayId": gateway_id, "VpcId": vpc_id}),
        edit.all_of(
            edit.amended(
                "VpnGateways",
                gateway_id,
                lambda entry: edit.with_item(entry, "VpcAttachments", attachment),
            ),
            edit.revived(gateway_id),
        ),
        Resource(
            "VpnAttachment",
            "AWS::EC2::VPCGatewayAttachment",
            {"VpcId": vpc_id, "VpnGatewayId": gateway_id},
        ),
    )
