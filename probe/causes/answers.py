"""Rules for what the far end said, or would say to everybody: refusals and errors.

An answer is proof of the way to whoever gave it. Each rule looks at one observation at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.causes import identity, kinds
from probe.causes.cause import (
    CUT_OFF,
    DENIAL,
    REFUSAL,
    SILENCE,
    Match,
    Proof,
    at,
)
from probe.causes.losses import admitted_here, by_address
from probe.connection.recognise import UNTOLD
from probe.model import Failure, Observation, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probe.causes.cause import Rule, Symptoms
    from probe.causes.seen import Seen

_LISTED = (401, 403, 407, 429, 451)  # what servers say to callers they do not know
# What an Application Load Balancer says in its own name.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
_OF_A_BALANCER = {
    502: "its target refused or ended the connection, or gave no proper answer",
    503: "it has no target registered, or none that is in use",
    504: "its target did not take the connection, or did not answer, in time",
}
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
_FIXED_ADDRESS = (
    "A function outside every VPC comes from addresses of AWS's, which change. Attach it to private"
    " subnets whose route leads to a NAT gateway, and give the target's owner that gateway's"
    " Elastic IP address for their allow-list."
)
_NEITHER = (
    "A target that admits known addresses only would look so if it knew neither the address that"
    " these calls come from nor the one that the control was sent from."
)


def for_each(symptoms: Symptoms, say: Callable[[Seen, Observation], str | None]) -> Rule:
    """Make a rule of one sentence: which observation it is about, and what was seen of it."""

    def rule(seen: Seen) -> Iterator[Match]:
        for o in seen.failing:
            if seen.symptom(o) in symptoms and (sentence := say(seen, o)) is not None:
                words = (*((sentence,) if sentence else ()), *seen.beside(o))
                yield Match((o.label,), Proof.PACKETS, o.host or o.address, words)

    return rule


def later(*failures: Failure) -> Symptoms:
    """Return symptoms of a handshake, whether it came first or after a protocol's own greeting."""
    return at(Stage.TLS, *failures) | at(Stage.EXCHANGE, *failures)


_NO_WAY = at(Stage.CONNECT, Failure.UNREACHABLE)


def quoted(seen: Seen, o: Observation) -> str:
    """Quote what the other side said; what the check made of it stands without quotes."""
    said = [str(part) for key in ("error_code", "message") if (part := seen.detail(o, key))]
    if said:
        return f'The answer was: "{": ".join(said)}"'
    remark, looks = str(seen.detail(o, "error") or ""), seen.detail(o, "looks_like")
    told = not looks or looks in UNTOLD or looks in remark
    words = "" if told else f"; what it says looks like {looks}"
    return f"{o.label}: {remark}{words}." if remark else ""


def down_for_everyone(seen: Seen) -> Iterator[Match]:
    """Find what fails here and elsewhere in the same way, before anybody had answered a request.

    A connection that dies after it opened was answered: that is the host. Silence is not.
    """
    for o in seen.failing:
        if seen.symptom(o) in SILENCE | CUT_OFF and seen.is_down(o):
            proof = Proof.FIT if seen.is_kept_out(o) else Proof.PACKETS
            yield Match((o.label,), proof, o.host or o.address, seen.beside(o), weight=0.95)


def perhaps_ours(seen: Seen) -> Iterator[Match]:
    """Find silent public addresses that may be our own interfaces', when those were not read."""
    for o in seen.failing:
        asked = kinds.is_public(o) and not kinds.is_aws(o)
        if asked and seen.is_kept_out(o) and "NetworkInterfaces" not in seen.facts:
            sentence = (
                f"{o.address} may be an address of this account's own, whose group admits neither"
                " the function nor the control: no network interfaces were read."
            )
            others = ("security-group-reference-lost",)
            yield Match(
                (o.label,), Proof.FIT, o.address, (sentence,), weight=0.4, same_symptom=others
            )


