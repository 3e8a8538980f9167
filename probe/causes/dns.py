"""Causes in the way of a name to its address, before any packet has left for the target.

Records, and the rules for what no walk can see. The Amazon resolver answers on a way of its own
that no security group and no network ACL touches; a resolver named by DHCP options is an ordinary
host behind all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from probe.causes import kinds
from probe.causes.cause import (
    NO_NAME,
    NO_RESOLVER,
    RESOLVER_ERROR,
    SILENCE,
    Cause,
    Match,
    Proof,
)
from probe.causes.names import confirming, name_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.causes.seen import Seen
    from probe.model import Observation

_GUIDE = "https://docs.aws.amazon.com/vpc/latest/userguide"
_ROUTE53 = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide"
_ATTRIBUTES = "ec2:DescribeVpcAttribute"
_ENDPOINTS = "ec2:DescribeVpcEndpoints"
# Of a server that was asked by itself, in a rule's words.
_GAVE = dict.fromkeys(("SERVFAIL", "REFUSED", "NOTIMP", "FORMERR"), "an error") | dict.fromkeys(
    ("refused", "unreachable"), "no answer"
)
# https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html
_WITHOUT = (
    "Have {} answer on port 53 over UDP and TCP again, or take it out of the DHCP options: a set of"
    " options cannot be changed, so make one without it and associate that with the VPC."
)
_READ_ENDPOINTS = (
    "aws ec2 describe-vpc-endpoints --filters Name=vpc-id,Values={vpc_id}"
    " --query 'VpcEndpoints[].[VpcEndpointId,ServiceName,PrivateDnsEnabled]'"
)


def servers_silent(seen: Seen) -> Iterator[Match]:
    """Find names without an answer where the VPC asks other servers than Amazon's."""
    for o in seen.failing:
        servers = seen.resolvers(o)
        if not servers or seen.symptom(o) not in NO_RESOLVER | RESOLVER_ERROR:
            continue
        erred = seen.symptom(o) in RESOLVER_ERROR
        failed = "an error" if erred else "no answer"
        dead = {} if erred else _dead(seen, o)  # what cannot be asked gave no error
        said = _said(seen, o)
        blamed = [*dead, *(s for s in servers if said.get(s) == failed and s not in dead)]
        named = f"The DHCP options name {', '.join(servers)}"
        if not blamed or len(blamed) == len(servers):
            sentence = f"{named}, which gave {failed}."
            yield Match((o.label,), Proof.PACKETS, (blamed or servers)[0], (sentence,))
        else:
            them = ", ".join(blamed)
            reasons = tuple(f"{server}: {why}." for server, why in dead.items())
            turn = () if erred else ("The next one is asked only after seconds of waiting.",)
            sentences = (f"{named}; {failed} comes from {them}.", *reasons, *turn)
            remedy = _WITHOUT.format(them)
            yield Match((o.label,), Proof.PACKETS, blamed[0], sentences, remedy=remedy)


def _dead(seen: Seen, o: Observation) -> dict[str, str]:
    """Return the DNS servers that by what was read cannot answer, and why."""
    hops = [hop for path in seen.own_paths(o.label) for hop in path.hops]
    closed = [hop for hop in hops if (hop.kind, hop.action) == ("dns-server", "deny")]
    return {hop.component: hop.why or "closed" for hop in reversed(closed)}


def _said(seen: Seen, o: Observation) -> dict[str, str]:
    """Return what each server gave when it was asked by itself: an error, no answer, or a word."""
    found = seen.detail(o, "second_look")
    words = found if isinstance(found, Mapping) else {}
    return {str(server): _GAVE.get(str(word), str(word)) for server, word in words.items()}


def answered_publicly(seen: Seen) -> Iterator[Match]:
    """Find databases and caches, which have private addresses, tried at a public one."""
    for o in seen.failing:
        if kinds.is_private_service(o) and kinds.is_public(o) and seen.symptom(o) in SILENCE:
            sentence = f"{o.host} resolved to the public address {o.address}."
            yield Match((o.label,), Proof.FIT, None, (sentence,))


