"""The proxy that the environment names, as requests and botocore would take it.

Reads variables and speaks CONNECT on a link; decides nothing about targets. What the user's code
does with `HTTPS_PROXY` and `NO_PROXY` is what the probe must do, or it measures another way.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from probe.failure import Failed
from probe.model import Failure
from probe.reading import SettingsError, is_host
from probe.words import secrets_among

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probe.connection.link import Link

_HEAD_LIMIT = 16 * 1024


@dataclass(frozen=True, slots=True)
class Proxy:
    """One HTTP proxy. The label is what a report may show: no user info."""

    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def label(self) -> str:
        """Name the proxy for people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def proxy_for(scheme: str, host: str, environment: Mapping[str, str]) -> Proxy | None:
    """Find the proxy for one target; None when it is to be reached directly."""
    settings = {
        name.lower().removesuffix("_proxy"): (name, value)
        # Lower case is read last and wins, as it does for curl, urllib and requests.
        for name, value in sorted(environment.items())
        if name.lower().endswith("_proxy") and value.strip()
    }
    name, url = settings.get(scheme) or settings.get("all") or ("", "")
    if not url or _bypassed(host, settings.get("no", ("", ""))[1]):
        return None
    return _parse(name, url.strip())


def _parse(name: str, url: str) -> Proxy:
    accepted = f"{name}: accepted is the URL of an HTTP proxy, like http://proxy.example:3128."
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port or 80
    except ValueError:
        raise SettingsError(accepted) from None
    # A proxy that is itself spoken to over TLS needs TLS within TLS, which ssl cannot do.
    if parts.scheme != "http" or not is_host(parts.hostname or ""):
        raise SettingsError(accepted)
    credentials = None
    secrets: tuple[str, ...] = ()
    if parts.username:
        user, password = unquote(parts.username), unquote(parts.password or "")
        token = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        credentials = f"Basic {token}"
        secrets = secrets_among((token, password, parts.password))
    return Proxy(str(parts.hostname), port, credentials, secrets)


def _bypassed(host: str, no_proxy: str) -> bool:
    """Match NO_PROXY: names and what is below them, addresses, CIDRs, `*`."""
    return any(
        _matches(host.lower(), item) for item in no_proxy.lower().replace(" ", "").split(",")
    )


def _matches(host: str, item: str) -> bool:
    if item == "*":
        return True
    try:
        return ip_address(host) in ip_network(item, strict=False)
    except ValueError:
        name = item.lstrip(".").partition(":")[0]
        return bool(name) and (host == name or host.endswith(f".{name}"))


def tunnel(link: Link, proxy: Proxy, host: str, port: int) -> None:
    """Ask the proxy for a way to the target: what follows on the link is the target's."""
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    link.send("\r\n".join([*lines, "", ""]).encode("ascii"))
    status = _status(link)
    if not 200 <= status < 300:
        link.facts["proxy_status"] = status
        raise Failed(Failure.HTTP_STATUS, f"the proxy answered {status} to CONNECT")


def _status(link: Link) -> int:
    """Read the head byte by byte: what comes after it belongs to the target."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        head += link.read(1)
        if len(head) > _HEAD_LIMIT:
            raise Failed(Failure.UNEXPECTED_ANSWER, "the proxy's answer has no end")
    words = bytes(head).split(b" ", 2)
    if not words[0].startswith(b"HTTP/1.") or not words[1:] or not words[1][:3].isdigit():
        raise Failed(Failure.UNEXPECTED_ANSWER, "the proxy's answer is not HTTP")
    return int(words[1][:3])
