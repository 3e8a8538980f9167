"""Causes of an AWS service that was reached and said no. A denial proves the network.

AWS words its denials by the kind of policy that decided, so the words are the evidence:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from probe.causes import kinds, policies
from probe.causes.cause import DENIAL, SILENCE, Cause, Match, Proof

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probe.causes.seen import Seen
    from probe.model import Observation

_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
_ENDPOINT_POLICY = re.compile(r"VPC endpoint policy", re.IGNORECASE)
_EXPLICIT_DENY = re.compile(r"with an explicit deny", re.IGNORECASE)
_ANY_DENY = re.compile(r"not authorized|access ?denied|no identity-based policy", re.IGNORECASE)
_CREDENTIALS = re.compile(
    r"UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|ExpiredToken|InvalidToken"
    r"|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|MissingAuthentication"
    r"|AuthFailure|RequestExpired|NoCredentials|security token",
    re.IGNORECASE,
)
_REGION = re.compile(
    r"should be scoped to a valid region|region '[^']+' is wrong|PermanentRedirect"
    r"|AuthorizationHeaderMalformed|IllegalLocationConstraint",
    re.IGNORECASE,
)
_HOST_REGION = re.compile(r"(?:^|\.)([a-z]{2,3}(?:-[a-z]+)+-\d)\.")


def verdict(text: str) -> str | None:
    """Return the code of the cause that a denial's words name; None when they name none."""
    if _REGION.search(text):
        return "wrong-region"
    if _CREDENTIALS.search(text):
        return "credentials-invalid"
    if _ENDPOINT_POLICY.search(text):
        return "endpoint-policy-denies"
    if _EXPLICIT_DENY.search(text):
        return "explicit-deny"
    return "identity-policy-denies" if _ANY_DENY.search(text) else None


def _denials(seen: Seen, code: str) -> Iterator[Match]:
    for o in seen.failing:
        words = seen.words(o)
        if seen.symptom(o) in DENIAL and verdict(words) == code:
            yield Match((o.label,), Proof.PACKETS, o.host, (f'The service answered: "{words}"',))


def endpoint_policy(seen: Seen) -> Iterator[Match]:
    """Find denials whose words name a VPC endpoint policy, and the endpoint that has it."""
    for match in _denials(seen, "endpoint-policy-denies"):
        (o,) = (one for one in seen.failing if one.label in match.explains)
        endpoint_id = _endpoint_on_the_way(seen, o)
        because = (*match.because, *_keeping_out(seen, endpoint_id))
        yield replace(match, component=endpoint_id or match.component, because=because)


def _endpoint_on_the_way(seen: Seen, o: Observation) -> str | None:
    """Return the one endpoint that the packets came through.

    A gateway endpoint is a hop of the walk; an interface endpoint is who has the private address.
    """
    hops = [hop for path in seen.own_paths(o.label) for hop in path.hops]
    found = {hop.component for hop in hops if hop.kind == "vpc-endpoint" and hop.action == "allow"}
    found = found or _with_address(seen, o)
    if not found and not kinds.is_public(o):
        service = f".{(o.host or '').partition('.')[0]}"
        found = {
            str(entry.get("VpcEndpointId"))
            for entry in seen.rows("VpcEndpoints")
            if entry.get("VpcId") == seen.vpc
            and entry.get("VpcEndpointType") == "Interface"
            and str(entry.get("ServiceName")).endswith(service)
        }
    return found.pop() if len(found) == 1 else None


def _with_address(seen: Seen, o: Observation) -> set[str]:
    """Return the endpoints whose interface was connected to, in whatever VPC it stands."""
    own = {
        entry.get("NetworkInterfaceId")
        for entry in seen.rows("NetworkInterfaces")
        if o.address and o.address in _addresses(entry)
    }
    return {
        str(entry.get("VpcEndpointId"))
        for entry in seen.rows("VpcEndpoints")
        if not own.isdisjoint(entry.get("NetworkInterfaceIds") or ())
    }


def _addresses(entry: Mapping[str, Any]) -> list[object]:
    ipv6 = entry.get("Ipv6Addresses") or ()
    return [entry.get("PrivateIpAddress"), *(one.get("Ipv6Address") for one in ipv6)]


def _keeping_out(seen: Seen, endpoint_id: str | None) -> tuple[str, ...]:
    """Quote what the policy of an endpoint asks of a caller and the function has not."""
    arn = str(seen.function.get("FunctionArn") or seen.function.get("Role") or "").split(":")
    caller = {
        "aws:PrincipalAccount": arn[4] if len(arn) > 4 else None,
        "aws:SourceVpc": seen.vpc,
    }
    known = {key: value for key, value in caller.items() if value}
    entries = (e for e in seen.rows("VpcEndpoints") if e.get("VpcEndpointId") == endpoint_id)
    return tuple(said for entry in entries for said in policies.unmet(entry, known))


def _identity_policy(seen: Seen) -> Iterator[Match]:
    return _denials(seen, "identity-policy-denies")


