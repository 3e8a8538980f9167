"""What kind of target an observation is of, as its address and its host name tell."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probe.model import Observation

# RFC 1918, RFC 6598 and RFC 4193. Not `is_private`, which counts documentation ranges as well.
_PRIVATE = tuple(
    ip_network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_AWS_CHECKS = frozenset({"aws", "dynamodb", "logs"})
_GATEWAY_SERVICES = ("dynamodb.", "s3.")
# Hosts of the customer's own resources, though AWS names them.
DATABASES, CACHES = ".rds.amazonaws.com", ".cache.amazonaws.com"
BALANCERS = ".elb.amazonaws.com"


def is_private(o: Observation) -> bool:
    """Whether the address that was tried is a private one."""
    return o.address is not None and private(o.address)


def is_public(o: Observation) -> bool:
    """Whether the address that was tried is a public one."""
    return o.address is not None and not private(o.address)


def is_aws(o: Observation) -> bool:
    """Whether the target is the API of an AWS service."""
    host = o.host or ""
    api = host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))
    return o.check in _AWS_CHECKS or (api and not host.endswith((DATABASES, CACHES, BALANCERS)))


def has_gateway(o: Observation) -> bool:
    """Whether the target is a service that has gateway endpoints."""
    host = o.host or ""
    return is_aws(o) and (o.check == "dynamodb" or host.startswith(_GATEWAY_SERVICES))


def is_private_service(o: Observation) -> bool:
    """Whether the target is one that commonly has a private address: a database, a cache."""
    host = o.host or ""
    return o.check in ("rds", "cache") or host.endswith((DATABASES, CACHES))


def is_balancer(o: Observation) -> bool:
    """Whether the target's name is that of an Elastic Load Balancer."""
    return (o.host or "").endswith(BALANCERS)


def private(address: str) -> bool:
    """Whether an address belongs to nobody on the internet; a malformed one does not."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return any(ip in block for block in _PRIVATE if ip.version == block.version)
