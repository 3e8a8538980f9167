"""TLS contexts with the user's own trust settings, and what a handshake tells.

One context per bundle and process: reading a hundred authorities takes longer than most
handshakes. Opens no connection itself.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from functools import cache
from typing import Any

import certifi

from probe.connection import certificate
from probe.failure import Failed
from probe.model import Failure


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe: the first of these variables that is set, or else certifi's list."""

    variables: tuple[str, ...]

    def context(self) -> ssl.SSLContext:
        """Give the verifying context; shared, never changed."""
        for variable in self.variables:
            if path := os.environ.get(variable):
                return _verifying(path, variable)
        return _verifying(certifi.where(), "certifi")


# Each as the client does that the user's code would use.
# https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification
REQUESTS = Trust(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html
AWS = Trust(("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"))
# https://docs.python.org/3/library/ssl.html#ssl.SSLContext.set_default_verify_paths
STANDARD = Trust(("SSL_CERT_FILE",))


@cache
def _verifying(path: str, named_by: str) -> ssl.SSLContext:
    try:
        if os.path.isdir(path):  # noqa: PTH112 - pathlib costs a cold start more than it gives
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError):
        raise Failed(
            Failure.UNCLASSIFIED, f"the authorities that {named_by} names cannot be read"
        ) from None


@cache
def capturing() -> ssl.SSLContext:
    """Give a context that believes anybody, to learn who is there; no secret ever crosses it.

    Old versions and weak keys are accepted: they are what one wants to learn about.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def facts(sock: ssl.SSLSocket, *, verified: bool) -> dict[str, Any]:
    """Tell what the handshake agreed on and whom it met."""
    presented = certificate.read(sock.getpeercert(binary_form=True) or b"")
    found: dict[str, Any] = {"tls_version": sock.version()}
    if presented:
        found["certificate"] = {**presented.facts(), "verified": verified}
    return found