def not_on_the_list(seen: Seen) -> Iterator[Match]:
    """Find hosts that keep us out from here, and work from elsewhere or admit neither."""
    for o in seen.failing:
        kept_out = seen.symptom(o) in SILENCE | REFUSAL | CUT_OFF or (
            o.failure is Failure.HTTP_STATUS and seen.detail(o, "http_status") in _LISTED
        )
        asked = kinds.is_public(o) and not kinds.is_aws(o)  # AWS asks who calls, not from where
        if not (kept_out and asked and _way_out(seen, o)):
            continue
        remedy = _FIXED_ADDRESS if seen.in_vpc is False else None
        if seen.passes_elsewhere(o):
            # Where nobody was reached on this port, a rule of ours about ports is likelier.
            weight = 0.7 if _way_out(seen, o, o.port) else 0.55
            yield Match((o.label,), Proof.FIT, o.host, seen.beside(o), weight, remedy)
        elif admitted := admitted_here(seen, o):
            sentence = f"{', '.join(admitted)} answers here and not elsewhere: it chooses callers."
            yield Match((o.label,), Proof.FIT, o.host, (sentence,), 0.9, remedy)
        elif seen.is_kept_out(o):
            yield Match((o.label,), Proof.FIT, o.host, (_NEITHER,), 0.5, remedy)
        elif seen.in_vpc is False and seen.control_of(o) is None and seen.symptom(o) in SILENCE:
            yield Match((o.label,), Proof.FIT, o.host, (), 0.5, remedy)


def _way_out(seen: Seen, o: Observation, port: int | None = None) -> bool:
    """Tell whether the way to the internet is open: walked, or used by another check.

    IPv6 has a way of its own: what passes over IPv4 says nothing of it. `port`: asks for that one.
    """
    return seen.is_open(o.label) or any(
        kinds.is_public(other)
        and not kinds.has_gateway(other)
        and kinds.is_ipv6(other) == kinds.is_ipv6(o)
        and port in (None, other.port)
        for other in seen.passing
    )


def told_no_way(seen: Seen) -> Iterator[Match]:
    """Find addresses of which an ICMP message says that there is no way to them.

    What the own kernel sends to no family of addresses at all was not tried, and has not failed.
    """
    for o in seen.failing:
        lost, tried = seen.tally(o, _NO_WAY)
        if lost == tried > 0:
            yield Match((o.label,), Proof.PACKETS, o.host or o.address, seen.beside(o))


def refused(seen: Seen) -> Iterator[Match]:
    """Find refusals; one that only we meet is no word of a host on which nothing listens.

    One address that refuses beside others that do not is a matter of that address alone.
    """
    for o in seen.failing:
        if seen.symptom(o) in REFUSAL and not by_address(o)[1]:
            proof = Proof.FIT if seen.passes_elsewhere(o) else Proof.PACKETS
            group = next(iter(seen.hops(o, "target-group")), None)
            words = (*_passed_on(o, group), *seen.beside(o))
            yield Match((o.label,), proof, group or o.host or o.address, words, weight=0.2)


def _passed_on(o: Observation, group: str | None) -> Iterator[str]:
    """Say who refuses where a load balancer stands between.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html
    """
    if group is not None:
        yield f"The load balancer passes port {o.port} on to {group}: a target there refuses."
    elif kinds.is_balancer(o):
        yield (
            "A Network Load Balancer passes on its target's refusal; an Application Load Balancer"
            " would answer 502 then, and refuses at most where it has no listener."
        )


def _neither_denied_nor_astray(seen: Seen, o: Observation) -> str | None:
    """Quote an error that none of the causes of a denial knows by its words."""
    return quoted(seen, o) if identity.verdict(seen.words(o)) is None else None


service_error = for_each(DENIAL, _neither_denied_nor_astray)
busy = for_each(later(Failure.SERVER_BUSY), quoted)
blocked = for_each(later(Failure.CLIENT_BLOCKED), quoted)


def http_error(seen: Seen) -> Iterator[Match]:
    """Find answers with a status that was not hoped for; a load balancer's word has a reason."""
    for o in seen.failing:
        if seen.symptom(o) in later(Failure.HTTP_STATUS):
            status = seen.detail(o, "http_status")
            reason = _OF_A_BALANCER.get(status) if kinds.is_balancer(o) else None
            said = f"The answer's status is {status}." if status else quoted(seen, o)
            means = f"A load balancer answers so where {reason}." if reason else ""
            # Until its targets were read, they are the likelier reason: this restates the answer.
            unread = reason and not seen.is_settled(o.label)
            proof = Proof.FIT if unread else Proof.PACKETS
            words = (*filter(None, (said, means)), *seen.beside(o))
            yield Match((o.label,), proof, o.host or o.address, words, weight=0.5)
