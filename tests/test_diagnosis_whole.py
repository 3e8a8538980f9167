"""From configuration and packets to findings: built networks, real walks, and what is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import pytest

from probe.diagnosis import Diagnosis, diagnose
from probe.model import Confidence, Evidence, Observation, Placement, Undetermined, Unknown
from probe.network.keys import needs
from probe.network.snapshot import Snapshot, Unread
from probe.network.vpc import Network
from probe.network.walk.path import Source
from probe.walks import seen as aim_of
from probe.walks import walk_to
from tests.causes.build import DYNAMODB, saw
from tests.network.world import ANYWHERE, World, tcp

SILENT = "connect timeout"
PL = "pl-ddb"
DATABASE = "10.0.2.10"


@dataclass
class Case:
    """One placement: its network, what packets saw in it, and what is wrong."""

    build: Callable[[World], None]
    seen: tuple[Observation, ...]
    truth: list[str]
    subnets: tuple[str, ...] = ("subnet-app",)


def base() -> World:
    """Build a VPC with a private subnet, a NAT gateway beside it, and a database that admits us."""
    world = World()
    world.vpc()
    world.igw()
    world.subnet("subnet-app", "10.0.1.0/24")
    world.subnet("subnet-b", "10.0.4.0/24", zone="b")
    world.subnet("subnet-data", "10.0.2.0/24", zone="b")
    world.subnet("subnet-public", "10.0.9.0/24")
    world.nat("subnet-public")
    world.table("rtb-app", "vpc-a", {ANYWHERE: "nat-a"}, subnets=["subnet-app", "subnet-b"])
    world.table("rtb-public", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-public"])
    world.group("sg-fn")
    world.group("sg-db", ingress=[tcp(5432, group="sg-fn")])
    world.interface("eni-db", DATABASE, "subnet-data", ["sg-db"])
    world.prefix_list(PL, "dynamodb", ["52.94.5.0/24"])
    world.lists["VpcBlockPublicAccessOptions"] = {"InternetGatewayBlockMode": "off"}
    world.lists["NatGatewayMetrics"] = []
    world.lists["FunctionConfiguration"] = {
        "FunctionName": "orders",
        "State": "Active",
        "VpcConfig": {"SubnetIds": ["subnet-app"], "SecurityGroupIds": ["sg-fn"]},
    }
    return world


def drop_route(world: World, table: str = "rtb-app") -> None:
    """Leave a table with the local route only."""
    del world.routes(table)[1:]


def to_gateway(world: World) -> None:
    """Make the function's subnet public."""
    drop_route(world)
    world.routes("rtb-app").append(
        {"DestinationCidrBlock": ANYWHERE, "GatewayId": "igw-a", "State": "active"}
    )


def no_egress(world: World) -> None:
    """Take the function's outbound rules away."""
    world.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = []


def closed_database(world: World) -> None:
    """Have the database admit another group only."""
    world.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-other")]


def no_answers(world: World) -> None:
    """Have the function's network ACL drop answers from outside the VPC."""
    rules = (
        (100, "out", "-1", "allow", ANYWHERE, None),
        (100, "in", "-1", "allow", "10.0.0.0/16", None),
    )
    world.acl("acl-app", "vpc-a", rules, subnets=["subnet-app"])


def nat_without_way_out(world: World) -> None:
    """Take the route of the NAT gateway's own subnet away."""
    drop_route(world, "rtb-public")


def nat_failed(world: World) -> None:
    """Have the NAT gateway fail."""
    world.entry("NatGateways", "nat-a")["State"] = "failed"


def endpoint_elsewhere(world: World) -> None:
    """Associate the gateway endpoint with another table only, in an isolated subnet."""
    drop_route(world)
    world.endpoint("dynamodb", RouteTableIds=["rtb-public"])


def both(*changes: Callable[[World], None]) -> Callable[[World], None]:
    """Do several things to the network."""

    def build(world: World) -> None:
        for change in changes:
            change(world)

    return build


def one_bad_subnet(world: World) -> None:
    """Give the second subnet a table of its own, without a way out."""
    world.entry("RouteTables", "rtb-app")["Associations"].pop()
    world.table("rtb-b", "vpc-a", {}, subnets=["subnet-b"])
    world.lists["FunctionConfiguration"]["VpcConfig"]["SubnetIds"] = ["subnet-app", "subnet-b"]


