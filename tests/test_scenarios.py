"""Every scenario file, played: real packets, the real command line, and what it must say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from probe.report import schemas
from tests.lab.run import Worker

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.lab

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.yaml"))


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """Share one worker, and with it moto and the authorities, among all scenarios."""
    with Worker() as started:
        yield started


@pytest.mark.parametrize("file", SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_the_report_says_what_the_scenario_expects(worker: Worker, file: Path) -> None:
    """The product, run as a user runs it, finds what is wrong, and its fixes open the path."""
    result = worker.play(file.read_text(), file.name, fix=True)

    assert result["differences"] == []
    assert [done for done in result["fixes"] if not done["worked"]] == []
    jsonschema.validate(result["report"], schemas.load("report"))
