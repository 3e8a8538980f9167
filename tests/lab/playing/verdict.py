"""Whether a report says what its scenario expects, and in what it differs. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tests.lab.expectations import Expectation, ExpectedFinding, Outcome
    from tests.lab.parts import Check
    from tests.lab.scenario import Scenario

    Document = Mapping[str, Any]
    Names = Callable[[str | None], set[str]]  # AWS id -> the scenario's names for it


def differences(
    scenario: Scenario, report: Document, names: Names, log: Sequence[str] | None
) -> list[str]:
    """List in sentences what is otherwise than expected. `log`: None when nothing was invoked."""
    return list(_differences(scenario, report, names, log))


def _differences(
    scenario: Scenario, report: Document, names: Names, log: Sequence[str] | None
) -> Iterator[str]:
    expect = scenario.expect
    if report.get("error"):
        yield f"the report is an error: {report['error']}"
    if expect.status and report["status"] != expect.status:
        yield f"status is {report['status']}, not {expect.status}"
    yield from _observations(scenario, report["observations"])
    yield from _findings(expect, report["findings"], _labels(scenario, report), names)
    needs = {entry.get("needs") for entry in report["undetermined"]}
    for action in expect.undetermined or ():
        if action not in needs:
            yield f"nothing undetermined needs {action}"
    yield from _verdicts(scenario, report, names)
    # Whatever the placement, the platform delivers what the function writes to stdout.
    if log is not None and not any(map(_is_report, log)):
        yield "the stdout log was not delivered: no report is in it"


def _is_report(line: str) -> bool:
    """Recognise the line in which the function logs its report."""
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    return isinstance(entry, dict) and "observations" in (entry.get("report") or {})


def _labels(scenario: Scenario, report: Document) -> dict[str, set[str]]:
    """Map each observation's label to the names by which the scenario may call it."""
    pairs = zip(scenario.targets, report["observations"], strict=False)
    return {f"{seen['check']} {seen['target']}": _called(check, seen) for check, seen in pairs}


def _called(check: Check, seen: Document) -> set[str]:
    words = {seen["target"], check.host, *(check.words.get(key) for key in _TELLING)}
    return {check.check, *(f"{check.check} {word}" for word in words if isinstance(word, str))}


# Words of a target by which people tell it from others of its check.
_TELLING = ("url", "host", "name", "service", "table")


def _observations(scenario: Scenario, seen: Sequence[Document]) -> Iterator[str]:
    if not seen and not scenario.expect.observations:
        return  # a function that could not start saw nothing
    if len(seen) != len(scenario.targets):
        yield f"{len(seen)} observations for {len(scenario.targets)} targets"
        return
    called = [_called(check, one) for check, one in zip(scenario.targets, seen, strict=True)]
    for key, outcome in scenario.expect.observations.items():
        found = [one for one, its in zip(seen, called, strict=True) if key in its]
        if not found:
            yield f"there is no observation {key!r}"
        for one in found:
            said, wanted = _said(one), _wanted(outcome)
            if outcome.times and outcome.times != _times(one):
                yield f"{key}: {_times(one)} repetitions failed, not {outcome.times}"
            elif said != wanted and not outcome.times:
                yield f"{key}: {said}, not {wanted}"


def _said(seen: Document) -> str:
    if seen["status"] != "fail":
        return str(seen["status"])
    return f"{seen.get('stage')} {seen.get('failure')}"


def _wanted(outcome: Outcome) -> str:
    return f"{outcome.stage} {outcome.failure}" if outcome.stage else outcome.status


def _times(seen: Document) -> tuple[int, int]:
    failed = [attempt for attempt in seen["attempts"] if attempt["status"] == "fail"]
    return len(failed), len(seen["attempts"])


def _findings(
    expect: Expectation, found: Sequence[Document], labels: Mapping[str, set[str]], names: Names
) -> Iterator[str]:
    if expect.findings is not None:
        yield from _proven(expect.findings, found, labels, names)
    codes = [finding["code"] for finding in found]
    if expect.first and codes[:1] != [expect.first]:
        yield f"the first finding is {(codes or ['none'])[0]}, not {expect.first}"
    possible = [
        code  # what packets cannot tell from a finding stands in its entry
        for finding in found
        if finding["confidence"] == "possible"
        for code in (finding["code"], *finding.get("same_symptom", ()))
    ]
    for code in expect.possible or ():
        if code not in possible:
            yield f"{code} is not among the possible findings: {', '.join(possible) or 'none'}"
    yield from (f"{code} is there and must not be" for code in expect.absent if code in codes)


def _proven(
    wanted: Sequence[ExpectedFinding],
    found: Sequence[Document],
    labels: Mapping[str, set[str]],
    names: Names,
) -> Iterator[str]:
    """Each expected finding is there, and no proven one beside them."""
    left = list(found)
    for one in wanted:
        match = next((f for f in left if _matches(one, f, labels, names)), None)
        if match is None:
            yield f"no finding is {_told(one)}; there are: {_listed(found, names)}"
        else:
            left.remove(match)
    for extra in left:
        if extra["confidence"] == "proven":
            yield f"unexpected: {_listed([extra], names)}"


def _matches(
    wanted: ExpectedFinding, found: Document, labels: Mapping[str, set[str]], names: Names
) -> bool:
    explained = [labels.get(label, {label}) for label in found["explains"]]
    return (
        found["code"] == wanted.code
        and found["confidence"] == (wanted.confidence or "proven")
        and wanted.component in (None, found["component"], *names(found["component"]))
        and all(any(label in its for its in explained) for label in wanted.explains or ())
    )


def _told(wanted: ExpectedFinding) -> str:
    where = f" at {wanted.component}" if wanted.component else ""
    what = f" explaining {', '.join(wanted.explains)}" if wanted.explains else ""
    return f"{wanted.confidence or 'proven'} {wanted.code}{where}{what}"


def _listed(found: Sequence[Document], names: Names) -> str:
    told = []
    for one in found:
        called = " or ".join(sorted(names(one["component"]))) or one["component"]
        told.append(f"{one['confidence']} {one['code']} at {called}")
    return "; ".join(told) or "none"


def _verdicts(scenario: Scenario, report: Document, names: Names) -> Iterator[str]:
    labels = _labels(scenario, report)
    for subnet, wanted in scenario.expect.verdicts.items():
        for key, word in wanted.items():
            said = {
                path["verdict"]
                for path in report["paths"]
                if subnet in names(path.get("subnet_id")) and key in labels.get(path["target"], ())
            }
            if said != {word}:
                told = " and ".join(sorted(said)) or "not told"
                yield f"from {subnet} {key} is {told}, not {word}"
