"""Fixes for where the function stands: which VPC, which subnets, which IP version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from probe.causes.policies import missing_actions
from probe.network import gateways, places, security_groups, targets
from probe.network.addresses import address
from probe.network.vpc import NotRead
from probe.network.walk.path import end_of
from probe.remedy import peers, survey, tables
from probe.remedy.proposal import Proposal
from probe.remedy.steps import filtering, function
from probe.remedy.steps import gateways as gateway_steps

if TYPE_CHECKING:
    from probe.network.places import Interface, Subnet
    from probe.network.security_groups import Rule
    from probe.remedy.proposal import Context, Step

V6_INTERNET = "::/0"
MAX_ZONES = 2  # what AWS advises a function to have; more is not needed to reach the target


def attach(context: Context) -> tuple[Proposal, ...]:
    """Put a function that is in no VPC into the target's.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    there = _interface(context)
    vpc_id = str(there.vpc_id)
    subnets, has_nat = _private_subnets(context, vpc_id)
    group_id, made = _group(context, there, subnets)
    placed = function.place(context.function, [subnet.id for subnet in subnets], (group_id,))
    steps = (*_permission(context), *made, *placed)
    names = ", ".join(subnet.id for subnet in subnets)
    with_group = "a new security group" if made else f"security group {group_id}"
    text = (
        f"Attach the function to private subnet {names} of {vpc_id}, where the target is, with "
        f"{with_group}."
    )
    cost = "Attaching a function costs nothing. Its way to the internet then leads through the VPC"
    cost += (
        ": these subnets have a NAT gateway, charged per GB."
        if has_nat
        else ", and these subnets have none: what it reaches outside would need a NAT gateway."
    )
    return (Proposal(text, steps, cost),)


def _interface(context: Context) -> Interface:
    """Return the one interface that has the target's address."""
    wanted = address(context.fact("address"))
    found = places.interfaces_with(context.network, wanted)
    if len(found) != 1 or found[0].vpc_id is None:
        raise NotRead(f"who has {wanted}", "no interface, or several, of those read")
    return found[0]


def _private_subnets(context: Context, vpc_id: str) -> tuple[list[Subnet], bool]:
    """Return subnets for a function, one for each of two zones; those with a NAT gateway first."""
    network = context.network
    free = [
        subnet
        for subnet in places.subnets_of(network, vpc_id)
        if survey.has_room(network, subnet) and not survey.is_public(network, subnet)
    ]
    with_nat = [subnet for subnet in free if survey.has_nat(network, subnet)]
    zones: dict[str | None, Subnet] = {}
    for subnet in with_nat or free:
        zones.setdefault(subnet.zone or subnet.zone_id, subnet)
    if not zones:
        raise NotRead(f"a private subnet with room in {vpc_id}", "none was read")
    return list(zones.values())[:MAX_ZONES], bool(with_nat)


def _group(
    context: Context, there: Interface, subnets: list[Subnet]
) -> tuple[str, tuple[Step, ...]]:
    """Return a group that the target admits already; else a new one, and the rules for it."""
    port, vpc_id = peers.end(context)[1], subnets[0].vpc_id
    target = targets.identify(context.network, vpc_id, there.addresses[0], None)
    if isinstance(target.group_ids, NotRead) or not target.group_ids:
        raise NotRead(f"security groups of {there.id}", "not told")
    rules = [
        rule
        for group_id in target.group_ids
        for rule in context.network.one(
            "SecurityGroups", group_id, security_groups.read_group
        ).ingress
        if rule.speaks_of("tcp", port) and rule.group_id not in target.group_ids
    ]
    for rule in rules:
        if rule.group_id is not None:
            return rule.group_id, ()
    new, guard = context.new("sg"), target.group_ids[0]
    name = survey.free_group_name(context.network, vpc_id, f"{context.function_name}-lambda")
    created = filtering.create_group(new, vpc_id, name, "The function, on its way out")
    steps = [*created, filtering.let_out(new, port, guard)]
    if not all(any(_covers(rule, subnet) for rule in rules) for subnet in subnets):
        steps.append(filtering.admit(guard, port, new))
    return new, (*steps, *_other_ways_out(context, new))


def _covers(rule: Rule, subnet: Subnet) -> bool:
    """Whether a rule lets in all of a subnet by its addresses."""
    return rule.block is not None and all(rule.block.contains(b) for b in subnet.addresses(4))


