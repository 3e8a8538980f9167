"""VPC Block Public Access: the account's switch over every internet gateway of the Region.

DescribeSubnets tells the mode in force per subnet; where it does not, the account's mode and its
exclusions are put together. `block-ingress` leaves NAT gateways and egress-only gateways working.
https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.network import fields
from probe.network.fields import Malformed
from probe.network.values import SnapshotError, Unread
from probe.network.vpc import Network, NotRead

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.network.places import Subnet
    from probe.network.walk.journey import Journey, Station

OPTIONS = "VpcBlockPublicAccessOptions"
EXCLUSIONS = "VpcBlockPublicAccessExclusions"
ACTIVE_EXCLUSIONS = ("create-complete", "update-in-progress", "update-complete")
OFF, INGRESS, BOTH = "off", "block-ingress", "block-bidirectional"


def judge(
    journey: Journey, station: Station, facts: Mapping[str, Any], *, inbound_too: bool
) -> None:
    """Judge traffic of a subnet with the internet.

    `inbound_too`: the interface itself has the public address, so that it could be reached from
    outside; such traffic is what `block-ingress` stops, both ways.
    """
    subnet_id = station.subnet.id if station.subnet else None
    with journey.trace.reading(station.vpc_id, "block-public-access"):
        found = mode(journey, station.vpc_id, station.subnet)
        _same_for_the_sender(journey, station, found)
        if found == INGRESS and inbound_too:
            _only_ingress_for_certain(journey.network)
        if found == BOTH or (found == INGRESS and inbound_too):
            journey.trace.block(
                "block-public-access",
                subnet_id or station.vpc_id,
                "block-public-access",
                f"Block Public Access is {found} for {subnet_id or station.vpc_id}",
                ra_code="VPC_BLOCK_PUBLIC_ACCESS_ENABLED",
                facts={**facts, "mode": found},
            )


def _same_for_the_sender(journey: Journey, station: Station, found: str) -> None:
    """Leave it open where a firewall stands between, and only one of two subnets is excluded."""
    sender, last = journey.origin.subnet, station.subnet
    if sender is None or last is None or sender.id == last.id:
        return
    if mode(journey, sender.vpc_id, sender) != found:
        raise NotRead(
            f"whether Block Public Access goes by {sender.id} or by {last.id}",
            "AWS does not say which of the two has to be excluded",
        )


def _only_ingress_for_certain(network: Network) -> None:
    """Tell the account's own `block-ingress` from an exclusion that allows egress.

    Both show as block-ingress. The first stops an interface's own traffic both ways; of the second
    AWS says only that outbound traffic is allowed, and not by which gateways.
    """
    if _account_mode(network) != INGRESS:
        reason = "AWS does not say whether it covers interfaces with addresses of their own"
        raise NotRead("what an egress-only exclusion from Block Public Access allows", reason)


def mode(journey: Journey, vpc_id: str, subnet: Subnet | None) -> str:
    """Return the mode in force at a subnet, or at a VPC where no subnet is involved."""
    if subnet is not None and subnet.block_public_access is not None:
        return subnet.block_public_access
    options = journey.network.snapshot.get(OPTIONS)
    if isinstance(options, Unread):
        if OPTIONS in journey.network.snapshot.values:
            raise NotRead("Block Public Access", options.reason, options.needs)
        # DescribeSubnets has told the mode since the feature exists: an answer without it is older.
        journey.trace.assume(
            "Block Public Access is off: the subnet's description does not name it"
        )
        return OFF
    account = _account_mode(journey.network)
    if account == OFF:
        return OFF
    return _after_exclusions(journey.network, account, vpc_id, subnet)


def _account_mode(network: Network) -> str:
    entry = network.thing(OPTIONS)
    try:
        return fields.maybe_text(entry, "InternetGatewayBlockMode") or OFF
    except Malformed as complaint:
        raise SnapshotError(f"{network.snapshot.name}: {complaint.under(OPTIONS)}") from None


def _after_exclusions(network: Network, account: str, vpc_id: str, subnet: Subnet | None) -> str:
    """Apply the exclusions of the subnet and of its VPC."""
    resources = {vpc_id} | ({subnet.id} if subnet else set())
    for entry in network.rows(EXCLUSIONS):
        arn, state = entry.get("ResourceArn"), entry.get("State", "create-complete")
        if state not in ACTIVE_EXCLUSIONS or not isinstance(arn, str):
            continue
        if arn.rpartition("/")[2] not in resources:
            continue
        if entry.get("InternetGatewayExclusionMode") == "allow-bidirectional":
            return OFF
        if account == BOTH:
            account = INGRESS  # allow-egress: what block-ingress lets through stays open
    return account
