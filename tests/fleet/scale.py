"""How the fleet scales, and what a run costs: `python -m tests.fleet.scale`.

The summary step is measured on files as ResultWriter writes them, in a process of its own, at 1, 4
and 16 times 10,000 placements with 30,000 functions in 100 accounts. What one placement asks of AWS
and costs in processor time is measured by diagnosing one. Prices are AWS's list prices, the time
that a call takes to AWS is an assumption; both stand in the output. Prints Markdown.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.fleet import steps, stream
from probe.fleet.placements import Scope, Spot
from probe.fleet.results import Broken, Gap, Result, spot_to_json
from probe.fleet.steps import Access
from probe.model import Confidence, Status
from tests.network.aws import Aws
from tests.network.world import ANYWHERE, World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PLACEMENTS, FUNCTIONS, ACCOUNTS, REGIONS = 10_000, 3, 100, 2  # functions: of each placement
MEMORY_MB = 512
RUN = "runs/scale"
# us-east-1, x86_64. https://aws.amazon.com/lambda/pricing/
PER_GB_SECOND, PER_INVOCATION = 0.0000166667, 0.20 / 1e6
# https://aws.amazon.com/step-functions/pricing/ (Standard)
PER_TRANSITION = 25 / 1e6
# https://aws.amazon.com/s3/pricing/ (S3 Standard)
PER_PUT, PER_GET = 0.005 / 1e3, 0.0004 / 1e3
# A function gets a whole processor at 1,769 MB, and its share below.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
WHOLE_PROCESSOR_MB = 1769
CALL_S = 0.05  # assumed, for one call to AWS
TARGETS = ("internet", "dynamodb dynamodb", "aws s3", "logs logs", "aws secretsmanager")
PAGE = 50  # functions in one page of ListFunctions


class Folder:
    """A bucket on disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, key: str) -> Iterator[bytes]:
        """Yield a file in pieces of the size in which S3 is read."""
        with (self._root / key).open("rb") as file:
            while piece := file.read(1 << 20):
                yield piece

    def write(self, key: str, text: Iterable[str], kind: str = "") -> None:
        """Write a file."""
        del kind
        path = self._root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            file.writelines(text)

    def keys(self, prefix: str) -> list[str]:
        """List files."""
        found = (self._root / prefix).rglob("*")
        return [str(path.relative_to(self._root)) for path in found if path.is_file()]


def spots(count: int) -> Iterator[Spot]:
    """Make placements, a hundredth of them in each account."""
    for n in range(count):
        scope = Scope(f"{200000000000 + n % ACCOUNTS}", ("eu-west-1", "us-east-1")[n % REGIONS])
        subnets = tuple(f"subnet-{n * 3 + one:017x}" for one in range(2))
        names = tuple(f"team-{n % 40}-service-{n}-function-{one}" for one in range(FUNCTIONS))
        yield Spot(scope, subnets, (f"sg-{n:017x}",), dual_stack=False, functions=names)


def result(n: int, spot: Spot) -> Result:
    """Say that a tenth is behind a few dead NAT gateways, and a fifth has no way out."""
    title, fix = "The NAT gateway in the route failed to be created", "Create a NAT gateway. " * 8
    causes: list[tuple[str, str, tuple[str, ...]]] = []
    if n % 10 == 0:
        causes = [("nat-gateway-failed", f"nat-{n % 500:017x}", TARGETS)]
    elif n % 10 in (1, 2):
        codes = ("no-route-to-internet", "gateway-endpoint-missing", "interface-endpoint-missing")
        causes = [(code, f"rtb-{n:017x}", TARGETS[i : i + 2]) for i, code in enumerate(codes)]
    broken = tuple(
        Broken(code, name, Confidence.PROVEN, title, targets, fix) for code, name, targets in causes
    )
    gap = Gap("HostedZones", "AccessDenied", "route53:ListHostedZonesByVPC")
    status = Status.FAIL if broken else Status.PASS
    gaps = (gap,) if n % 7 == 0 else ()
    return Result(spot.id, status, broken, gaps, f"{RUN}/reports/{spot.id}.json")