def _explicit_deny(seen: Seen) -> Iterator[Match]:
    """Find denials by name, and say what a condition about the network can have met.

    Whether a call comes through an endpoint decides which keys it carries: only without one does it
    have a public address, and only with one the endpoint's id.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    for match in _denials(seen, "explicit-deny"):
        (o,) = (one for one in seen.failing if one.label in match.explains)
        yield replace(match, because=(*match.because, *_came_by(seen, o)))


def _came_by(seen: Seen, o: Observation) -> Iterator[str]:
    endpoint = _endpoint_on_the_way(seen, o)
    if endpoint or (o.address and not kinds.is_public(o)):
        yield (
            f"The call came through {endpoint or 'a VPC endpoint'}, so it has no public address: a"
            " statement that denies all but known ones (aws:SourceIp) denies it. The keys of such"
            " calls are aws:VpcSourceIp, aws:SourceVpc and aws:SourceVpce."
        )
    elif seen.is_settled(o.label):
        yield (
            "The call did not come through a VPC endpoint: a statement that denies all but calls"
            " through one (aws:SourceVpc, aws:SourceVpce) denies it."
        )


def _credentials(seen: Seen) -> Iterator[Match]:
    return _denials(seen, "credentials-invalid")


_GLOBAL = "the global endpoint"


def _region(seen: Seen) -> Iterator[Match]:
    """Find services that say so, and silent hosts of another Region."""
    yield from _denials(seen, "wrong-region")
    for o in seen.failing:
        elsewhere = other_region(seen, o)
        if elsewhere and seen.symptom(o) in SILENCE:
            sentence = f"{o.host} belongs to {elsewhere}; the function runs in {seen.region}."
            passed_by = _endpoint_here(seen, o)
            proof = Proof.CONFIGURATION if passed_by else Proof.FIT
            served = f"{passed_by} serves {seen.region} and is not used for this name."
            note = (served,) if passed_by else ()
            # What passes here by an endpoint alone has no such way to another Region.
            # A name without a Region is such a call by itself.
            sure = elsewhere == _GLOBAL or _passes_here(seen, o, elsewhere)
            weight = 0.97 if sure else 0.85
            yield Match((o.label,), proof, o.host, (sentence, *note), weight)


def other_region(seen: Seen, o: Observation) -> str | None:
    """Return what an AWS host's name says, if that is not the function's own Region."""
    if seen.region is None or not kinds.is_aws(o) or o.host is None:
        return None
    found = _HOST_REGION.search(o.host)
    if found is None:
        return _GLOBAL if o.host.count(".") == 2 else None
    return found[1] if found[1] != seen.region else None


def _passes_here(seen: Seen, o: Observation, elsewhere: str) -> bool:
    """Whether the same service is reached in the function's own Region, as at an endpoint."""
    host = (o.host or "").replace(elsewhere, seen.region or "")
    return any(
        other.host == host and (kinds.is_private(other) or kinds.has_gateway(other))
        for other in seen.passing
    )


def _endpoint_here(seen: Seen, o: Observation) -> str | None:
    """Return the VPC's endpoint for the same service in the function's own Region."""
    service = (o.host or "").partition(".")[0]
    names = (f"com.amazonaws.{seen.region}.{service}", f"cn.com.amazonaws.{seen.region}.{service}")
    for entry in seen.rows("VpcEndpoints"):
        if entry.get("ServiceName") in names and entry.get("VpcId") == seen.vpc:
            return str(entry.get("VpcEndpointId"))
    return None


CAUSES = (
    Cause(
        code="identity-policy-denies",
        layer="identity",
        title="The network works; the function's role is not allowed to make this call",
        happens="The service was reached and answered that the caller may not do this.",
        reason="Without a policy that allows the action, IAM denies it. An answer of the service"
        " proves that routes, groups and network ACLs let the traffic through both ways.",
        remedy="Allow the action in a policy of the function's execution role.",
        source=f"{_IAM}/troubleshoot_access-denied.html",
        symptoms=DENIAL,
        confirm="aws iam simulate-principal-policy --policy-source-arn {role}"
        " --action-names ACTION",
        rule=_identity_policy,
    ),
    Cause(
        code="explicit-deny",
        layer="identity",
        title="The network works; a policy denies this call explicitly",
        happens="The service was reached and answered that a policy denies the call by name: a"
        " service control policy, a permissions boundary, a resource's or the role's own policy.",
        reason="An explicit deny wins over every allow. The words of the answer name the kind of"
        " policy that it stands in.",
        remedy="Find the deny statement in the kind of policy that the answer names; allowing the"
        " action elsewhere does not help.",
        source=f"{_IAM}/reference_policies_evaluation-logic.html",
        symptoms=DENIAL,
        confirm="aws iam simulate-principal-policy --policy-source-arn {role}"
        " --action-names ACTION",
        rule=_explicit_deny,
    ),
    Cause(
        code="wrong-region",
        layer="identity",
        title="The call goes to another Region, or to a global endpoint",
        happens="The service's host belongs to another Region than the function: it answers that"
        " the Region is wrong, or, without a route to the internet, times out.",
        reason="Signatures are made for one Region, and VPC endpoints serve the service of their"
        " own Region only; a global host name goes past them.",
        remedy="Set the client's Region and use the Regional endpoint (for STS:"
        " AWS_STS_REGIONAL_ENDPOINTS=regional). What lives in the other Region, such as a bucket"
        " there, needs a way out to the internet, by a NAT gateway, or a copy in this Region:"
        " a gateway endpoint holds the addresses of its own Region only.",
        source="https://docs.aws.amazon.com/general/latest/gr/rande.html",
        symptoms=DENIAL | SILENCE,
        confirm="aws ec2 describe-vpc-endpoints --filters Name=vpc-id,Values={vpc_id}"
        " --query 'VpcEndpoints[].ServiceName'",
        rule=_region,
    ),
    Cause(
        code="credentials-invalid",
        layer="identity",
        title="The network works; the service does not accept the caller's credentials",
        happens="The service was reached and answered that the key, the token or the signature is"
        " not valid or has expired.",
        reason="A request is signed with temporary credentials of the role; expired ones, ones of"
        " another partition or a wrong clock make the signature invalid.",
        remedy="Use the credentials that Lambda gives the function, and no fixed keys in its"
        " environment.",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html",
        symptoms=DENIAL,
        confirm="aws sts get-caller-identity",
        rule=_credentials,
    ),
)