def _other_ways_out(context: Context, group_id: str) -> tuple[Step, ...]:
    """Let the function out to its other targets too, which it reached without a VPC."""
    needed: dict[tuple[str, int], None] = {}
    for path in context.paths:
        end = end_of(path)
        # A name that got no address leads to no port that could be opened.
        if end is not None and path.destination != context.path.destination:
            other, (where, port) = replace(context, path=path), end
            for peer in peers.of_addresses(other, (where,)):
                needed[peer, port] = None
    return tuple(filtering.let_out(group_id, port, peer) for peer, port in needed)


def _permission(context: Context) -> tuple[Step, ...]:
    """Return the step that lets Lambda make its interfaces, unless the role may already."""
    role = context.function.get("Role")
    known = context.snapshot.get("RolePolicies")
    if not role or (isinstance(known, tuple) and not missing_actions(known)):
        return ()
    return (function.allow_interfaces(str(role).rpartition("/")[2]),)


def allow_ipv6(context: Context) -> tuple[Proposal, ...]:
    """Let the function speak IPv6, where all of its subnets have both families.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-ipv6
    """
    subnets = [places.subnet(context.network, subnet_id) for subnet_id in context.subnet_ids]
    if not all(subnet.addresses(6) for subnet in subnets):
        raise NotRead("IPv6 blocks", "not every subnet of the function has one")
    groups = tuple((context.function.get("VpcConfig") or {}).get("SecurityGroupIds") or ())
    steps = function.place(context.function, context.subnet_ids, groups, ipv6=True)
    text = "Allow outbound IPv6 traffic for the function: all of its subnets have IPv6 already."
    cost = "It costs nothing. Security groups need rules for IPv6 of their own."
    return (Proposal(text, steps, cost),)


def egress_only_gateway(context: Context) -> tuple[Proposal, ...]:
    """Lead IPv6 to an egress-only internet gateway; create it where there is none."""
    vpc_id, subnet_id = context.fact("vpc_id"), context.fact("subnet_id")
    found = [
        gateway.id
        for gateway in context.network.all("EgressOnlyInternetGateways", gateways.read_egress_only)
        if vpc_id in gateway.vpc_ids
    ]
    gateway_id = found[0] if found else context.new("eigw")
    made = () if found else (gateway_steps.create_egress_only_gateway(gateway_id, vpc_id),)
    lead, where = tables.lead(context, subnet_id, V6_INTERNET, gateway_id)
    name = gateway_id if found else f"a new egress-only internet gateway of {vpc_id}"
    text = f"Lead the IPv6 internet traffic of subnet {subnet_id} (::/0) to {name}, {where}."
    cost = "An egress-only internet gateway costs nothing. It lets connections out and none in."
    return (Proposal(text, (*made, *lead), cost),)


def exclude(context: Context) -> tuple[Proposal, ...]:
    """Except one subnet from Block Public Access, for connections that it opens itself.

    https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html
    """
    options = context.snapshot.get("VpcBlockPublicAccessOptions")
    if isinstance(options, Mapping) and options.get("ExclusionsAllowed") == "not-allowed":
        raise NotRead("an exclusion", "a declarative policy of the organization forbids them")
    component = context.blocker.component
    text = (
        f"Except {component} from Block Public Access for connections that start inside "
        "(allow-egress); the account's switch stays on."
    )
    cost = f"It costs nothing. It opens the way out of {component}; the way in stays blocked."
    return (Proposal(text, (gateway_steps.except_from_block(component),), cost),)


def open_zone(context: Context) -> tuple[Proposal, ...]:
    """Give a regional NAT gateway that is managed by hand an address in one more zone."""
    nat_id, subnet_id = context.fact("nat_gateway_id"), context.fact("subnet_id")
    zone = survey.raw(context.network, "Subnets", subnet_id).get("AvailabilityZone")
    if not zone:
        raise NotRead(f"Availability Zone of {subnet_id}", "not told")
    address_id = context.new("eipalloc")
    steps = gateway_steps.add_nat_address(nat_id, address_id, str(zone))
    text = f"Give regional NAT gateway {nat_id} an address in {zone}, where subnet {subnet_id} is."
    cost = "Each zone of a regional NAT gateway is charged per hour, its public address as well."
    return (Proposal(text, steps, cost),)
