"""An organisation on loopback: several AWS accounts and Regions, each with faults of its own.

moto answers, through the lab's front, which closes its gaps. Who asks is told by the access key: a
role that was taken on gives keys that name its account.
"""

from __future__ import annotations

import copy
import io
import re
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from moto.awslambda.models import lambda_backends
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.lab.aws import wire
from tests.lab.aws.account import Account
from tests.lab.aws.amend import table as amend
from tests.lab.aws.front import Front, denied

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from werkzeug import Response

    from tests.lab.aws.wire import Call

HOME = "100000000001"  # where the audit is started, and the state machine is
ROLE, WORD = "lambda-probe-reader", "a-word-between-us"
_KEY = re.compile(r"Credential=ASIA(\d{12})/")
THROTTLED = ("TooManyRequestsException", "Rate exceeded", 429)


@dataclass
class Organization:
    """A WSGI application that is the AWS of all its accounts."""

    # (account, Region, action) -> (code, message, HTTP status); "*" stands for any Region.
    faults: dict[tuple[str, str, str], tuple[str, str, int]] = field(default_factory=dict)
    # action -> answers in this process, for what moto does otherwise than AWS.
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    # action -> what has to be set before it is answered, in these accounts.
    held: dict[tuple[str, str], threading.Event] = field(default_factory=dict)
    without_role: set[str] = field(default_factory=set)  # accounts that lend none
    url: str = ""
    _fronts: dict[tuple[str, str], Front] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        found = _KEY.search(environ.get("HTTP_AUTHORIZATION", ""))
        account = found[1] if found else HOME
        call = wire.read(environ, body)
        response = self._respond(account, call, environ, body)
        return response(environ, start)

    def _respond(
        self, account: str, call: Call | None, environ: WSGIEnvironment, body: bytes
    ) -> Response:
        region = call.region if call else "us-east-1"
        front = self.front(account, region)
        if call is None:
            return front.moto(environ, body)
        with self._lock:
            self.asked.append((account, region, call.action))
        if (gate := self.held.get((account, call.action))) is not None:
            gate.wait(60)
        for place in (region, "*"):
            if (fault := self.faults.get((account, place, call.action))) is not None:
                return wire.write_error(call, *fault)
        if call.action == "sts:AssumeRole":
            return self._lend(call, account)
        if call.action in self.answers:
            response: Response = self.answers[call.action](account, call)
            return response
        return front.respond(environ, body)

    def _lend(self, call: Call, account: str) -> Response:
        """Lend a role to whoever knows the word."""
        wanted = str(call.parameters["RoleArn"])
        other, name = wanted.split(":")[4], wanted.rpartition("/")[2]
        knows = call.parameters.get("ExternalId") == WORD and name == ROLE
        if not knows or other in self.without_role:
            return denied(call, account)
        keys = {
            "AccessKeyId": f"ASIA{other}",
            "SecretAccessKey": "secret-of-the-role",
            "SessionToken": "token",
            "Expiration": "2030-01-01T00:00:00Z",
        }
        return wire.write(call, {"Credentials": keys})

    def front(self, account: str, region: str) -> Front:
        """Give the AWS of one account and Region."""
        with self._lock:
            if (account, region) not in self._fronts:
                own = Account(account, region)
                self._fronts[account, region] = Front(
                    account, (), amend.answers(own), amend.repairs(own)
                )
            return self._fronts[account, region]

    def calls(self, account: str, region: str = "", action: str = "") -> int:
        """Count what was asked of an account."""
        return sum(
            a == account and r.startswith(region) and c.startswith(action) for a, r, c in self.asked
        )

    def client(self, service: str, account: str, region: str) -> Any:
        """Give a client of an account, to build something there."""
        session: Any = boto3.Session(f"ASIA{account}", "x", "t", region_name=region)
        return session.client(service, endpoint_url=self.url)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[Organization]:
    """Serve an organisation without any account yet."""
    organization = Organization()
    server = make_server("127.0.0.1", 0, organization, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    organization.url = f"http://127.0.0.1:{server.server_port}"
    yield organization
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass(frozen=True)
class Built:
    """The ids of what one account has in one Region."""

    nat: str
    isolated: str  # the route table of the subnet without a way out
    private: str  # subnets
    alone: str
    group: str


def build(
    organization: Organization,
    account: str,
    region: str,
    *,
    behind_nat: int,
    isolated: int = 0,
    dead: bool = False,
) -> Built:
    """Build a VPC with a NAT gateway, and functions behind it and in a subnet without a way out."""
    ec2 = organization.client("ec2", account, region)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    public, private, alone = (
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{at}.0/24")["Subnet"]["SubnetId"]
        for at in range(3)
    )
    igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)
    _table(ec2, vpc, public, GatewayId=igw)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=public, AllocationId=address)["NatGateway"]
    _table(ec2, vpc, private, NatGatewayId=nat["NatGatewayId"])
    isolated_table = _table(ec2, vpc, alone)
    group = ec2.create_security_group(VpcId=vpc, GroupName="fn", Description="fn")["GroupId"]
    if dead:
        ec2_backends[account][region].nat_gateways[nat["NatGatewayId"]].state = "failed"
    built = Built(nat["NatGatewayId"], isolated_table, private, alone, group)
    for name, count, subnet in (("behind-nat", behind_nat, private), ("alone", isolated, alone)):
        add_functions(
            organization, account, region, count=count, subnets=[subnet], groups=[group], name=name
        )
    return built


def _table(ec2: Any, vpc: str, subnet: str, **default: str) -> str:
    table: str = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    if default:
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **default)
    return table


def add_functions(
    organization: Organization,
    account: str,
    region: str,
    *,
    count: int,
    subnets: list[str],
    groups: list[str],
    name: str,
    **more: Any,
) -> None:
    """Add functions with one placement."""
    if not count:
        return
    organization.client("lambda", account, region).create_function(
        FunctionName=f"{name}-0",
        Runtime="python3.13",
        Role=_role(account),
        Code={"ZipFile": _CODE},
        VpcConfig={"SubnetIds": subnets, "SecurityGroupIds": groups},
        Environment={"Variables": {"PASSWORD": "open-sesame"}},
        **{"Handler": "app.main", **more},
    )
    # The others by the back door: creating three hundred over the wire takes a quarter of a minute.
    storage = lambda_backends[account][region]._lambdas
    for index in range(1, count):
        one = copy.copy(storage._get_latest(f"{name}-0"))
        one.function_name = f"{name}-{index}"
        storage._functions[one.function_name] = {"latest": one, "versions": []}


def _role(account: str) -> str:
    iam = iam_backends[account]["aws"]
    arn = f"arn:aws:iam::{account}:role/fn"
    if not any(role.arn == arn for role in iam.roles.values()):
        iam.create_role("fn", "{}", "/", None, "", [], None)
    return arn


def _code() -> bytes:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "")
    return code.getvalue()


_CODE = _code()


def environment(organization: Organization) -> Mapping[str, str]:
    """Give the variables with which boto3 finds it."""
    return {
        "AWS_ENDPOINT_URL": organization.url,
        "AWS_ACCESS_KEY_ID": f"ASIA{HOME}",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_SESSION_TOKEN": "t",
        "AWS_MAX_ATTEMPTS": "1",
    }
