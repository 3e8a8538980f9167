"""What a scenario expects of the report, as values. Frozen dataclasses only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an observation is expected to say."""

    status: str  # pass | fail | skipped
    stage: str | None = None
    failure: str | None = None
    times: tuple[int, int] | None = None  # "2 of 5": so many of so many repetitions fail


@dataclass(frozen=True, slots=True)
class ExpectedFinding:
    """A finding that must be there; a field that is None may be anything."""

    code: str
    confidence: str | None = None
    component: str | None = None  # the lab's name of the component
    explains: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the report must say. None: nothing is expected of it."""

    status: str | None = None
    observations: Mapping[str, Outcome] = field(default_factory=dict)
    findings: tuple[ExpectedFinding, ...] | None = None  # exactly these proven ones
    first: str | None = None  # code of the finding ranked first
    possible: tuple[str, ...] | None = None  # codes among the possible findings
    absent: tuple[str, ...] = ()  # codes that must not appear at all
    undetermined: tuple[str, ...] | None = None  # permissions that the report must name as needed
    verdicts: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict
    )  # subnet -> check -> word
