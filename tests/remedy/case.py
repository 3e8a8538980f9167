"""A placement with targets, walked, and mended as a diagnosis would have it mended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from probe.model import Confidence, Finding, Fix, Path
from probe.network.dns.names import resolve
from probe.network.vpc import Network
from probe.network.walk.path import Destination, Source, walk
from probe.remedy import mend
from probe.remedy.again import again
from tests.network.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable

INTERNET = "203.0.113.10"
DYNAMODB = "52.94.5.10"
LOGS = "203.0.113.77"
WEB = "http https://api.example.com/"


class Case(World):
    """A world with one function and the targets that it wants to reach."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, Destination] = {}
        self.names: dict[str, str] = {}
        self.ports: set[int] = set()  # that a fix may open

    def function(self, subnets: Iterable[str], groups: Iterable[str] = ("sg-fn",)) -> None:
        """Say where the function stands."""
        config = {"SubnetIds": list(subnets), "SecurityGroupIds": list(groups)}
        self.lists["FunctionConfiguration"] = {
            "FunctionName": "orders",
            "Role": "arn:aws:iam::111122223333:role/orders-role",
            "VpcConfig": config,
        }

    def wants(self, label: str, address: str, port: int = 443, **more: Any) -> str:
        """Add a target, as a check would name it."""
        self.targets[label] = Destination(address, port, **more)
        self.ports.add(port)
        return label

    def asks(self, label: str, host: str) -> str:
        """Add a name that has to have an answer before anything else."""
        self.names[label] = host
        self.ports.add(53)
        return label

    def paths(self, *, without: Iterable[str] = ()) -> list[Path]:
        """Walk from every subnet of the function to every target."""
        network = Network(self.snapshot(without=without))
        config = self.lists["FunctionConfiguration"]["VpcConfig"]
        groups = tuple(config.get("SecurityGroupIds", ()))
        sources = [Source(subnet, groups) for subnet in config.get("SubnetIds") or (None,)]
        packets = [
            replace(walk(network, source, destination), target=label)
            for label, destination in self.targets.items()
            for source in sources
        ]
        questions = [
            replace(resolve(network, host, source).path(source), target=label)
            for label, host in self.names.items()
            for source in sources
        ]
        return packets + questions

    def mend(self, *, without: Iterable[str] = (), only: str | None = None) -> dict[str, Finding]:
        """Diagnose every blocker as proven, or those of one code only, and mend; by code."""
        paths, snapshot = self.paths(without=without), self.snapshot(without=without)
        config = self.lists["FunctionConfiguration"]["VpcConfig"]
        walk_again = again(snapshot, self.targets, tuple(config.get("SecurityGroupIds", ())))
        named = [one for one in findings(paths) if only in (None, one.code)]
        return {one.code: one for one in mend(named, paths, snapshot, walk_again)}

    def fix(self, code: str, **more: Any) -> Fix:
        """Return the fix of the finding with this code."""
        fix = self.mend(**more)[code].fix
        assert fix is not None
        return fix


def findings(paths: Iterable[Path]) -> list[Finding]:
    """Make one proven finding of each place that is closed."""
    labels: dict[tuple[str, str], list[str]] = {}
    for path in paths:
        for blocker in path.blockers:
            labels.setdefault((blocker.code, blocker.component), []).append(path.target or "")
    return [
        Finding(
            code=code,
            confidence=Confidence.PROVEN,
            component=component,
            title=code,
            because=(),
            explains=tuple(dict.fromkeys(explains)),
        )
        for (code, component), explains in labels.items()
    ]


def placement() -> Case:
    """Build a VPC with an app, a data and a public subnet, a function in `app`, and a database."""
    case = Case()
    case.vpc()
    case.subnet("subnet-app", "10.0.1.0/24")
    case.subnet("subnet-data", "10.0.2.0/24", zone="b")
    case.subnet("subnet-public", "10.0.9.0/24")
    case.table("rtb-app", "vpc-a", {}, subnets=["subnet-app"])
    case.group("sg-fn")
    case.group("sg-db")
    case.interface("eni-db", "10.0.2.10", "subnet-data", ["sg-db"])
    case.prefix_list("pl-ddb", "dynamodb", ["52.94.5.0/24"])
    case.function(["subnet-app"])
    return case


def with_internet(case: Case) -> Case:
    """Add an internet gateway, and a public subnet that leads to it."""
    case.igw()
    case.table("rtb-public", "vpc-a", {"0.0.0.0/0": "igw-a"}, subnets=["subnet-public"])
    return case


def with_nat(case: Case) -> Case:
    """Add a NAT gateway that works to it."""
    with_internet(case)
    case.nat("subnet-public")
    return case
