"""Rules for what the far end said, or would say to everybody: refusals, errors, certificates.

An answer is proof of the way to whoever gave it. Each rule looks at one observation at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from probe.causes import identity, kinds, resources
from probe.causes.cause import (
    CUT_OFF,
    DENIAL,
    REFUSAL,
    SILENCE,
    Match,
    Proof,
    at,
)
from probe.causes.losses import by_address
from probe.connection.recognise import UNTOLD
from probe.model import Failure, Observation, Stage, Status

if TYPE_CHECKING:
    from probe.causes.cause import Rule
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
# As OpenSSL writes them.
_ALERTS = {
    "UNRECOGNIZED_NAME": "The server does not know the host name that it was asked for. Ask its"
    " owner which name it serves, or mend the record that leads this one to it.",
    "PROTOCOL_VERSION": "Let the client speak the versions of TLS that the server takes.",
    "CERTIFICATE_REQUIRED": "The server wants a certificate of the client: give the function the"
    " one that it knows.",
}
_AWS_AUTHORITIES = ("amazon", "starfield", "digicert")


def _for_each(
    symptoms: frozenset[tuple[Stage, Failure]], say: Callable[[Seen, Observation], str | None]
) -> Rule:
    """Make a rule of one sentence: which observation it is about, and what was seen of it."""

    def rule(seen: Seen) -> Iterator[Match]:
        for o in seen.failing:
            if seen.symptom(o) in symptoms and (sentence := say(seen, o)) is not None:
                words = (*((sentence,) if sentence else ()), *seen.beside(o))
                yield Match((o.label,), Proof.PACKETS, o.host or o.address, words)

    return rule


def _later(*failures: Failure) -> frozenset[tuple[Stage, Failure]]:
    return at(Stage.TLS, *failures) | at(Stage.EXCHANGE, *failures)


_NO_WAY = at(Stage.CONNECT, Failure.UNREACHABLE)
_UNTRUSTED = _later(Failure.TLS_UNTRUSTED)
_OTHER_ANSWER = _later(Failure.NOT_TLS, Failure.UNEXPECTED_ANSWER)


def _quoted(seen: Seen, o: Observation) -> str:
    """Quote what the other side said; what the check made of it stands without quotes."""
    said = [str(part) for key in ("error_code", "message") if (part := seen.detail(o, key))]
    if said:
        return f'The answer was: "{": ".join(said)}"'
    remark, looks = str(seen.detail(o, "error") or ""), seen.detail(o, "looks_like")
    told = not looks or looks in UNTOLD or looks in remark
    words = "" if told else f"; what it says looks like {looks}"
    return f"{o.label}: {remark}{words}." if remark else ""


def _certificate(seen: Seen, o: Observation) -> Mapping[str, Any]:
    found = seen.detail(o, "certificate")
    return found if isinstance(found, Mapping) else {}


def _certificate_of(seen: Seen, o: Observation) -> str:
    found = _certificate(seen, o)
    if not found:
        return ""
    dates = f"{found.get('not_before')} to {found.get('not_after')}"
    listed = found.get("names")
    names = ", ".join(map(str, listed if isinstance(listed, list | tuple) else ())) or "no host"
    return (
        f"The certificate is for {names} (subject {found.get('subject')}), valid {dates},"
        f" issued by {found.get('issuer')}."
    )


def _is_stranger(seen: Seen, o: Observation) -> bool:
    """Tell whether the issuer has no part in this host: AWS's own hosts, or a better control."""
    issuer = str(_certificate(seen, o).get("issuer") or "").lower()
    if kinds.is_aws(o):
        return not any(name in issuer for name in _AWS_AUTHORITIES)
    if seen.fails_everywhere(o):
        return False  # who shows it to everybody does not stand in this VPC's way
    return kinds.is_public(o) and (seen.passes_elsewhere(o) or _shared(seen, o, issuer))


def _shared(seen: Seen, o: Observation, issuer: str) -> bool:
    """Tell whether another public host shows the same untrusted issuer: one proxy for both."""
    return bool(issuer) and any(
        other.host != o.host
        and kinds.is_public(other)
        and str(_certificate(seen, other).get("issuer") or "").lower() == issuer
        for other in seen.failing
        if other.failure is Failure.TLS_UNTRUSTED
    )


