"""What watching a placement costs a month, from what runs: `python -m tests.costs` measures it.

A scheduled run as deployed, in the lab: its time, what it writes into the log, and how many metrics
that makes; once where all is well and once where nothing is reached. `tests/costs.json` keeps what
was measured last, and the README's table is computed from it.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import watching
from tests.cloudformation import Stack, load, transformed
from tests.production import play

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SAVED = Path(__file__).with_suffix(".json")
# List prices of us-east-1 in dollars, without any free tier.
REQUEST = 0.20 / 1e6
GB_SECOND = 0.0000166667  # x86_64; arm64: 0.0000133334
SCHEDULED = 1.00 / 1e6
LOG_GB = 0.50
METRIC, ALARM, COMPOSITE, DASHBOARD = 0.30, 0.10, 0.50, 3.00
CANARY_RUN = 0.0012
ANALYSIS = 0.10
SOURCES = (
    "List prices of us-east-1, without free tiers, as"
    " [Lambda](https://aws.amazon.com/lambda/pricing/),"
    " [EventBridge](https://aws.amazon.com/eventbridge/pricing/),"
    " [CloudWatch](https://aws.amazon.com/cloudwatch/pricing/) and"
    " [VPC](https://aws.amazon.com/vpc/pricing/) had them by June 2026, at second hand;"
    " that of Network Synthetic Monitor was nowhere to be read, so it is left out."
)
MINUTES_A_MONTH = 30 * 24 * 60
INTERVALS = (1, 5, 15)
TARGETS = 3  # the template's own
RUNS = 5
PLACES = {
    "well": "{0.0.0.0/0: nat}",
    "cut off": "{}",
}
SCENARIO = """
vpc: {{cidr: 10.0.0.0/16}}
internet_gateway: true
subnets:
  app:    {{cidr: 10.0.1.0/24, routes: {routes}}}
  public: {{cidr: 10.0.9.0/24, routes: {{0.0.0.0/0: internet-gateway}}}}
nat_gateways: {{nat: {{subnet: public}}}}
security_groups: {{fn: {{}}}}
hosts: {{checkip.amazonaws.com: {{server: https, public: 203.0.113.10}}}}
function: {{subnets: [app], security_groups: [fn]}}
targets: [{{check: http, url: https://checkip.amazonaws.com}}, {{check: dynamodb}}, {{check: logs}}]
"""


@dataclass(frozen=True)
class Run:
    """One scheduled run."""

    ms: float
    log_bytes: int
    metrics: int


def measured(place: str) -> Run:
    """Run as deployed, the first time apart: it starts the environment."""
    steps: list[dict[str, Any]] = [{"invoke": "ProbeFunction", "event": {}}] * (1 + RUNS)
    answer = play(SCENARIO.format(routes=PLACES[place]), *steps)
    log = answer["log"]["probe"]
    return Run(
        ms=round(statistics.median(answer["ms"][1:]), 1),
        log_bytes=sum(len(line.encode()) for line in log) // len(steps),
        metrics=len(watching.numbers(log)),
    )


def saved() -> dict[str, Any]:
    """Read what was measured last."""
    found: dict[str, Any] = json.loads(SAVED.read_text())
    return found


@cache
def _stack() -> Stack:
    return Stack(transformed(load(ROOT / "template.yaml")))


def monthly(run: Run, minutes: int) -> dict[str, float]:
    """Compute what a month costs, item by item, with a run every so many minutes."""
    stack = _stack()
    memory_gb = int(stack.resources["ProbeFunction"]["Properties"]["MemorySize"]) / 1024
    runs = MINUTES_A_MONTH / minutes
    alarms = len(stack.of_type("AWS::CloudWatch::Alarm"))
    return {
        "Lambda": runs * (REQUEST + memory_gb * run.ms / 1000 * GB_SECOND),
        "schedule": runs * SCHEDULED,
        "log": runs * run.log_bytes / 1e9 * LOG_GB,
        "metrics": run.metrics * METRIC,
        "alarms": alarms * ALARM + COMPOSITE,
        "dashboard": DASHBOARD,
    }


def rows() -> Iterator[tuple[str, ...]]:
    """Give the table: one line for each place and item, then what others cost."""
    for place, words in (("well", "all is well"), ("cut off", "nothing is reached")):
        run = Run(**saved()[place])
        items = [monthly(run, minutes) for minutes in INTERVALS]
        total = [f"**{_dollars(sum(one.values()))}**" for one in items]
        yield f"**lambda-probe, {words}** ({run.ms / 1000:.2f} s a run)", *total
        for name in ("Lambda", "schedule", "log", "metrics", "alarms", "dashboard"):
            yield f"— {_named(name, run)}", *(_dollars(one[name]) for one in items)
    runs = [MINUTES_A_MONTH / minutes for minutes in INTERVALS]
    yield (
        "Synthetics: one canary, its own Lambda, log and bucket aside",
        *(_dollars(one * CANARY_RUN) for one in runs),
    )
    yield (
        f"Reachability Analyzer: an analysis of each of {TARGETS} paths, which sends no packet",
        *(_dollars(one * TARGETS * ANALYSIS) for one in runs),
    )


def _named(item: str, run: Run) -> str:
    more = {
        "log": f"{run.log_bytes / 1000:.1f} KB a run",
        "metrics": f"{run.metrics} of them",
    }
    return f"{item}, {more[item]}" if item in more else item


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}"


def words() -> str:
    """Say where the figures come from."""
    gb_s = {place: 0.25 * saved()[place]["ms"] / 1000 for place in PLACES}
    return (
        f"A run takes {gb_s['well']:.3f} GB-seconds where all is well and {gb_s['cut off']:.3f}"
        f" where each stage waits its {3} s in vain: medians of {RUNS} runs as deployed, in the"
        f" laboratory, on {saved()['date']} (`python -m tests.costs`). Lambda gives 256 MB less"
        f" of a processor than they had, so the former is rather more there. {SOURCES}"
    )


def main() -> None:
    """Measure, and keep it."""
    found: dict[str, Any] = {place: asdict(measured(place)) for place in PLACES}
    found["date"] = datetime.now(UTC).date().isoformat()
    SAVED.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
