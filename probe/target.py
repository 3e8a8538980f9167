"""What a check is: where to go, and what to say there. Values only.

`probe.settings` makes targets out of an event, `probe.runner` goes to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from probe.connection.link import Link
    from probe.connection.proxy import Proxy
    from probe.connection.tls import Trust
    from probe.reading import Fields

Exchange = Callable[["Link"], None]


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to check."""

    check: str
    label: str  # as shown to people: no user info, no query
    host: str  # the name or address of the target itself, also behind a proxy
    port: int | None  # None: the name is resolved, and nothing is dialled
    # Talks on the connected link; returns when satisfied, raises what went wrong.
    exchange: Exchange | None = field(default=None, repr=False)
    tls: Trust | None = None  # None: the exchange begins on the bare connection
    proxy: Proxy | None = None
    # A database: never two connections at a time, and none that could not be ended politely.
    gentle: bool = False
    # What the request carries and no report may: a server may say it again.
    secrets: tuple[str, ...] = field(default=(), repr=False)
    impossible: str | None = None  # why it cannot be attempted at all, in one sentence
    service: str | None = None  # AWS service, where the target is one
    facts: Mapping[str, Any] = field(default_factory=dict)  # known before any packet was sent

    @property
    def dialled(self) -> tuple[str, int | None]:
        """Where the packets go: the proxy, or the target."""
        return (self.proxy.host, self.proxy.port) if self.proxy else (self.host, self.port)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a check may know besides its own part of the event."""

    region: str | None
    environment: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of target: one line of `probe.checks.CHECKS`."""

    name: str
    keys: tuple[str, ...]  # accepted in the event beside "check"
    parse: Callable[[Fields, Surroundings], Target]
    proves: str  # what a pass means, in one clause
    actions: tuple[str, ...] = ()  # IAM actions that it can use, and works without
