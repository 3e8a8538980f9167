"""Peering connections as AWS describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.lab.aws.account import Account
    from tests.lab.aws.wire import Call


def describe(account: Account, _: Call, result: dict[str, Any]) -> None:
    """List every range of both VPCs; moto names the first of each.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcPeeringConnectionVpcInfo.html
    """
    for connection in result["VpcPeeringConnections"]:
        for side in ("RequesterVpcInfo", "AccepterVpcInfo"):
            if known := account.ec2.vpcs.get(connection[side]["VpcId"]):
                connection[side]["CidrBlockSet"] = [
                    {"CidrBlock": block["cidr_block"]} for block in known.cidr_block_association_set
                ]
                connection[side]["Ipv6CidrBlockSet"] = [
                    {"Ipv6CidrBlock": block["cidr_block"]}
                    for block in known.ipv6_cidr_block_association_set
                ]
