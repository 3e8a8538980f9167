"""Calls that go to the wrong place: what closes the way there is no cause, and need not be opened.

Once the call goes to the right place its packets take another way, or another port; whether that
one is closed too, the fix is checked for, and the next diagnosis says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from probe.causes import CATALOGUE, kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from probe.causes.seen import Seen


class Named(Protocol):
    """A cause that was named, and the observations that it accounts for."""

    @property
    def code(self) -> str: ...  # noqa: D102
    @property
    def explains(self) -> tuple[str, ...]: ...  # noqa: D102


_WAYS_OUT = frozenset(
    cause.code
    for cause in CATALOGUE.values()
    if not {"way-out-route", "way-out-gateway", "way-out-nat"}.isdisjoint(cause.families)
)
# Rules that name a port: for the one that nobody listens on they are rightly closed. Answers come
# back to ports of the function's own, whatever the port that was asked, so their rules stay.
# https://docs.aws.amazon.com/vpc/latest/userguide/nacl-ephemeral-ports.html
_PORTS = frozenset(
    {
        "own-security-group-blocks",
        "target-security-group-blocks",
        "security-group-reference-lost",
        "nacl-blocks-request",
        "firewall-rule-blocks",
    }
)
# A database that has a private way is rightly closed to the addresses of NAT gateways: admitting
# one would send its traffic over the internet, at the price of both.
_TO_THE_PUBLIC_ADDRESS = _WAYS_OUT | _PORTS | {"nacl-blocks-return", "nacl-narrows-return-ports"}

# What a call to the wrong place is called -> what closes the way there.
DETOURS: Mapping[str, frozenset[str]] = {
    "wrong-region": _WAYS_OUT,
    "wrong-port": _PORTS,
    "public-answer-for-private-target": _TO_THE_PUBLIC_ADDRESS,
    "peering-dns-resolution-off": _TO_THE_PUBLIC_ADDRESS,
}


def detours(proven: Iterable[Named]) -> frozenset[tuple[str, str]]:
    """Return the causes that are none, each with the observation of which it is not the cause."""
    return frozenset(
        (code, label)
        for one in proven
        for code in DETOURS.get(one.code, ())
        for label in one.explains
    )


def perhaps_detours(seen: Seen) -> frozenset[tuple[str, str]]:
    """Return the same where nobody read whether a database has a private address as well."""
    if seen.evidence.facts.keys() >= {"DBInstances", "DBClusters"}:
        return frozenset()
    public = (o for o in seen.failing if kinds.is_database(o) and kinds.is_public(o))
    return frozenset((code, o.label) for o in public for code in _TO_THE_PUBLIC_ADDRESS)
