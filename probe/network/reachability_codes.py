"""Explanation codes of VPC Reachability Analyzer that concern a Lambda function's way out.

The walk gives every one of them to some blocker or undetermined, except those that cannot occur.
https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html
"""

from __future__ import annotations

CONCERNING = frozenset(
    [
        "BAD_STATE",
        "BAD_STATE_ROUTE",
        "CANNOT_ROUTE",
        "HIGHER_PRIORITY_ROUTE",
        "MORE_SPECIFIC_ROUTE",
        "NO_ROUTE_TO_DESTINATION",
        "NO_POSSIBLE_DESTINATION",
        "VPC_LOCAL_ROUTE_CIDR_RESTRICTION",
        "INGRESS_RTB_TRAFFIC_REDIRECTION",
        "ENI_SG_RULES_MISMATCH",
        "ENI_SOURCE_DEST_CHECK_RESTRICTION",
        "SG_HAS_NO_RULES",
        "SG_REFERENCES_NOT_PRESERVED",
        "SG_REFERENCING_SUPPORT",
        "UNKNOWN_PEERED_SGS",
        "SUBNET_ACL_RESTRICTION",
        "NGW_REQUIRES_SOURCE_IN_VPC",
        "REGIONAL_NGW_ROUTE_AZ_RESTRICTION",
        "REMAP_EPHEMERAL_PORT",
        "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS",
        "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS",
        "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
        "VPC_BLOCK_PUBLIC_ACCESS_ENABLED",
        "VPCE_GATEWAY_PROTOCOL_RESTRICTION",
        "VPCE_SERVICE_NOT_INSTALLED_IN_AZ",
        "FIREWALL_RULES_RESTRICTION",
        "PROTOCOL_RESTRICTION",
        "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR",
        "VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS",
        "TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION",
        "TGW_ATTACH_VPC_AZ_RESTRICTION",
        "TGW_ROUTE_AZ_RESTRICTION",
        "TGW_RTB_BAD_STATE_ROUTE",
        "TGW_RTB_CANNOT_ROUTE",
        "TGW_RTB_HIGHER_PRIORITY_ROUTE",
        "TGW_RTB_MORE_SPECIFIC_ROUTE",
        "TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT",
        "TGW_RTB_ROUTES_ARE_UNKNOWN",
    ]
)

NOT_OCCURRING = {
    "VPC_LOCAL_ROUTE_CIDR_RESTRICTION": (
        "AWS makes a local route for each of the VPC's own blocks and for nothing else, so packets "
        "that take it are for the VPC."
    ),
    "INGRESS_RTB_TRAFFIC_REDIRECTION": (
        "A gateway's own table is followed like any other, and the firewall it leads to is judged "
        "as such; being led there is no reason to be dropped."
    ),
    "NGW_REQUIRES_SOURCE_IN_VPC": (
        "Packets of another VPC come to a NAT gateway over a transit gateway, which works; over "
        "peering they are stopped before, as PCX_REQUIRES_ADDRESS_IN_VPC_CIDR."
    ),
    "REMAP_EPHEMERAL_PORT": (
        "It tells that a NAT gateway chose another source port, which never stops a packet; the "
        "walk stands for every port from 1024 to 65535."
    ),
    "VPCE_GATEWAY_PROTOCOL_RESTRICTION": (
        "Services behind gateway endpoints are asked over TCP, which gateway endpoints carry."
    ),
    "PROTOCOL_RESTRICTION": (
        "The walk is about TCP, and UDP to DNS servers; every component on the way carries both."
    ),
    "VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS": ("Every interface of Lambda has a private address."),
}
