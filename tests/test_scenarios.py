"""Scenario files, played: real packets, the real command line, and what it must say.

The placements that the product was begun for are always played, and of the rest of the collection
every twentieth; `make scenarios` plays all of it, which takes too long at every change.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from probe.model import Confidence
from probe.network.snapshot import Unread, load
from probe.report import schemas
from probe.report.document import from_document
from probe.saved import again
from tests.lab.run import Worker
from tests.lab.scenario import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probe.model import Report

pytestmark = pytest.mark.lab

SEED = (
    "a-database-group-that-admits-another-group-blocks",
    "a-function-outside-every-vpc-has-the-internet-and-no-private-network",
    "a-gateway-endpoint-on-another-route-table-does-not-help",
    "a-group-without-egress-lets-nothing-out",
    "a-nacl-that-lets-requests-out-and-no-answers-back",
    "a-nat-gateway-in-a-subnet-without-a-way-out",
    "a-private-subnet-with-a-nat-gateway-reaches-everything",
    "a-public-subnet-has-no-internet",
    "an-interface-endpoint-with-private-dns-carries-logs",
    "an-isolated-subnet-reaches-only-its-own-vpc",
    "an-isolated-subnet-with-a-gateway-endpoint-reaches-dynamodb",
    "machines-a-cache-and-a-load-balancer-that-admit-the-function",
    "machines-a-cache-and-a-load-balancer-whose-groups-admit-others",
    "nothing-can-be-read-so-nothing-is-proven",
)


COLLECTION = sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))
ROOT_CAUSES = yaml.safe_load((Path(__file__).parent / "root_causes.yaml").read_text())


def chosen() -> list[Path]:
    """Give the files to play: the whole collection, or the seed placements and a part of it."""
    seed = [file for file in COLLECTION if file.stem in SEED]
    others = [file for file in COLLECTION if file.stem not in SEED]
    return [*seed, *(others if os.environ.get("SCENARIOS") == "all" else others[::20])]


SCENARIOS = chosen()


@pytest.fixture(scope="session")
def play() -> Iterator[Callable[[Path], dict[str, Any]]]:
    """Share one worker, and with it moto and the authorities, among all scenarios."""
    with Worker() as worker:

        @cache
        def played(file: Path) -> dict[str, Any]:
            return worker.play(file.read_text(), file.name, fix=True)

        yield played


# What one scenario is asked is asked in one process, so that it is played once.
each_scenario = pytest.mark.parametrize(
    "file",
    [pytest.param(one, id=one.stem, marks=pytest.mark.xdist_group(one.stem)) for one in SCENARIOS],
)


def proven(report: Report) -> set[tuple[str, str | None]]:
    """Give what a report is certain of."""
    return {(f.code, f.component) for f in report.findings if f.confidence is Confidence.PROVEN}


def test_every_root_cause_has_a_scenario_and_a_near_miss() -> None:
    """Each of the root causes is at work in one scenario, and another one only looks like it."""
    scenarios = [parse(file.read_text(), file.name) for file in COLLECTION]
    at_work = {number for one in scenarios for number in one.root_causes}
    looked_like = {number for one in scenarios for number in one.near_misses}
    possible = {number for number, told in ROOT_CAUSES.items() if "nothing" not in told}

    assert sorted(ROOT_CAUSES) == list(range(1, 34))
    assert possible - at_work == set()
    assert possible - looked_like == set()
    assert (at_work | looked_like) - possible == set()


@each_scenario
def test_the_report_says_what_the_scenario_expects(
    play: Callable[[Path], dict[str, Any]], file: Path
) -> None:
    """The product, run as a user runs it, finds what is wrong, and its fixes open the path."""
    result = play(file)

    assert result["differences"] == []
    assert [done for done in result["fixes"] if not done["worked"]] == []
    jsonschema.validate(result["report"], schemas.load("report"))


@each_scenario
def test_any_piece_that_is_not_read_proves_nothing_else(
    play: Callable[[Path], dict[str, Any]], file: Path
) -> None:
    """Without one list of the snapshot, what is proven is part of what is proven with it."""
    result = play(file)
    report, snapshot = from_document(result["report"]), load(result["snapshot"], name=file.name)
    truth = proven(report)

    for name in snapshot.values:
        judged = again(report, snapshot.with_values(**{name: Unread("AccessDenied")}))
        assert proven(judged) <= truth, f"without {name}"
