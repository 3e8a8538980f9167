"""What kind of target an observation is of, as its address and its host name tell."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from probe.model import Failure, Stage, Status

if TYPE_CHECKING:
    from probe.model import Observation

# RFC 1918, RFC 6598 and RFC 4193. Not `is_private`, which counts documentation ranges as well.
_PRIVATE = tuple(
    ip_network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_AWS_CHECKS = frozenset({"aws", "dynamodb", "logs"})
# AWS names the customer's own resources too, after the service: NAME[.REGION].elb[.REGION].
# amazonaws.com. The service's own API has its word first: rds.REGION.amazonaws.com.
_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
_DATABASES = frozenset({"rds", "docdb", "neptune", "redshift", "redshift-serverless"})
_CACHES = frozenset({"cache", "memorydb", "dax-clusters"})
_BALANCERS = frozenset({"elb"})
_MACHINES = frozenset({"compute", "compute-1", "efs", "es", "fsx", "kafka", "mq"})
_OWN = _DATABASES | _CACHES | _BALANCERS | _MACHINES
_GATEWAY_SERVICES = frozenset({"dynamodb", "s3"})
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/privatelink-streams.html
_WITHOUT_GATEWAY = frozenset({"streams"})


def is_private(o: Observation) -> bool:
    """Whether the address that was tried is a private one."""
    return o.address is not None and private(o.address)


def is_public(o: Observation) -> bool:
    """Whether the address that was tried is a public one."""
    return o.address is not None and not private(o.address)


def is_ipv6(o: Observation) -> bool:
    """Whether the address that was tried is one of IPv6, which has ways of its own."""
    return ":" in (o.address or "")


def is_aws(o: Observation) -> bool:
    """Whether the target is the API of an AWS service."""
    return o.check in _AWS_CHECKS or (_labels(o) != () and not _is_one_of(o, _OWN))


def has_gateway(o: Observation) -> bool:
    """Whether the target is a service that has gateway endpoints; a bucket is part of one."""
    labels = _labels(o)
    named = not _GATEWAY_SERVICES.isdisjoint(labels) and labels[0] not in _WITHOUT_GATEWAY
    return o.check == "dynamodb" or (is_aws(o) and named)


def wants_interface(o: Observation) -> bool:
    """Whether the target is a service that an interface endpoint would usually carry."""
    return is_aws(o) and not has_gateway(o)


def is_unheard(o: Observation) -> bool:
    """Whether nothing of the target itself was ever heard: no connection was made, or refused."""
    return o.stage is Stage.CONNECT and not any(a.status is Status.PASS for a in o.attempts)


def is_silent(o: Observation) -> bool:
    """Whether nothing at all came back, ever."""
    return is_unheard(o) and o.failure is Failure.TIMEOUT


def may_be_swallowed(o: Observation) -> bool:
    """Whether something on the way that is dead may be all there is to it: it says nothing.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/edit-target-group-attributes.html
    """
    return o.failure not in (Failure.REFUSED, Failure.RESET, Failure.CLOSED)


def is_passed_on(o: Observation) -> bool:
    """Whether no connection was made, by the last attempt at least, that a target has to open."""
    return o.stage is Stage.CONNECT and not opens_itself(o)


def may_be_behind(o: Observation) -> bool:
    """Whether this may come from behind a load balancer."""
    return o.stage is not Stage.CONNECT or not opens_itself(o)


def may_have_targets(o: Observation) -> bool:
    """Whether it may come from a load balancer's targets: 503 is its word for none.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
    """
    if not may_be_behind(o):
        return False
    said = (o.detail.get("http_status"), *(a.detail.get("http_status") for a in o.attempts))
    return 503 not in said


def is_private_service(o: Observation) -> bool:
    """Whether the target is one that commonly has a private address: a database, a cache."""
    return o.check in ("rds", "cache") or _is_one_of(o, _DATABASES | _CACHES)


def may_have_another_port(o: Observation) -> bool:
    """Whether the target may listen on another port: none of its addresses took this one."""
    return is_private_service(o) and not any(a.status is Status.PASS for a in o.attempts)


def may_be_instance(o: Observation) -> bool:
    """Whether the target may be an EC2 instance of one's own that was asked directly."""
    others = (is_private_service, is_aws, is_balancer)
    return is_private(o) and _is_silent_there(o) and not any(kind(o) for kind in others)


