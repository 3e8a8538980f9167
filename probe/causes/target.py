"""Causes at the far end: the target, or what it makes of the connection. The network did its part.

Records only; their rules stand in `answers`.
"""

from __future__ import annotations

from probe.causes import answers, resources
from probe.causes.cause import CUT_OFF, NO_NAME, REFUSAL, SILENCE, Cause, at
from probe.model import Failure, Stage

_RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide"
_CONNECTING = f"{_RDS}/CHAP_Troubleshooting.html"
_DATABASES = "rds:DescribeDBInstances"
_READ_DATABASE = (
    "aws rds describe-db-instances"
    " --query 'DBInstances[].[DBInstanceIdentifier,DBInstanceStatus,Endpoint]'"
)

CAUSES = (
    Cause(
        code="target-down-for-everyone",
        layer="target",
        title="The target does not answer from outside the VPC either",
        happens="The same check fails in the same way from a function without a VPC, so the target"
        " is down or closed to everybody.",
        reason="A public target that also fails from elsewhere says nothing about this VPC.",
        remedy="Bring the target back, or check its address and port; leave the VPC as it is.",
        source="https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-networking.html",
        symptoms=SILENCE | CUT_OFF,
        rule=answers.down_for_everyone,
    ),
    Cause(
        code="target-refuses",
        layer="target",
        title="The target's host answered that nothing listens on this port",
        happens="The connection was refused at once. The packets reached the host and its answer"
        " came back: routes, security groups and network ACLs are fine in both directions.",
        reason="Only a host, or a firewall set to reject, sends a refusal; routes, groups and"
        " network ACLs drop without a word.",
        remedy="Check the port, and that the service on the host runs and listens on this address.",
        source=_CONNECTING,
        symptoms=REFUSAL,
        confirm=_READ_DATABASE,
        rule=answers.refused,
        restates=True,
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
        code="wrong-port",
        layer="target",
        title="The database or cache listens on another port than the one that was asked",
        happens="The connection goes to a port on which the target does not listen: it is refused,"
        " or dropped by a group that rightly admits the target's own port only.",
        reason="A database or cache takes connections on the port of its endpoint only, and that is"
        " not always the usual one of its engine.",
        remedy="Use the port that belongs to the endpoint; no rule of the network has to change.",
        source=f"{_RDS}/CHAP_CommonTasks.Connect.html",
        symptoms=SILENCE | REFUSAL,
        family="host",
        needs=(_DATABASES,),
        confirm=_READ_DATABASE,
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
        symptoms=at(Stage.EXCHANGE, Failure.HTTP_STATUS, Failure.SERVICE_ERROR),
        rule=answers.http_error,
        restates=True,
    ),
    Cause(
        code="egress-address-not-allowed",
        layer="target",
        title="The target takes connections, but perhaps not from this VPC's public address",
        happens="The same target works from outside the VPC; from here it drops or rejects, while"
        " the way to the internet is open.",
        reason="From a VPC the target sees the NAT gateway's Elastic IP; an allow-list that lacks"
        " it keeps the function out.",
        remedy="Give the target's owner the Elastic IP of the NAT gateway for their allow-list.",
        source="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html",
        symptoms=SILENCE | REFUSAL | CUT_OFF | at(Stage.EXCHANGE, Failure.HTTP_STATUS),
        family="allow-list",
        confirm="aws ec2 describe-nat-gateways --filter Name=vpc-id,Values={vpc_id}"
        " --query 'NatGateways[].NatGatewayAddresses[].PublicIp'",
        rule=answers.not_on_the_list,
    ),
)
