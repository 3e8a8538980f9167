"""The summary step takes memory in proportion, and what is promised of a run was counted."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from probe.cli import lambda_probe
from probe.fleet import orders, steps, stream
from probe.fleet.network import look
from probe.fleet.placements import Scope
from probe.fleet.results import spot_to_json
from tests.cloudformation import load
from tests.fleet import scale

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/fleet.md").read_text()
RUN = scale.RUN


def peak(folder: scale.Folder, count: int) -> int:
    """Sum up so many placements; give the bytes that were in use at once."""
    folder.write(f"{RUN}/spots.json", stream.lines(map(spot_to_json, scale.spots(count))))
    folder.write(f"{RUN}/missing.json", ())
    folder.write(f"{RUN}/results/SUCCEEDED_0.json", stream.array(scale.executions(count)))
    tracemalloc.start()
    try:
        fleet, _ = steps.summarise(RUN, folder, f"{RUN}/results")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        assert len(fleet.statuses) + len(fleet.missing) == count


def test_memory_grows_with_the_placements_and_not_faster(tmp_path: Path) -> None:
    """Four times as many take at most four times as much; a result is not kept as it came."""
    small = peak(scale.Folder(tmp_path / "small"), 1000)
    large = peak(scale.Folder(tmp_path / "large"), 4000)

    assert large <= 4 * small
    assert (large - small) / 3000 < 4000  # bytes for each placement: 160,000 of them fit


def test_the_files_of_the_measurement_are_those_of_a_run(tmp_path: Path) -> None:
    """A tenth behind ten dead gateways, a fifth without a way out, one in a thousand missing."""
    folder = scale.Folder(tmp_path)
    peak(folder, 1000)
    fleet, told = steps.summarise(RUN, folder, f"{RUN}/results")

    assert told["functions_by_status"] == {"fail": 900, "pass": 2097}
    assert [one.functions for one in fleet.components[:2]] == [6, 6]
    (missing,) = fleet.missing
    assert missing.reason == "KeyError: 'x'"


def test_the_calls_of_one_placement_are_those_that_the_page_tells() -> None:
    """Counted while it is diagnosed, in a network of three subnets."""
    counted = scale.one_placement(latencies_s=(0.0, 0.0))

    told = re.search(r"One placement: (\d+) calls in ", PAGE)
    assert told is not None
    assert abs(counted["calls"] - int(told[1])) <= 3  # the collector may come to ask for more


class Many(scale.Account):
    """The network of the measurement, with so many functions, each in a group of its own."""

    def __init__(self, count: int) -> None:
        super().__init__(0.0)
        for n in range(count):
            self.world.group(f"sg-{n + 10}")
        vpcs = [
            {"SubnetIds": ["subnet-a", "subnet-b"], "SecurityGroupIds": [f"sg-{n + 10}"]}
            for n in range(count)
        ]
        self.functions = [{"FunctionName": f"f{n}", "VpcConfig": v} for n, v in enumerate(vpcs)]

    def __call__(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Answer one call."""
        if operation == "ListFunctions":
            return {"Functions": self.functions}
        return super().__call__(service, operation, **parameters)


@pytest.mark.parametrize(("count", "more"), [(200, 0), (201, 1)])
def test_a_network_is_read_once_however_many_placements_stand_in_it(count: int, more: int) -> None:
    """Only a filter that became too long makes another call."""
    here = Scope("200000000001", "eu-west-1")

    few, many = look(Many(50), here), look(Many(count), here)

    assert len(many.results) == count
    assert few.calls <= many.calls <= few.calls + 3 * more


def test_what_a_run_costs_follows_from_what_was_counted() -> None:
    """The sums by hand: states entered, calls, and the dollars of both."""
    one = {"calls": 24, "rounds": 9, "processor_s": 0.02}
    found = scale.cost(1, one, {"processor_s": 1.0})

    assert found["transitions"] == 10_003
    assert found["calls"] == 10_000 * 25 + 600 + 200
    assert found["states"] == pytest.approx(0.250075)
    per_item_s = 0.02 * 1769 / 512 + 10 * 0.05
    seconds = per_item_s * 10_000 + 1769 / 512 + 800 * 0.05 / 16
    assert found["gb_seconds"] == pytest.approx(seconds / 2)


def test_every_parameter_option_and_key_of_the_page_exists() -> None:
    """What the page tells to type is understood."""
    parameters = {
        name
        for file in ("template.yaml", "fleet-role.yaml")
        for name in load(ROOT / file)["Parameters"]
    }
    told = set(re.findall(r"`(Fleet[A-Za-z]+|SinkArn|Role[A-Z]\w+|ProbeNames|External\w+)`", PAGE))
    options = {option for one in lambda_probe.commands["audit"].params for option in one.opts}
    audits = [line for line in PAGE.splitlines() if line.startswith("lambda-probe audit")]

    assert told <= parameters
    assert set(re.findall(r"ParameterKey=(\w+)|(Fleet\w+)=", PAGE)) <= {
        found for name in parameters for found in ((name, ""), ("", name))
    }
    assert {word for line in audits for word in re.findall(r"(?<= )--?[a-z-]+", line)} <= options
    assert all(f"`{key}`" in PAGE for key in orders.KEYS)
