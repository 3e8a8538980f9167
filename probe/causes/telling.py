"""A claim in words: what happened, why, and what to do, with the ids of the reader's own account.

Writes sentences and fills commands; decides nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from probe.causes import kinds
from probe.causes.cause import SILENCE, Words
from probe.model import Failure, Finding, Fix, Stage

if TYPE_CHECKING:
    from probe.causes.cause import Cause, Symptoms
    from probe.causes.claim import Claim
    from probe.causes.seen import Seen
    from probe.model import Attempt, Observation

_SHOWN = 3
_RULE_GROUP = ":stateful-rulegroup/"  # in the ARN of one
_BY_ADDRESS = "Name=addresses.private-ip-address,"
_OF_A_VPC = re.compile(r"\{(vpc_id|subnet_ids|security_group_ids)\}")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# When it happened, in words that need no list of stages.
_WHEN = {
    Stage.RESOLVE: "on looking up its name,",
    Stage.CONNECT: "on connecting,",
    Stage.TLS: "during the TLS handshake,",
    Stage.EXCHANGE: "after the connection was open,",
}
_SAW = {
    Failure.TIMEOUT: "nothing came back",
    Failure.REFUSED: "the connection was refused",
    Failure.RESET: "the connection was reset",
    Failure.CLOSED: "the other side ended the connection",
    Failure.UNREACHABLE: "the network said that there is no way",
    Failure.NAME_NOT_FOUND: "the answer was that there is no such name",
    Failure.NO_ADDRESS: "the answer held no usable address",
    Failure.NO_ANSWER: "no resolver answered",
    Failure.SERVER_FAILURE: "the resolver answered that it could not tell",
    Failure.TLS_UNTRUSTED: "the server showed a certificate that is not trusted",
    Failure.TLS_WRONG_HOST: "the server showed a certificate for another host",
    Failure.TLS_EXPIRED: "the server showed a certificate that is out of date",
    Failure.TLS_FAILED: "the handshake was refused",
    Failure.NOT_TLS: "what came back was not TLS",
    Failure.HTTP_STATUS: "an HTTP error came back",
    Failure.ACCESS_DENIED: "AWS denied the call",
    Failure.SERVICE_ERROR: "AWS answered with an error",
    Failure.SERVER_BUSY: "the server had no connection left",
    Failure.CLIENT_BLOCKED: "the server said that it blocks this client",
    Failure.UNEXPECTED_ANSWER: "what came back was of another protocol",
}


def finding(claim: Claim, cause: Cause, seen: Seen) -> Finding:
    """Put the claim into words."""
    packets = () if claim.told else _packets(claim, seen)
    return Finding(
        code=claim.code,
        confidence=claim.confidence,
        component=claim.component,
        title=_title(claim, cause),
        because=(*packets, *filter(None, claim.because), _words(claim, cause).reason),
        explains=claim.explains,
        fix=Fix(text=claim.remedy or cause.remedy),
        ra_code=claim.ra_code or cause.ra_code,
        direction=claim.direction,
        confirm=None if claim.is_proven else _confirm(claim, cause, seen),
        same_symptom=claim.same_symptom,
    )


def _title(claim: Claim, cause: Cause) -> str:
    """Name the subnet where it is another one than the packets left from."""
    where, title = ", ".join(claim.elsewhere), _words(claim, cause).title
    return f"{title} (from {where}, not from where packets were sent)" if where else title


def _words(claim: Claim, cause: Cause) -> Words:
    """Give title and reason, which name the subnet where it is not the function's."""
    if cause.further is None or not claim.further:
        return Words(cause.title, cause.reason)
    return Words(*(text.format(subnet=", ".join(claim.further)) for text in cause.further))


def _packets(claim: Claim, seen: Seen) -> tuple[str, ...]:
    """Say what was seen of the packets, for the first few observations."""
    said = [_seen(o, seen) for o in seen.failing if o.label in claim.explains]
    more = len(said) - _SHOWN
    return (*said[:_SHOWN], f"The same for {more} more.") if more > 0 else tuple(said)