HTTP, RDS = saw("http"), saw("rds", address=DATABASE)
HTTP_LOST, RDS_LOST = saw("http", SILENT), saw("rds", SILENT, address=DATABASE)
DDB_LOST = saw("dynamodb", SILENT, address=DYNAMODB, service="dynamodb")
CASES = {
    "all is well": Case(lambda _: None, (HTTP, RDS), []),
    "isolated": Case(drop_route, (HTTP_LOST, RDS), ["no-route-to-internet"]),
    "public subnet": Case(to_gateway, (HTTP_LOST, RDS), ["public-subnet-no-public-ip"]),
    "no egress": Case(no_egress, (HTTP_LOST, RDS_LOST), ["own-security-group-blocks"]),
    "database closed": Case(closed_database, (HTTP, RDS_LOST), ["target-security-group-blocks"]),
    "answers dropped": Case(no_answers, (HTTP_LOST, RDS), ["nacl-blocks-return"]),
    "NAT cut off": Case(nat_without_way_out, (HTTP_LOST, RDS), ["nat-subnet-no-internet-route"]),
    "NAT failed": Case(nat_failed, (HTTP_LOST, RDS), ["nat-gateway-failed"]),
    "endpoint elsewhere": Case(
        endpoint_elsewhere,
        (HTTP_LOST, DDB_LOST, RDS),
        ["no-route-to-internet", "gateway-endpoint-not-associated"],
    ),
    "isolated and database closed": Case(
        both(drop_route, closed_database),
        (HTTP_LOST, RDS_LOST),
        ["target-security-group-blocks", "no-route-to-internet"],
    ),
    "no egress and database closed": Case(
        both(no_egress, closed_database),
        (HTTP_LOST, RDS_LOST),
        ["own-security-group-blocks", "target-security-group-blocks"],
    ),
    "public subnet and answers dropped": Case(
        both(to_gateway, no_answers),
        (HTTP_LOST,),
        ["nacl-blocks-return", "public-subnet-no-public-ip"],
    ),
    "one subnet of two": Case(
        one_bad_subnet, (HTTP, RDS), ["no-route-to-internet"], ("subnet-app", "subnet-b")
    ),
    "packets lost on an open path": Case(
        lambda _: None, (HTTP_LOST, RDS), ["configuration-open-packets-lost"]
    ),
    "packets arrive on a closed path": Case(
        no_egress, (HTTP, RDS), ["configuration-closed-packets-arrive"]
    ),
    "the resolver is silent": Case(
        lambda _: None,
        (saw("http", "resolve no_answer"),),
        ["resolver-silent"],
    ),
    "the resolver cannot find out": Case(
        lambda _: None,
        (saw("http", "resolve server_failure"), RDS),
        ["resolver-cannot-answer"],
    ),
    "no such name": Case(
        lambda world: world.lists.update(HostedZones=[]),
        (saw("http", "resolve name_not_found"), RDS),
        ["name-not-found"],
    ),
    "no such name, and no way out": Case(
        both(drop_route, lambda world: world.lists.update(HostedZones=[])),
        (saw("http", "resolve name_not_found"), RDS),
        ["name-not-found"],
    ),
    "refused": Case(
        lambda _: None, (HTTP, saw("rds", "connect refused", address=DATABASE)), ["target-refuses"]
    ),
    "database stopped": Case(
        lambda world: world.lists["DBInstances"].append(
            {
                "DBInstanceIdentifier": "orders",
                "DBInstanceStatus": "stopped",
                "Endpoint": {"Address": RDS.host, "Port": 5432},
            }
        ),
        (HTTP, RDS_LOST),
        ["database-stopped"],
    ),
}


def judge(case: Case, without: str | None = None) -> Diagnosis:
    """Walk to every target from every subnet, and judge; one list may be unread."""
    world = base()
    case.build(world)
    snapshot = world.snapshot()
    if without is not None:
        unread = Unread("AccessDenied", needs(without))
        snapshot = Snapshot({**snapshot.values, without: unread}, "world")
    placement = Placement(
        "orders", "eu-west-1", True, "vpc-a", case.subnets, ("sg-fn",), "a", "subnet-app"
    )
    network = Network(snapshot)
    paths = tuple(
        path
        for o in case.seen
        for subnet in case.subnets
        for path in walk_to(network, Source(subnet, ("sg-fn",)), aim_of(o))
    )
    read = {k: v for k, v in snapshot.values.items() if not isinstance(v, Unread)}
    missing = {k: v for k, v in snapshot.values.items() if isinstance(v, Unread)}
    function = read.get("FunctionConfiguration")
    return diagnose(
        Evidence(
            placement=placement,
            observations=case.seen,
            paths=paths,
            function=function if isinstance(function, Mapping) else Unknown("AccessDenied"),
            facts=read,
            unread=tuple(Undetermined(k, v.reason, v.needs) for k, v in missing.items()),
        )
    )


def proven(found: Diagnosis) -> list[str]:
    """Return the proven codes, in order."""
    return [f.code for f in found.findings if f.confidence is Confidence.PROVEN]


@cache
def whole(name: str) -> Diagnosis:
    """Judge a case with everything read."""
    return judge(CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_found_and_nothing_else(name: str) -> None:
    """With the configuration read, exactly the truth is proven."""
    assert sorted(proven(whole(name))) == sorted(CASES[name].truth)


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name].truth])
def test_every_failing_check_is_accounted_for(name: str) -> None:
    """Whoever reads the findings knows of each failing check why."""
    explained = {label for f in whole(name).findings for label in f.explains}

    assert {o.label for o in CASES[name].seen if o.failure} <= explained


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("left_out", sorted(base().lists))
def test_what_is_not_read_never_proves_another_cause(name: str, left_out: str) -> None:
    """Without one list, what is proven is part of what is proven with it."""
    found = judge(CASES[name], without=left_out)

    assert set(proven(found)) <= set(proven(whole(name)))


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name].truth])
def test_what_is_not_read_is_named_where_a_cause_is_lost_by_it(name: str) -> None:
    """A list without which the answer is another one stands among what is undetermined."""
    for left_out in base().lists:
        found = judge(CASES[name], without=left_out)
        if set(proven(found)) != set(proven(whole(name))):
            assert needs(left_out) in {u.needs for u in found.undetermined}


def test_the_broken_subnet_is_named() -> None:
    """The packets left from the good one."""
    (finding,) = whole("one subnet of two").findings

    assert finding.component == "rtb-b"
    assert "This concerns subnet-b and not subnet-app." in finding.because