def executions(count: int) -> Iterator[dict[str, Any]]:
    """Write the executions of a run as ResultWriter does, every thousandth of them failed."""
    for n, spot in enumerate(spots(count)):
        item = {"run": RUN, "spot": spot.id, "account": spot.scope.account, "probe": None}
        entry = {
            "ExecutionArn": f"arn:aws:states:eu-west-1:100000000001:execution:fleet/Placements:{n}",
            "Input": json.dumps(item),
            "InputDetails": {"Included": True},
            "Name": f"{n}",
            "OutputDetails": {"Included": True},
            "StartDate": "2026-11-22T05:00:00.000Z",
            "StopDate": "2026-11-22T05:00:03.000Z",
        }
        if n % 1000 == 999:
            cause = json.dumps({"errorType": "KeyError", "errorMessage": "'x'"})
            yield {**entry, "Status": "FAILED", "Error": "KeyError", "Cause": cause}
        else:
            output = json.dumps(steps.fitted(result(n, spot)))
            yield {**entry, "Status": "SUCCEEDED", "Output": output}


def summed(times: int) -> dict[str, Any]:
    """Sum up a run of so many times the size, in this process; give what it took."""
    with tempfile.TemporaryDirectory() as root:
        folder, count = Folder(Path(root)), PLACEMENTS * times
        folder.write(f"{RUN}/spots.json", stream.lines(map(spot_to_json, spots(count))))
        folder.write(f"{RUN}/missing.json", ())
        folder.write(f"{RUN}/results/SUCCEEDED_0.json", stream.array(executions(count)))
        size = (Path(root) / RUN / "results/SUCCEEDED_0.json").stat().st_size
        before = time.process_time()
        fleet, _ = steps.summarise(RUN, folder, f"{RUN}/results")
        took = time.process_time() - before
    return {
        "placements": count,
        "functions": fleet.functions + sum(one.functions or 0 for one in fleet.missing),
        "components": len(fleet.components),
        "missing": len(fleet.missing),
        "read_mb": round(size / 1e6, 1),
        "processor_s": round(took, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def apart(times: int) -> dict[str, Any]:
    """Sum up in a process of its own, so that its memory is its own."""
    code = f"import json; from tests.fleet import scale; print(json.dumps(scale.summed({times})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


POLICY = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
DOCUMENT = {"Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}
# What most accounts answer, beside the network.
EMPTY: dict[str, Mapping[str, Any]] = {
    "DescribeDBInstances": {"DBInstances": []},
    "DescribeCacheClusters": {"CacheClusters": []},
    "ListHostedZonesByVPC": {"HostedZoneSummaries": []},
    "ListFirewallRuleGroupAssociations": {"FirewallRuleGroupAssociations": []},
    "ListResolverRuleAssociations": {"ResolverRuleAssociations": []},
    "GetMetricStatistics": {"Datapoints": []},
    "ListRolePolicies": {"PolicyNames": []},
    "ListAttachedRolePolicies": {"AttachedPolicies": [{"PolicyName": "vpc", "PolicyArn": POLICY}]},
    "GetPolicy": {"Policy": {"PolicyName": "vpc", "Arn": POLICY, "DefaultVersionId": "v1"}},
    "GetPolicyVersion": {"PolicyVersion": {"Document": DOCUMENT}},
}


class Account(Aws):
    """A network with a NAT gateway; each call takes a while, as it does to AWS."""

    def __init__(self, latency_s: float) -> None:
        world = World()
        world.vpc()
        world.igw()
        world.subnet("subnet-out", "10.0.0.0/24")
        world.table("rtb-out", "vpc-a", {ANYWHERE: "igw-a"}, subnets=["subnet-out"])
        for zone in "ab":
            world.subnet(f"subnet-{zone}", f"10.0.{ord(zone) - 96}.0/24", zone=zone)
        world.nat("subnet-out", name="nat-1")
        world.table("rtb-in", "vpc-a", {ANYWHERE: "nat-1"}, subnets=["subnet-a", "subnet-b"])
        world.group("sg-1")
        world.lists["FunctionConfiguration"] = {
            "FunctionName": "fn",
            "FunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:fn",
            "Role": "arn:aws:iam::111122223333:role/fn",
            "State": "Active",
            "VpcConfig": {"SubnetIds": ["subnet-a", "subnet-b"], "SecurityGroupIds": ["sg-1"]},
        }
        super().__init__(world)
        self._latency_s = latency_s

    def __call__(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Answer one call, after a while."""
        time.sleep(self._latency_s)
        if operation in EMPTY:
            self.asked.append(operation)
            return EMPTY[operation]
        return super().__call__(service, operation, **parameters)


def one_placement(latencies_s: tuple[float, float] = (0.0, 0.2)) -> dict[str, float]:
    """Diagnose one placement twice, with calls that take no time and with calls that take some."""
    took: list[float] = []
    processor = 0.0
    calls = 0
    for latency_s in latencies_s:
        account = Account(latency_s)
        item = {"run": RUN, "spot": "1", "function": "fn", "region": "eu-west-1", "probe": None}
        with tempfile.TemporaryDirectory() as root:
            folder = Folder(Path(root))
            folder.write(f"{RUN}/order.json", ['{"targets": null}'])
            steps.diagnose(item, folder, Access(account, _nobody), deadline=float("inf"))  # warm
            account.asked.clear()
            wall, before = time.monotonic(), time.process_time()
            steps.diagnose(item, folder, Access(account, _nobody), deadline=float("inf"))
            took.append(time.monotonic() - wall)
            processor, calls = time.process_time() - before, len(account.asked)
    slower = latencies_s[1] - latencies_s[0]
    rounds = round((took[1] - took[0]) / slower) if slower else 0
    return {"calls": calls, "rounds": rounds, "processor_s": processor}


def _nobody(function: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    raise AssertionError((function, payload))


def cost(times: int, one: dict[str, float], summary: dict[str, Any]) -> dict[str, float]:
    """Compute what a run costs, from what was measured."""
    count = PLACEMENTS * times
    pages = ACCOUNTS * REGIONS * -(-count * FUNCTIONS // (ACCOUNTS * REGIONS * PAGE))
    slower = WHOLE_PROCESSOR_MB / MEMORY_MB
    per_item_s = one["processor_s"] * slower + (one["rounds"] + 1) * CALL_S  # and AssumeRole
    find_s = (pages + ACCOUNTS * REGIONS) * CALL_S / steps.SIDE_BY_SIDE
    seconds = per_item_s * count + summary["processor_s"] * slower + find_s
    calls = count * (one["calls"] + 1) + pages + ACCOUNTS * REGIONS
    transitions = count + 3
    dollars = {
        "lambda": seconds * MEMORY_MB / 1024 * PER_GB_SECOND + (count + 2) * PER_INVOCATION,
        "states": transitions * PER_TRANSITION,
        "s3": count * (PER_PUT + PER_GET),
    }
    return {
        "placements": count,
        "calls": calls,
        "gb_seconds": seconds * MEMORY_MB / 1024,
        "transitions": transitions,
        **dollars,
        "dollars": sum(dollars.values()),
    }


def main() -> None:
    """Measure, and print two tables."""
    sizes = {times: apart(times) for times in (1, 4, 16)}
    first = sizes[1]["processor_s"] / sizes[1]["placements"]
    print(
        "| placements | functions | results, MB | processor, s | times the first, each | peak, MB |"
    )
    print("|---:|---:|---:|---:|---:|---:|")
    for found in sizes.values():
        ratio = found["processor_s"] / found["placements"] / first
        print(
            f"| {found['placements']:,} | {found['functions']:,} | {found['read_mb']} "
            f"| {found['processor_s']} | {ratio:.2f} | {found['peak_mb']} |"
        )
    one = one_placement()
    print(f"\nOne placement: {one['calls']} calls in {one['rounds']} rounds, ", end="")
    print(f"{one['processor_s'] * 1000:.0f} ms of processor time.\n")
    print("| placements | AWS calls | GB-seconds | states entered | Lambda | States | S3 | a run |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for times, found in sizes.items():
        c = cost(times, one, found)
        print(
            f"| {c['placements']:,} | {c['calls']:,} | {c['gb_seconds']:,.0f} "
            f"| {c['transitions']:,} | ${c['lambda']:.2f} | ${c['states']:.2f} "
            f"| ${c['s3']:.2f} | ${c['dollars']:.2f} |"
        )


if __name__ == "__main__":
    main()
