"""Rule for API Gateway: whose calls an endpoint for private APIs has taken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probe.causes import kinds
from probe.causes.cause import Match, Proof
from probe.model import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.causes.seen import Seen
    from probe.model import Observation

# The invoke URL of an API; one that names its endpoint, abc-vpce-0123, is meant to go there.
_API = re.compile(r"[a-z0-9]+\.execute-api\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|api\.aws)")


def public_api(seen: Seen) -> Iterator[Match]:
    """Find APIs that an endpoint for private ones answers for, and refuses.

    It answers so to who lacks an API key as well: that the API is public, the control tells.
    """
    for o in seen.failing:
        forbidden = o.failure is Failure.HTTP_STATUS and seen.detail(o, "http_status") == 403
        if not (forbidden and kinds.is_private(o) and _API.fullmatch(o.host or "")):
            continue
        endpoint = _endpoint_with(seen, o)
        public = _answers_elsewhere(seen, o)
        proof = Proof.CONFIGURATION if endpoint and public else Proof.FIT
        taken = f"{endpoint} has {o.address}, and private DNS for every name of this kind."
        words = (*((taken,) if endpoint else ()), *seen.beside(o))
        weight = 0.9 if public else 0.7 if endpoint else 0.5
        yield Match((o.label,), proof, endpoint or o.host, words, weight)


def _answers_elsewhere(seen: Seen, o: Observation) -> bool:
    """Tell whether the control was let in, whatever the API made of its request."""
    control = seen.control_of(o)
    status = seen.detail(control, "http_status") if control else None
    return seen.passes_elsewhere(o) or status not in (None, 403)


def _endpoint_with(seen: Seen, o: Observation) -> str | None:
    """Return the VPC's endpoint for API Gateway with private DNS that has the address."""
    interfaces = {
        entry.get("NetworkInterfaceId")
        for entry in seen.rows("NetworkInterfaces")
        if entry.get("PrivateIpAddress") == o.address
    }
    for entry in seen.rows("VpcEndpoints"):
        ours = entry.get("VpcId") == seen.vpc and entry.get("PrivateDnsEnabled") is True
        serves = str(entry.get("ServiceName")).endswith(".execute-api")
        if ours and serves and interfaces.intersection(entry.get("NetworkInterfaceIds") or ()):
            return str(entry.get("VpcEndpointId"))
    return None