def is_cut_within(o: Observation) -> bool:
    """Whether a cache at a private address took the connection, and the first TLS went unheard.

    Encryption is a choice that is made with the cache, and clients are told of it by hand. Packets
    within a VPC are led past no firewall, unless by a route of one's own, and none is too large.
    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/in-transit-encryption.html
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/network_mtu.html
    """
    is_cache = o.check == "cache" or _is_one_of(o, _CACHES)
    silent = (o.stage, o.failure) == (Stage.TLS, Failure.TIMEOUT)
    return is_cache and silent and is_private(o)


def may_be_stopped(o: Observation) -> bool:
    """Whether the target is a database, which can be stopped; a cache cannot.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
    """
    return o.check == "rds" or _is_one_of(o, _DATABASES)


def may_be_unused(o: Observation) -> bool:
    """Whether nobody may have the address: no name of AWS's, which follows what it is for."""
    return _is_silent_there(o) and is_private(o) and _labels(o) == ()


def has_own_name(o: Observation) -> bool:
    """Whether it was asked by a name whose record somebody keeps: no address, no name of AWS's."""
    try:
        ip_address((o.host or "").strip("[]"))
    except ValueError:
        return bool(o.host) and _labels(o) == ()
    return False


def _is_silent_there(o: Observation) -> bool:
    """Whether nothing ever came back from this address, whatever others of the name do."""
    there = tuple(a for a in o.attempts if a.address == o.address)
    return is_silent(replace(o, attempts=there))


def may_be_an_endpoint(o: Observation) -> bool:
    """Whether an interface endpoint may have the address: AWS's service's, or somebody else's.

    https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-saas.html
    """
    return is_aws(o) or _labels(o) == ()


def may_have_private_dns(o: Observation) -> bool:
    """Whether an interface endpoint for the service can take over the service's usual name.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html
    """
    return not has_gateway(o) or "s3" in _labels(o)


def may_lack_an_endpoint(o: Observation) -> bool:
    """Whether the endpoint may have no interface here: a private answer is the address of one."""
    return not is_private(o)


def may_have_a_closed_endpoint(o: Observation) -> bool:
    """Whether the endpoint may not be available: until it is, no usual name leads to it.

    https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html
    """
    return not is_private(o) or "vpce" in _labels(o)


def is_database(o: Observation) -> bool:
    """Whether the target's name is one that RDS gives."""
    return _is_one_of(o, frozenset({"rds"}))


def is_balancer(o: Observation) -> bool:
    """Whether the target's name is that of an Elastic Load Balancer."""
    return _is_one_of(o, _BALANCERS)


def opens_itself(o: Observation) -> bool:
    """Whether it is an Application or a Classic Load Balancer, by the form of its name.

    They open connections themselves, whatever their targets do. NAME-ID.REGION.elb is the form of
    their names, and NAME-ID.elb.REGION that of a Network Load Balancer.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html
    """
    return is_balancer(o) and _labels(o)[-1] == "elb"


def _is_one_of(o: Observation, services: frozenset[str]) -> bool:
    return not services.isdisjoint(_labels(o)[1:])


def _labels(o: Observation) -> tuple[str, ...]:
    """Split what stands before AWS's own domain; empty for hosts of other people."""
    host = (o.host or "").lower().rstrip(".")
    domain = next((one for one in _DOMAINS if host.endswith(one)), None)
    return tuple(host.removesuffix(domain).split(".")) if domain else ()


def private(address: str) -> bool:
    """Whether an address belongs to nobody on the internet; a malformed one does not."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return any(ip in block for block in _PRIVATE if ip.version == block.version)