def _seen(o: Observation, seen: Seen) -> str:
    """Say of one observation what came back, from where, and in how many attempts."""
    what = _SAW.get(o.failure, str(o.failure)) if o.failure else "it failed"
    at = f" ({o.address} port {o.port})" if o.address and o.stage is not Stage.RESOLVE else ""
    when = f" {_WHEN[o.stage]}" if o.stage else ""
    failure = seen.symptom(o)
    count = _count(o, seen, frozenset({failure} if failure else ()))
    took = next((step.ms for step in o.steps if step.stage is o.stage), None)
    within = f" within {took / 1000:.1f} s" if took and o.failure is Failure.TIMEOUT else ""
    return f"{o.label}{at}:{when} {what}{within}{count}."


def _count(o: Observation, seen: Seen, symptoms: Symptoms) -> str:
    """Say in how many attempts it was so; for each address where some fared better than others."""
    lost, tried = seen.tally(o, symptoms)
    if tried < 2:
        return ""
    tallies = {
        address: seen.tally(replace(o, attempts=attempts), symptoms)
        for address, attempts in _by_address(o).items()
    }
    shares = {Fraction(*tally) for tally in tallies.values() if tally[1]}
    if len(shares) < 2 or o.address not in tallies:
        return f", in {lost} of {tried} attempts"
    here = tallies.pop(o.address)
    others = ", ".join(f"{lost} of {tried} to {to}" for to, (lost, tried) in tallies.items())
    return f", in {here[0]} of {here[1]} attempts; in {others}"


def _by_address(o: Observation) -> dict[str, tuple[Attempt, ...]]:
    found: dict[str, tuple[Attempt, ...]] = {}
    for attempt in o.attempts:
        if attempt.address is not None:
            found[attempt.address] = (*found.get(attempt.address, ()), attempt)
    return found


def _confirm(claim: Claim, cause: Cause, seen: Seen) -> str | None:
    """Fill the command with known ids; a word in capitals stands for one that is not known."""
    about = next((o for o in seen.observations if o.label in claim.explains), None)
    if claim.component and _RULE_GROUP in claim.component:
        return f"aws network-firewall describe-rule-group --rule-group-arn {claim.component}"
    fitting = (c for is_kind, c in cause.confirm_for if about is not None and is_kind(about))
    command = claim.confirm or next(fitting, cause.confirm)
    if command and about and _BY_ADDRESS in command and (gateway := seen.way_outside(about)):
        # An address there is on no interface of AWS's, whether its host is well or not.
        command = _read_tunnels(gateway) if seen.symptom(about) in SILENCE else None
    if command is None or (seen.in_vpc is False and _OF_A_VPC.search(command)):
        return None
    known = _known(about, seen)
    filled = _PLACEHOLDER.sub(lambda m: known.get(m[1]) or m[1].upper(), command)
    return filled.replace(_BY_ADDRESS, _address_filter(about))


def _read_tunnels(gateway: str) -> str:
    """Ask whether tunnels of a VPN are up; there are none where Direct Connect leads on."""
    of_it = f" --filters Name=vpn-gateway-id,Values={gateway}" if gateway[:4] == "vgw-" else ""
    return (
        f"aws ec2 describe-vpn-connections{of_it} --query"
        " 'VpnConnections[].[VpnConnectionId,State,VgwTelemetry[].[OutsideIpAddress,Status]]'"
    )


def _address_filter(o: Observation | None) -> str:
    """Name the filter by which EC2 finds the interface that has an address of this kind.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
    """
    if o is None or o.address is None:
        return _BY_ADDRESS
    if ":" in o.address:
        return "Name=ipv6-addresses.ipv6-address,"
    return "Name=association.public-ip," if kinds.is_public(o) else _BY_ADDRESS


def _known(about: Observation | None, seen: Seen) -> dict[str, str | None]:
    groups = seen.security_groups
    role = seen.function.get("Role")
    return {
        "address": about.address if about else None,
        "function": seen.function_name,
        "host": about.host if about else None,
        "region": seen.region,
        "role": str(role) if role else None,
        "role_name": str(role).rpartition("/")[2] if role else None,
        "security_group_ids": " ".join(groups),
        "subnet_ids": ",".join(seen.subnets),
        "vpc_id": seen.vpc or _vpc_of(seen.subnets),
    }


def _vpc_of(subnets: tuple[str, ...]) -> str | None:
    """Return the words that ask AWS for the VPC: the function itself knows its subnets only."""
    if not subnets:
        return None
    asked = f"aws ec2 describe-subnets --subnet-ids {subnets[0]}"
    return f"$({asked} --query 'Subnets[0].VpcId' --output text)"
