"""Causes in what stands at the other end of an open connection: certificates and protocols.

Records only; their rules stand in `handshakes`. Whoever presents a certificate was reached.
"""

from __future__ import annotations

from probe.causes import handshakes
from probe.causes.answers import later
from probe.causes.cause import Cause
from probe.model import Failure

_RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide"


CAUSES = (
    Cause(
        code="tls-intercepted",
        layer="target",
        title="Something between the function and the target presents a certificate of its own",
        happens="The certificate comes from an authority that has no part in this host: a proxy or"
        " firewall opens the connection and signs it anew.",
        reason="A firewall that inspects TLS ends the connection and shows a certificate signed by"
        " its own authority, which the client does not know.",
        remedy="Add the inspecting authority to the function's trusted certificates, or except the"
        " host from inspection.",
        source="https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_TLSInspectionConfiguration.html",
        symptoms=later(Failure.TLS_UNTRUSTED),
        rule=handshakes.intercepted,
    ),
    Cause(
        code="tls-untrusted",
        layer="target",
        title="The target's certificate comes from an authority that the function does not trust",
        happens="The network works and the target answered; its certificate is self-signed, or of a"
        " private authority.",
        reason="A client trusts only the authorities in its own store. Certificates of RDS come"
        " from Amazon RDS authorities, which are in no public store.",
        remedy="Give the client the certificate of a private authority (for RDS the global bundle)."
        " The owner of a public host has to send the certificates between its own and a public"
        " authority's as well.",
        source=f"{_RDS}/UsingWithRDS.SSL.html",
        symptoms=later(Failure.TLS_UNTRUSTED),
        rule=handshakes.untrusted,
    ),
    Cause(
        code="tls-expired",
        layer="target",
        title="The target's certificate has expired or is not valid yet",
        happens="The network works and the target answered with a certificate that is out of date.",
        reason="A certificate is valid between two dates.",
        remedy="Renew the certificate at the target.",
        source="https://docs.aws.amazon.com/acm/latest/userguide/troubleshooting-renewal.html",
        symptoms=later(Failure.TLS_EXPIRED),
        rule=handshakes.expired,
    ),
    Cause(
        code="tls-wrong-host",
        layer="target",
        title="The target's certificate is for another name",
        happens="The network works and the target answered with a certificate that does not name"
        " the host that was asked for.",
        reason="A certificate names the hosts that it is for; an address, an alias or a name of"
        " one's own in front of the host is not among them.",
        remedy="Connect by a name that is in the certificate, or add this one to it.",
        source=f"{_RDS}/UsingWithRDS.SSL.html",
        symptoms=later(Failure.TLS_WRONG_HOST),
        rule=handshakes.wrong_host,
    ),
    Cause(
        code="tls-handshake-refused",
        layer="target",
        title="The target ended the TLS handshake with an alert",
        happens="The network works; client and target found no common version or cipher, or the"
        " target wants a client certificate.",
        reason="Both sides must agree on a TLS version and cipher; AWS services take TLS 1.2 and"
        " newer only.",
        remedy="Compare the TLS versions, ciphers and client certificates that the target asks"
        " for.",
        source="https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/enforcing-tls.html",
        symptoms=later(Failure.TLS_FAILED),
        rule=handshakes.handshake_refused,
    ),
    Cause(
        code="unexpected-protocol",
        layer="target",
        title="What answers on this port does not speak the protocol that was expected",
        happens="The network works; the bytes that came back belong to something else.",
        reason="Every service has its own port and protocol: plain text on a TLS port, or another"
        " database engine, looks like this.",
        remedy="Check host, port and protocol, and whether this port wants TLS.",
        source=f"{_RDS}/CHAP_Troubleshooting.html",
        symptoms=later(Failure.NOT_TLS, Failure.UNEXPECTED_ANSWER),
        rule=handshakes.not_the_protocol,
        restates=True,
    ),
)
