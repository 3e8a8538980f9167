"""Causes in security groups and network ACLs: packets that a rule drops, or that no rule lets pass.

Records only: `probe.network.walk` finds these, where it was read. Neither kind of filter ever
touches the Amazon resolver, so working DNS says nothing about them:
https://docs.aws.amazon.com/vpc/latest/userguide/infrastructure-security.html
"""

from __future__ import annotations

from probe.causes import answers
from probe.causes.cause import CUT_OFF, REFUSAL, SILENCE, Cause

_GUIDE = "https://docs.aws.amazon.com/vpc/latest/userguide"
_GROUPS = "ec2:DescribeSecurityGroups"
_ACLS = "ec2:DescribeNetworkAcls"
_INTERFACES = "ec2:DescribeNetworkInterfaces"
_READ_OWN_GROUPS = (
    "aws ec2 describe-security-groups --group-ids {security_group_ids}"
    " --query 'SecurityGroups[].[GroupId,IpPermissionsEgress]'"
)
_READ_TARGET_GROUPS = (
    "aws ec2 describe-network-interfaces"
    " --filters Name=addresses.private-ip-address,Values={address}"
    " --query 'NetworkInterfaces[].[VpcId,SubnetId,Status,Groups]'"
)
# Of the whole VPC: an ACL of the target's subnet, or of a NAT's, can be the one that blocks.
_READ_ACLS = (
    "aws ec2 describe-network-acls --filters Name=vpc-id,Values={vpc_id}"
    " --query 'NetworkAcls[].[NetworkAclId,Associations[].SubnetId,Entries]'"
)