def intercepted(seen: Seen) -> Iterator[Match]:
    """Find certificates of a stranger: one cause for all that one device has signed anew.

    The device is the firewall that the walk leads through, and else the authority it signs with.
    """
    found: dict[tuple[str, ...], list[Observation]] = {}
    for o in seen.failing:
        if seen.symptom(o) in _UNTRUSTED and _is_stranger(seen, o):
            issuer = str(_certificate(seen, o).get("issuer") or "")
            found.setdefault((issuer, *seen.hops(o, "firewall")), []).append(o)
    for (issuer, *firewalls), signed in found.items():
        first, *others = signed
        words = [_certificate_of(seen, first)]
        words += [f"{', '.join(o.label for o in others)}: the same issuer."] if others else []
        words += [f"The way leads through {', '.join(firewalls)}."] if firewalls else []
        words += seen.beside(first)
        component = (firewalls or [issuer])[0] or first.host or first.address
        labels = tuple(o.label for o in signed)
        yield Match(labels, Proof.PACKETS, component, tuple(filter(None, words)))


def _untrusted(seen: Seen, o: Observation) -> str | None:
    return None if _is_stranger(seen, o) else _certificate_of(seen, o)


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
    return _quoted(seen, o) if identity.verdict(seen.words(o)) is None else None


service_error = _for_each(DENIAL, _neither_denied_nor_astray)
busy = _for_each(_later(Failure.SERVER_BUSY), _quoted)
blocked = _for_each(_later(Failure.CLIENT_BLOCKED), _quoted)
untrusted = _for_each(_UNTRUSTED, _untrusted)
expired = _for_each(_later(Failure.TLS_EXPIRED), _certificate_of)
wrong_host = _for_each(_later(Failure.TLS_WRONG_HOST), _certificate_of)


def handshake_refused(seen: Seen) -> Iterator[Match]:
    """Find handshakes that ended with an alert; some alerts say what is to be done.

    https://www.iana.org/assignments/tls-parameters/tls-parameters.xhtml#tls-parameters-6
    """
    for o in seen.failing:
        if seen.symptom(o) in _later(Failure.TLS_FAILED):
            said = str(seen.detail(o, "error") or "").upper()
            remedy = next((text for alert, text in _ALERTS.items() if alert in said), None)
            words = (*filter(None, (_quoted(seen, o),)), *seen.beside(o))
            component = o.host or o.address
            yield Match((o.label,), Proof.PACKETS, component, words, remedy=remedy)


def not_the_protocol(seen: Seen) -> Iterator[Match]:
    """Find answers in another protocol, and servers that may be waiting for another greeting."""
    for o in seen.failing:
        if seen.symptom(o) in _OTHER_ANSWER:
            engine = resources.other_engine(seen, o)
            proof = Proof.CONFIGURATION if engine else Proof.PACKETS
            words = (*filter(None, (_quoted(seen, o), engine)), *seen.beside(o))
            yield Match((o.label,), proof, o.host or o.address, words)
    other = tuple(resources.other_encryption(seen))
    yield from other
    told = {label for match in other for label in match.explains}
    for o in seen.failing:
        if o.label in told:
            continue  # what was read of the cache says so already
        # Redis, for one, waits for the end of a line, which a TLS greeting need not have.
        waits = seen.symptom(o) == (Stage.TLS, Failure.TIMEOUT) and not kinds.is_aws(o)
        if waits and not seen.fails_everywhere(o) and not _speaks_tls(seen, o):
            sentence = f"{o.label}: a server of plain text may wait for the rest of the greeting."
            weight = 0.9 if kinds.is_cut_within(o) else 0.4
            yield Match((o.label,), Proof.FIT, o.host or o.address, (sentence,), weight)


def _speaks_tls(seen: Seen, o: Observation) -> bool:
    """Tell whether the server offered TLS before it fell silent, or took part in it once."""
    passed = {a.address for a in o.attempts if a.status is Status.PASS}
    return bool(seen.detail(o, "tls_offered")) or o.address in passed


def http_error(seen: Seen) -> Iterator[Match]:
    """Find answers with a status that was not hoped for; a load balancer's word has a reason."""
    for o in seen.failing:
        if seen.symptom(o) in _later(Failure.HTTP_STATUS):
            status = seen.detail(o, "http_status")
            reason = _OF_A_BALANCER.get(status) if kinds.is_balancer(o) else None
            said = f"The answer's status is {status}." if status else _quoted(seen, o)
            means = f"A load balancer answers so where {reason}." if reason else ""
            # Until its targets were read, they are the likelier reason: this restates the answer.
            unread = reason and not seen.is_settled(o.label)
            proof = Proof.FIT if unread else Proof.PACKETS
            words = (*filter(None, (said, means)), *seen.beside(o))
            yield Match((o.label,), proof, o.host or o.address, words, weight=0.5)
