"""Causes at the far end: the target, or what it makes of the connection. The network did its part.

Records only; their rules stand in `answers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.causes import answers, kinds, resources
from probe.causes.balancers import READ_HEALTH
from probe.causes.cause import CUT_OFF, DENIAL, NO_NAME, REFUSAL, SILENCE, Cause, at
from probe.model import Failure, Stage

if TYPE_CHECKING:
    from probe.causes.cause import Kind
    from probe.model import Observation

_RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide"
_CONNECTING = f"{_RDS}/CHAP_Troubleshooting.html"
_DATABASES = "rds:DescribeDBInstances"
_READ_DATABASE = (
    "aws rds describe-db-instances"
    " --query 'DBInstances[].[DBInstanceIdentifier,DBInstanceStatus,Endpoint]'"
)
_READ_CACHE = (
    "aws elasticache describe-cache-clusters --show-cache-node-info"
    " --query 'CacheClusters[].[CacheClusterId,CacheClusterStatus,CacheNodes[].Endpoint]'"
)
_READ_HOST = (
    "aws ec2 describe-network-interfaces"
    " --filters Name=addresses.private-ip-address,Values={address}"
    " --query 'NetworkInterfaces[].[Description,Status,Attachment.InstanceId]'"
)
# Public addresses of a VPC: of its NAT gateways and instances alike.
_READ_PUBLIC = (
    "aws ec2 describe-network-interfaces --filters Name=vpc-id,Values={vpc_id}"
    " --query 'NetworkInterfaces[?Association].[Description,Association.PublicIp]'"
)
_READ_RANGES = (
    "aws ec2 describe-subnets --filters Name=subnet-id,Values={subnet_ids}"
    " --query 'Subnets[].[SubnetId,Ipv6CidrBlockAssociationSet[].Ipv6CidrBlock]'"
)


def _is_cache(o: Observation) -> bool:
    """Whether ElastiCache can know it, by its name; a cache may be on any machine."""
    return ".cache." in (o.host or "") and "amazonaws" in (o.host or "")


def _is_checked_as_cache(o: Observation) -> bool:
    return o.check == "cache"


def _is_database(o: Observation) -> bool:
    """Whether RDS can know it: somebody else's database has a public address and another name."""
    ours = kinds.is_private(o) or "amazonaws" in (o.host or "")
    return kinds.is_private_service(o) and ours


_IF_CACHE: tuple[tuple[Kind, str], ...] = (
    (_is_cache, _READ_CACHE),
    (_is_checked_as_cache, _READ_HOST),
)
_BY_KIND: tuple[tuple[Kind, str], ...] = (
    *_IF_CACHE,
    (_is_database, _READ_DATABASE),
    (kinds.is_balancer, READ_HEALTH),
)

# Whose interface has the address, if it is an instance's, and whether that runs.
READ_INSTANCE = (
    "aws ec2 describe-instances"
    " --filters Name=network-interface.addresses.private-ip-address,Values={address}"
    " --query 'Reservations[].Instances[].[InstanceId,State.Name,LaunchTime]'"
)
# Where the address lies in a range of the function's own VPC, and in none of its subnets.
OWN_RANGE = (
    "If the address is meant to be in another network, that network's range and the VPC's overlap,"
    " and no route helps: what is for the VPC's own range stays in the VPC. Give the target an"
    " address outside the VPC's ranges, its own or one that is translated on its side, or attach"
    " the function to a VPC whose range does not overlap. Else call the target at the address that"
    " it has now."
)


def if_unused(o: Observation | None, address: str, *, own_range: bool) -> str | None:
    """Say what to do about an address that is nobody's; None: what the cause says in general.

    Who asked by a name has one already: it is the name's record that has stayed behind.
    """
    if own_range:
        return OWN_RANGE
    if o is None or not kinds.has_own_name(o):
        return None
    return (
        f"Correct the record of {o.host}, which names {address}: take that address out of it and"
        " put in the one that the target has now, or make the record an alias or a CNAME of what"
        " follows the target, such as a load balancer's name or the service's own endpoint."
    )


