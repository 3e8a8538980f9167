"""Whom a rule has to name: the least that lets the connection through, and lasts.

A security group where there is one; the subnet of a private address, since interfaces come and go;
AWS's own list for a service. A public name may have other addresses tomorrow, so a rule for it
names the port and no address; a public address that was asked for literally is named. Where people
have narrowed what may pass, they meant it: then the addresses that were met are named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network import places, prefix_lists
from probe.network.addresses import Block, address, cidr, is_private
from probe.network.dns.names import STAND_IN
from probe.network.vpc import Field, NotRead, as_written
from probe.network.walk.path import end_of
from probe.remedy import survey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probe.remedy.proposal import Context

ANYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
# A subnet is a /28 to a /16: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
_SUBNET_SIZES = tuple(1 << (32 - length) for length in range(16, 29))
MAX_BLOCKS = 6  # more rules than that are a burden: a network ACL holds 20


def asked_by_name(context: Context) -> bool:
    """Whether the target was named by a host name, not by an address."""
    found, label = end_of(context.path), context.path.target
    return found is not None and label is not None and found[0] not in label


def list_with(context: Context, block: Block) -> str | None:
    """Return AWS's own prefix list that holds a public address; None when none read does."""
    network = context.network
    try:
        rows = network.rows("PrefixLists")
    except NotRead:
        return None
    for row in rows:
        identity, name = str(row["PrefixListId"]), str(row.get("PrefixListName") or "")
        if name.startswith("com.amazonaws.") and _holds(context, identity, block):
            return identity
    return None


def _holds(context: Context, identity: str, block: Block) -> bool:
    try:
        return any(own.contains(block) for own in prefix_lists.blocks_of(context.network, identity))
    except NotRead:
        return False


def met(context: Context, listed: str, *alike: str) -> tuple[str, ...]:
    """Return what a fact tells here, and where the same stops other addresses of the target."""
    own = context.blocker
    wanted = [own.facts.get(name) for name in alike]
    others = (
        blocker
        for path in context.paths
        if path.target == context.path.target
        for blocker in path.blockers
        if (blocker.code, blocker.component) == (own.code, own.component)
        and [blocker.facts.get(name) for name in alike] == wanted
    )
    told = (one.facts.get(listed) or () for one in (own, *others))
    return tuple(
        dict.fromkeys(x for one in told for x in ((one,) if isinstance(one, str) else one))
    )


def of_addresses(
    context: Context, addresses: Iterable[str], *, exact: bool = False
) -> tuple[str, ...]:
    """Return what a security group's rule should name for these addresses.

    `exact`: a public name's addresses, and not all of the internet.
    """
    return tuple(dict.fromkeys(_of_address(context, text, exact=exact) for text in addresses))


def of_sources(context: Context, addresses: Iterable[str]) -> tuple[str, ...]:
    """Return what a rule should admit; who comes from the internet has one address of its own."""
    return tuple(
        dict.fromkeys(
            subnet_around(context, text) if is_private(_whole(text)) else survey.as_cidr(text)
            for text in addresses
        )
    )


def _of_address(context: Context, text: str, *, exact: bool) -> str:
    block = _whole(text)
    if is_private(block):
        return subnet_around(context, text)
    found = list_with(context, block)
    if found is not None:
        return found
    wide = asked_by_name(context) and not exact
    return ANYWHERE[block.version] if wide else survey.as_cidr(text)


def for_acl(context: Context, addresses: Iterable[str], *, exact: bool = False) -> tuple[str, ...]:
    """Return the blocks that rules of a network ACL should name; they know no lists or groups.

    `exact`: the target's addresses that were met, and nothing around them; of a service of AWS its
    blocks all the same, and the subnet of whatever changes its address in it, as a function does
    and a database.
    """
    own = _ends(context) if exact else frozenset[str]()
    found: list[str] = []
    for text in addresses:
        block = _whole(text)
        if exact and text == STAND_IN:
            raise NotRead("the addresses of the target", "its name was not resolved")
        if is_private(block) and (text not in own or _is_of_service(context, block)):
            found.append(subnet_around(context, text))
            continue
        listed = list_with(context, block)
        blocks = prefix_lists.blocks_of(context.network, listed) if listed else ()
        if blocks and len(blocks) <= MAX_BLOCKS:
            found += [survey.as_cidr(str(own)) for own in blocks if own.version == block.version]
        elif asked_by_name(context) and not exact:
            found.append(ANYWHERE[block.version])
        else:
            found.append(survey.as_cidr(text))
    return tuple(dict.fromkeys(found))


def _is_of_service(context: Context, block: Block) -> bool:
    """Whether a service of AWS has an address: a database made anew has another of its subnet.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html
    """
    try:
        found = places.interfaces_with(context.network, block)
    except NotRead:
        return False
    return bool(found) and all(
        one.kind != "interface" or (one.requester_id or "").startswith("amazon-") for one in found
    )


def _ends(context: Context) -> frozenset[str]:
    """Return the addresses of the path's target that were walked to."""
    target = context.path.target
    paths = (path for path in (context.path, *context.paths) if path.target == target)
    return frozenset(found[0] for path in paths if (found := end_of(path)) is not None)


def subnet_around(context: Context, text: str) -> str:
    """Return the block of the one subnet that holds a private address; else the address alone."""
    own = context.facts.get("meant_vpc_id") or context.facts.get("vpc_id")
    network, found = context.network, set()
    for candidate in _subnets_that_hold(_whole(text)) if network.has("Subnets") else ():
        rows = network.where("Subnets", "CidrBlock", Field("CidrBlock"), candidate, as_written)
        found |= {(row.get("VpcId") == own, candidate) for row in rows}
    here = {text for mine, text in found if mine}
    everywhere = {text for _, text in found}
    for candidates in (here, everywhere):
        if len(candidates) == 1:
            return candidates.pop()
    return survey.as_cidr(text)


def _subnets_that_hold(block: Block) -> list[str]:
    """List the blocks that a subnet around these addresses can have."""
    if block.version != 4:
        return []
    starts = ((block.low - block.low % size, size) for size in _SUBNET_SIZES)
    around = (Block(4, low, low + size - 1) for low, size in starts)
    return [str(one) for one in around if one.contains(block)]


def _whole(text: str) -> Block:
    """Read an address, a block, or the first address of a range "10.0.0.1-10.0.0.9"."""
    return cidr(text.partition("-")[0])


def first_of(text: str) -> Block:
    """Read the first of the addresses that the walk names: "10.0.1.0/24, 10.0.2.9"."""
    first = text.partition(",")[0].partition("-")[0]
    block = cidr(first)
    return block._replace(high=block.low)


def target_of(context: Context) -> Block:
    """Return the address that the path leads to. NotRead for the way of a name."""
    return address(end(context)[0])


def end(context: Context) -> tuple[str, int]:
    """Return the address and port that the path leads to. NotRead for the way of a name."""
    found = end_of(context.path)
    if found is None:
        raise NotRead(f"where {context.path.destination} leads", "a name has no port")
    return found