CAUSES = (
    Cause(
        code="own-security-group-blocks",
        ra_code="ENI_SG_RULES_MISMATCH",
        layer="filters",
        title="The function's own security group does not let the connection out",
        happens="No outbound rule of the function's security groups covers the target's address and"
        " port, so the packet never leaves the function's interface.",
        reason="A security group allows only what a rule names. A new group may send everything;"
        " one whose outbound rules were narrowed or removed drops the rest without a word.",
        remedy="Add an outbound rule for the target's port, to the target's security group or"
        " range. Over a transit gateway it has to be a range: outbound rules name no group there.",
        source=f"{_GUIDE}/security-group-rules.html",
        family="own-group",
        needs=(_GROUPS,),
        confirm=_READ_OWN_GROUPS,
    ),
    Cause(
        code="target-security-group-blocks",
        ra_code="ENI_SG_RULES_MISMATCH",
        layer="filters",
        title="The target's security group does not admit the function",
        happens="The packet arrives at the target's interface, and no inbound rule of its security"
        " groups covers the function's group or address on that port, so it is dropped.",
        reason="A security group admits only what an inbound rule names. The answer needs no rule"
        " of its own: security groups are stateful.",
        remedy="Add an inbound rule on the target's port to the target's security group, with the"
        " function's security group as source.",
        source=f"{_GUIDE}/security-group-rules.html",
        family="target-group",
        needs=(_GROUPS, _INTERFACES),
        confirm=_READ_TARGET_GROUPS,
        rule=answers.perhaps_ours,
    ),
    Cause(
        code="endpoint-security-group-blocks",
        ra_code="ENI_SG_RULES_MISMATCH",
        layer="filters",
        title="The VPC endpoint's security group does not admit the function",
        happens="The service's name resolves to the endpoint's private address, and the endpoint's"
        " security group drops the connection: only this service times out.",
        reason="An interface endpoint is a network interface with security groups of its own; they"
        " must admit the callers on the service's port, which is 443 for AWS's own.",
        remedy="Add an inbound rule for the service's port to the endpoint's security group, with"
        " the function's security group as source.",
        source="https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html",
        family="endpoint-group",
        needs=(_GROUPS, "ec2:DescribeVpcEndpoints"),
        confirm="aws ec2 describe-vpc-endpoints --filters Name=vpc-id,Values={vpc_id}"
        " --query 'VpcEndpoints[].[VpcEndpointId,ServiceName,State,Groups]'",
    ),
    Cause(
        code="security-group-reference-lost",
        ra_code="SG_REFERENCES_NOT_PRESERVED",
        layer="filters",
        title="The target's rule names the function's group, which is not known on this way",
        happens="The target's security group has an inbound rule for the function's group, and it"
        " does not match, because the packets come by a way that does not carry group names.",
        reason="A rule that names a group matches by the private addresses of those who have it:"
        " inside a VPC, over peering in the same Region, and over a transit gateway where security"
        " group referencing is on. What comes over the internet has a public address.",
        remedy="Call the target at its private address if the call went to a public one. Else add"
        " an inbound rule for the addresses that the target sees, or turn on security group"
        " referencing on the transit gateway and its attachments.",
        source="https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html",
        family="target-group",
        needs=(_GROUPS, "ec2:DescribeTransitGateways"),
        confirm=_READ_TARGET_GROUPS,
    ),
    Cause(
        code="nacl-blocks-request",
        ra_code="SUBNET_ACL_RESTRICTION",
        layer="filters",
        title="A network ACL drops the request on its way to the target",
        happens="The packet crosses the edge of a subnet, and the first rule of that subnet's"
        " network ACL that matches it denies it, or none matches.",
        reason="Network ACL rules are tried in the order of their numbers; the first that matches"
        " decides, and the last one (*) denies everything.",
        remedy="Add an allow rule for the target's port with a lower number than the rule that"
        " denies; where none is free, make that rule anew with a higher number first. Somebody may"
        " have meant it: let only the target's addresses past it.",
        source=f"{_GUIDE}/nacl-rules.html",
        family="acl",
        needs=(_ACLS, _INTERFACES),  # the far end's subnet has an ACL as well
        confirm=_READ_ACLS,
    ),
    Cause(
        code="nacl-blocks-return",
        ra_code="SUBNET_ACL_RESTRICTION",
        layer="filters",
        title="A network ACL drops the answers on their way back",
        happens="The request reaches the target, and its answer is dropped at the edge of a subnet,"
        " because no rule allows the port that the connection was opened from.",
        reason="Network ACLs are stateless: answers go to the ephemeral port of the caller, and for"
        " Lambda and NAT gateways all of 1024-65535 must be allowed.",
        remedy="Add an allow rule for TCP ports 1024-65535 in the direction of the answers, with a"
        " lower number than a rule that denies them.",
        source=f"{_GUIDE}/custom-network-acl.html",
        family="acl",
        needs=(_ACLS, _INTERFACES),  # the far end's subnet has an ACL as well
        confirm=_READ_ACLS,
    ),
    Cause(
        code="nacl-narrows-return-ports",
        ra_code="SUBNET_ACL_RESTRICTION",
        layer="filters",
        title="A network ACL lets answers back to only some of the ports that connections use",
        happens="Connections that happen to start from a port inside the allowed range work, the"
        " others time out: the fault comes and goes.",
        reason="Network ACLs are stateless, and Lambda and NAT gateways open connections from any"
        " port of 1024-65535, not only from the 32768-60999 of a Linux host.",
        remedy="Widen the rule for the answers to TCP ports 1024-65535.",
        source=f"{_GUIDE}/custom-network-acl.html",
        family="acl-ports",
        needs=(_ACLS, _INTERFACES),  # the far end's subnet has an ACL as well
        confirm=_READ_ACLS,
    ),
    Cause(
        code="firewall-rule-blocks",
        ra_code="FIREWALL_RULES_RESTRICTION",
        layer="filters",
        title="A firewall on the way blocks this traffic",
        happens="The route leads through a network firewall or proxy. It drops the connection, or"
        " lets it open and ends it as soon as the TLS greeting names the host.",
        reason="Network Firewall drops silently (a timeout) or rejects (a reset); rules about"
        " domain names act only after the TCP connection is open.",
        remedy="Let the target pass in the firewall's policy: by its name where TLS or HTTP says"
        " one, by address and port elsewhere, since a rule about names sees nothing else.",
        source="https://docs.aws.amazon.com/network-firewall/latest/developerguide/rule-action.html",
        symptoms=SILENCE | REFUSAL | CUT_OFF,
        family="firewall",
        needs=("network-firewall:DescribeFirewallPolicy", "network-firewall:DescribeRuleGroup"),
        # The firewall often stands in a VPC of its own, behind a transit gateway.
        confirm="aws network-firewall list-firewalls",
    ),
)