CAUSES = (
    Cause(
        code="target-down-for-everyone",
        layer="target",
        title="The target fails in the same way from elsewhere",
        happens="The same check fails in the same way from a function without a VPC: the target is"
        " down or closed to everybody; or, where nothing comes back at all, it admits known"
        " addresses only and knows neither of the two.",
        reason="What a public target does to everybody is hardly this VPC's doing.",
        remedy="Ask whoever runs the target whether it is up and whom it admits, and check its"
        " address and port.",
        source="https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-networking.html",
        symptoms=SILENCE | CUT_OFF,
        rule=answers.down_for_everyone,
    ),
    Cause(
        code="target-refuses",
        layer="target",
        title="The target's host answered that nothing listens on this port",
        happens="The connection was refused at once. The packets came to whoever has the address,"
        " and the answer came back: routes, security groups and network ACLs are fine in both"
        " directions.",
        reason="Only a host, or a firewall set to reject, sends a refusal; routes, groups and"
        " network ACLs drop without a word.",
        remedy="Check the port, that the address is that of the host you mean, and that the service"
        " runs there and listens on it. Behind a load balancer that is the target and the port that"
        " its target group names.",
        source=_CONNECTING,
        symptoms=REFUSAL,
        confirm=_READ_HOST,
        confirm_for=_BY_KIND,
        rule=answers.refused,
        restates=True,
    ),
    Cause(
        code="rejected-on-the-way",
        layer="target",
        title="The host's own firewall, or one outside AWS, rejected the connection",
        happens="An ICMP message came back instead of an answer (no route to host, or"
        " administratively prohibited): the host's own firewall, an appliance, or a router of a"
        " network outside AWS sent it.",
        reason="Security groups, network ACLs and the routes of a VPC drop without a word, so"
        " whoever says no stands behind them or is the host itself. Host firewalls such as"
        " firewalld say so to what they do not admit.",
        remedy="Look at the firewall of the host itself, whether it admits this port from the"
        " function's subnets; then at appliances and routers of other networks on the way.",
        source=_CONNECTING,
        symptoms=at(Stage.CONNECT, Failure.UNREACHABLE),
        confirm=_READ_HOST,
        rule=answers.told_no_way,
        restates=True,
    ),
    Cause(
        code="target-address-unused",
        layer="target",
        title="No network interface has the target's address",
        happens="The packets are led to the VPC and the subnet that the address lies in, and nobody"
        " is there to take them: nothing comes back. An address of the VPC's range that lies in"
        " none of its subnets cannot be anybody's.",
        reason="An address in a subnet belongs to a network interface, and goes with it: an"
        " instance or a task that is made anew as a rule gets another one. Interfaces that"
        " AWS hides, or that others have in a shared subnet, are not seen.",
        remedy="Call the target by a name that follows it, such as that of a load balancer, a"
        " record in a private hosted zone, or the service's own endpoint; or else at the address"
        " that it has now.",
        source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html",
        family="host",
        needs=("ec2:DescribeNetworkInterfaces",),
        confirm=_READ_HOST,
    ),
    Cause(
        code="database-stopped",
        layer="target",
        title="The database is not running",
        happens="The database's name may still resolve, and nobody answers at its address.",
        reason="A database instance takes connections in state available, and while it is backed up"
        " or modified; a stopped one starts by itself after seven days.",
        remedy="Start the database and wait until it is available.",
        source=f"{_RDS}/USER_StopInstance.html",
        symptoms=SILENCE | REFUSAL | NO_NAME | CUT_OFF,
        family="host",
        needs=(_DATABASES,),
        confirm=_READ_DATABASE,
        rule=resources.stopped,
    ),
    Cause(
        code="target-instance-stopped",
        ra_code="BAD_STATE",
        layer="target",
        title="The EC2 instance that has the target's address is not running",
        happens="The instance is stopped or terminated, and its network interface is still there"
        " with its address and its groups: packets are led to it, and nobody answers.",
        reason="A stopped instance keeps its private addresses and its interfaces, so nothing in"
        " the network shows that it is off.",
        remedy="Start the instance, and find out what stopped it: a schedule, a spot interruption"
        " or a person.",
        source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/how-ec2-instance-stop-start-works.html",
        symptoms=SILENCE | at(Stage.CONNECT, Failure.UNREACHABLE),
        family="host",
        needs=("ec2:DescribeInstances",),
        confirm=READ_INSTANCE,
    ),
    Cause(
        code="wrong-port",
        layer="target",
        title="The database or cache listens on another port than the one that was asked",
        happens="The connection goes to a port on which the target does not listen: it is refused,"
        " or dropped by a group that rightly admits the target's own port only.",
        reason="A database or cache takes connections on the port of its endpoint only, and that is"
        " not always the usual one of its engine.",
        remedy="Use the port that belongs to the endpoint; no rule has to open the one that was"
        " asked.",
        source=f"{_RDS}/CHAP_CommonTasks.Connect.html",
        symptoms=SILENCE | REFUSAL,
        family="host",
        needs=(_DATABASES,),
        confirm=_READ_DATABASE,
        confirm_for=_IF_CACHE,
        rule=resources.wrong_port,
    ),
    Cause(
        code="database-connections-used-up",
        layer="target",
        title="The database was reached and has no connection left",
        happens="The database itself answered that all its connections are in use, or that it is"
        " still starting.",
        reason="Each environment of a function holds connections of its own, so a function that"
        " scales out uses up max_connections.",
        remedy="Put RDS Proxy between, limit the function's concurrency, or close idle"
        " connections.",
        source=f"{_RDS}/rds-proxy.html",
        symptoms=at(Stage.EXCHANGE, Failure.SERVER_BUSY),
        confirm="aws cloudwatch get-metric-statistics --namespace AWS/RDS"
        " --metric-name DatabaseConnections --statistics Maximum --period 60"
        " --start-time $(date -u -d '1 hour ago' +%FT%TZ) --end-time $(date -u +%FT%TZ)",
        rule=answers.busy,
    ),
    Cause(
        code="client-host-blocked",
        layer="target",
        title="The database was reached and has blocked the function's address",
        happens="MySQL or MariaDB answered that it takes no more connections from this host (error"
        " 1129), or never did (1130).",
        reason="After max_connect_errors connections that broke off before a login, the server"
        " blocks the address until its host cache is flushed.",
        remedy="Run FLUSH HOSTS on the database, and find out what opens connections without"
        " logging in.",
        source=_CONNECTING,
        symptoms=at(Stage.EXCHANGE, Failure.CLIENT_BLOCKED),
        rule=answers.blocked,
    ),
    Cause(
        code="http-error",
        layer="target",
        title="The target was reached and answered with an HTTP error",
        happens="The network works; the answer's status is not one that was expected.",
        reason="A status is an answer of the application, or of a proxy or load balancer before"
        " it.",
        remedy="Look at the status and at the target's own logs.",
        source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html",
        symptoms=at(Stage.EXCHANGE, Failure.HTTP_STATUS),
        confirm_for=((kinds.is_balancer, READ_HEALTH),),
        rule=answers.http_error,
        restates=True,
    ),
    Cause(
        code="service-error",
        layer="target",
        title="The network works; the AWS service was reached and answered with an error",
        happens="A signed call came to the service and its answer came back: an error that is about"
        " the call, and about neither the way nor the caller's permissions.",
        reason="An error of a service has a code that says what is wrong with the call; only who"
        " was reached can answer with one.",
        remedy="Look the code up in the service's API reference. A ...NotFound code: what the call"
        " names is not in the account and Region that were asked. A ...Throttl... code or a status"
        " of 500 and above: try again later.",
        source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html",
        symptoms=DENIAL,
        rule=answers.service_error,
        restates=True,
    ),
    Cause(
        code="egress-address-not-allowed",
        layer="target",
        title="The target perhaps does not admit the public address that the calls come from",
        happens="A target that admits known addresses drops or rejects all others. It does so with"
        " calls from here, while the way to the internet is open; others may be admitted.",
        reason="A target sees the public address of whatever the traffic leaves by: a NAT gateway,"
        " a NAT instance, or one in another VPC behind a transit gateway. Over IPv6 nothing is"
        " translated as a rule: it sees the function's own address.",
        remedy="Give the target's owner the public addresses that the traffic leaves by, for their"
        " allow-list: the Elastic IP of each NAT, and for IPv6 the range of the function's"
        " subnets.",
        source="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html",
        symptoms=SILENCE | REFUSAL | CUT_OFF | at(Stage.EXCHANGE, Failure.HTTP_STATUS),
        family="allow-list",
        confirm=_READ_PUBLIC,
        confirm_for=((kinds.is_ipv6, _READ_RANGES),),
        rule=answers.not_on_the_list,
    ),
)
