"""Every cause that the program knows, by its code, in the order in which a packet would meet it.

An explicit tuple, not discovery: its order is the order of the README's table, and of findings that
are otherwise equal.
"""

from __future__ import annotations

from probe.causes import (
    balancers,
    disagreement,
    dns,
    endpoints,
    filters,
    identity,
    nat,
    placement,
    quality,
    resolvers,
    routes,
    target,
    tls,
    transit,
)
from probe.causes.cause import Cause, Match, Proof, catalogue

CATALOGUE = catalogue(
    placement.CAUSES,
    dns.CAUSES,
    resolvers.CAUSES,
    filters.CAUSES,
    routes.CAUSES,
    nat.CAUSES,
    transit.CAUSES,
    endpoints.CAUSES,
    balancers.CAUSES,
    identity.CAUSES,
    target.CAUSES,
    tls.CAUSES,
    quality.CAUSES,
    disagreement.CAUSES,
)

__all__ = ["CATALOGUE", "Cause", "Match", "Proof"]