CAUSES = (
    Cause(
        code="vpc-dns-support-off",
        layer="dns",
        title="DNS support is turned off in the VPC",
        happens="The Amazon resolver does not answer in this VPC, so every host name fails, while"
        " literal addresses work.",
        reason="With enableDnsSupport off the resolver at the VPC's base address plus two, and at"
        " 169.254.169.253, does not work.",
        remedy="Turn on enableDnsSupport for the VPC.",
        source=f"{_GUIDE}/AmazonDNS-concepts.html",
        symptoms=NO_RESOLVER | NO_NAME | RESOLVER_ERROR,
        family="resolver",
        needs=(_ATTRIBUTES,),
        confirm="aws ec2 describe-vpc-attribute --vpc-id {vpc_id} --attribute enableDnsSupport",
    ),
    Cause(
        code="custom-resolver-unreachable",
        layer="dns",
        title="The VPC's DHCP options name DNS servers that the function cannot use",
        happens="Names are asked of servers that do not answer, or that do not know this name,"
        " while literal addresses work.",
        reason="DNS servers from a DHCP option set are ordinary hosts: routes, security groups and"
        " network ACLs apply to them, port 53 over UDP and TCP.",
        remedy="Open the way to those servers on port 53 over UDP and TCP, or set the option back"
        " to AmazonProvidedDNS.",
        source=f"{_GUIDE}/DHCPOptionSetConcepts.html",
        symptoms=NO_RESOLVER | RESOLVER_ERROR | NO_NAME,
        family="resolver",
        needs=("ec2:DescribeDhcpOptions",),
        confirm="aws ec2 describe-dhcp-options --query 'DhcpOptions[].[DhcpOptionsId,"
        "DhcpConfigurations[?Key==`domain-name-servers`].Values]'",
        rule=servers_silent,
    ),
    Cause(
        code="vpc-dns-hostnames-off",
        layer="dns",
        title="DNS hostnames are turned off in the VPC, so private names do not work",
        happens="Names of interface endpoints and private zones get their public answer or none, as"
        " if the endpoint did not exist.",
        reason="Private DNS names need enableDnsSupport and enableDnsHostnames both on. In any"
        " VPC but a default one enableDnsHostnames is off until somebody turns it on.",
        remedy="Turn on enableDnsHostnames for the VPC.",
        source=f"{_GUIDE}/AmazonDNS-concepts.html",
        symptoms=SILENCE | NO_NAME,
        family="interface-endpoint",
        needs=(_ATTRIBUTES, _ENDPOINTS),
        confirm="aws ec2 describe-vpc-attribute --vpc-id {vpc_id} --attribute enableDnsHostnames",
    ),
    Cause(
        code="endpoint-private-dns-off",
        layer="dns",
        title="The interface endpoint for the service has private DNS turned off",
        happens="The service's usual name resolves to its public addresses, so traffic goes past"
        " the endpoint and finds no way out.",
        reason="Only with private DNS on does the VPC's resolver answer the service's usual name"
        " with the endpoint's addresses.",
        remedy="Turn on private DNS for the endpoint.",
        source="https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html",
        family=("interface-endpoint", "gateway-endpoint"),
        needs=(_ENDPOINTS,),
        confirm=_READ_ENDPOINTS,
    ),
    Cause(
        code="dns-firewall-blocks",
        layer="dns",
        title="Route 53 Resolver DNS Firewall blocks the name",
        happens="The resolver answers that the name, or its address, does not exist, or gives"
        " another one; connections to the literal address would work.",
        reason="A BLOCK rule answers NODATA, NXDOMAIN or a record of its own choice for the domains"
        " on its list.",
        remedy="Take the name off the rule's domain list, or add an ALLOW rule with a lower"
        " priority number.",
        source=f"{_ROUTE53}/resolver-dns-firewall-rule-actions.html",
        # Its rules answer, and a VPC that fails closed gets SERVFAIL; nothing makes it silent:
        # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall-vpc-configuration.html
        symptoms=NO_NAME | RESOLVER_ERROR,
        family="dns-firewall",
        needs=("route53resolver:ListFirewallRuleGroupAssociations",),
        confirm="aws route53resolver list-firewall-rule-group-associations --vpc-id {vpc_id}",
    ),
    Cause(
        code="peering-dns-resolution-off",
        layer="dns",
        title="The peering connection does not resolve names to private addresses",
        happens="The name of a host in the peered VPC resolves to its public address, and the"
        " traffic leaves by the internet instead of the peering connection, or not at all.",
        reason="Across a peering connection public DNS names give private addresses only when DNS"
        " resolution is turned on for it on the other side.",
        remedy="Turn on DNS resolution for the peering connection in both VPCs.",
        source="https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-dns.html",
        family="public-answer",
        needs=("ec2:DescribeVpcPeeringConnections",),
        confirm="aws ec2 describe-vpc-peering-connections"
        " --filters Name=requester-vpc-info.vpc-id,Values={vpc_id}"
        " --query 'VpcPeeringConnections[].[AccepterVpcInfo,RequesterVpcInfo]'",
    ),
    Cause(
        code="public-answer-for-private-target",
        layer="dns",
        title="The database's name resolves to a public address from here",
        happens="The connection goes to the database's public address instead of its private one,"
        " and is dropped on the way or by the database's group.",
        reason="A publicly accessible database has a name with two answers: the private address"
        " inside its own VPC, the public one everywhere else.",
        remedy="Put the function into the database's VPC, or peer the VPCs with DNS resolution on.",
        source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html",
        family="public-answer",
        needs=("rds:DescribeDBInstances",),
        confirm="aws rds describe-db-instances --query"
        " 'DBInstances[].[Endpoint.Address,PubliclyAccessible,DBSubnetGroup.VpcId]'",
        rule=answered_publicly,
    ),
    Cause(
        code="name-not-found",
        layer="dns",
        title="The name has no address where the function asks",
        happens="A resolver answered that there is no such name, or that it has no usable address;"
        " nothing was sent to the target.",
        reason="A name resolves where its zone is known, and as long as it is in it: AWS takes a"
        " resource's name away with the resource, and a private hosted zone answers in the VPCs"
        " that it is associated with, and hides a public zone of the same name there.",
        remedy="Check the spelling. If a private hosted zone holds the name, associate it with the"
        " VPC that the function is in; a function that is in none has to be attached to one first.",
        source=f"{_ROUTE53}/hosted-zone-private-considerations.html",
        symptoms=NO_NAME,
        family="name",
        needs=("route53:ListHostedZonesByVPC",),
        confirm="aws route53 list-hosted-zones-by-vpc --vpc-id {vpc_id} --vpc-region {region}",
        confirm_for=confirming(),
        rule=name_unknown,
        restates=True,
    ),
)
