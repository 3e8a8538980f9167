"""Rules for what comes of a handshake: certificates, alerts, and answers in another protocol.

Whoever presents a certificate, or says anything at all, was reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from probe.causes import kinds, resources
from probe.causes.answers import for_each, later, quoted
from probe.causes.cause import Match, Proof
from probe.model import Failure, Observation, Stage, Status

if TYPE_CHECKING:
    from probe.causes.seen import Seen

# As OpenSSL writes them.
_ALERTS = {
    "UNRECOGNIZED_NAME": "The server does not know the host name that it was asked for. Ask its"
    " owner which name it serves, or mend the record that leads this one to it.",
    "PROTOCOL_VERSION": "Let the client speak the versions of TLS that the server takes.",
    "CERTIFICATE_REQUIRED": "The server wants a certificate of the client: give the function the"
    " one that it knows.",
}
_AWS_AUTHORITIES = ("amazon", "starfield", "digicert")
_UNTRUSTED = later(Failure.TLS_UNTRUSTED)
_OTHER_ANSWER = later(Failure.NOT_TLS, Failure.UNEXPECTED_ANSWER)


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


untrusted = for_each(_UNTRUSTED, _untrusted)
expired = for_each(later(Failure.TLS_EXPIRED), _certificate_of)
wrong_host = for_each(later(Failure.TLS_WRONG_HOST), _certificate_of)


def handshake_refused(seen: Seen) -> Iterator[Match]:
    """Find handshakes that ended with an alert; some alerts say what is to be done.

    https://www.iana.org/assignments/tls-parameters/tls-parameters.xhtml#tls-parameters-6
    """
    for o in seen.failing:
        if seen.symptom(o) in later(Failure.TLS_FAILED):
            said = str(seen.detail(o, "error") or "").upper()
            remedy = next((text for alert, text in _ALERTS.items() if alert in said), None)
            words = (*filter(None, (quoted(seen, o),)), *seen.beside(o))
            component = o.host or o.address
            yield Match((o.label,), Proof.PACKETS, component, words, remedy=remedy)


def not_the_protocol(seen: Seen) -> Iterator[Match]:
    """Find answers in another protocol, and servers that may be waiting for another greeting."""
    for o in seen.failing:
        if seen.symptom(o) in _OTHER_ANSWER:
            engine = resources.other_engine(seen, o)
            proof = Proof.CONFIGURATION if engine else Proof.PACKETS
            words = (*filter(None, (quoted(seen, o), engine)), *seen.beside(o))
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
