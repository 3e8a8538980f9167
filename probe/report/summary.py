"""The answer of a report in one sentence. Every form of the report begins with it."""

from __future__ import annotations

from collections import Counter

from probe.model import Confidence, Failure, Observation, Report, Status, Unknown, Verdict

# Seen only in an answer of the target itself: it was reached, and said no.
ANSWERED = frozenset(
    {
        Failure.HTTP_STATUS,
        Failure.ACCESS_DENIED,
        Failure.SERVICE_ERROR,
        Failure.SERVER_BUSY,
        Failure.CLIENT_BLOCKED,
        Failure.UNEXPECTED_ANSWER,
    }
)


def sentence(report: Report) -> str:
    """Say in one sentence whether the targets are reached and, if not, why."""
    if report.error:
        return report.error
    said = _observed(report) if report.observations else _walked(report)
    said = f"{said}{_reason(report)}."
    return said if isinstance(report.placement.function, str) else f"{said[0].upper()}{said[1:]}"


def _subject(report: Report) -> str:
    name = report.placement.function
    if isinstance(name, str):
        return name
    return "this placement" if report.placement.in_vpc is True else "This machine"


def _observed(report: Report) -> str:
    seen = report.observations
    failed = [one for one in seen if one.status is Status.FAIL]
    who = _subject(report)
    if failed:
        never = [one for one in failed if not sometimes(one)]
        now_and_then = [one for one in failed if sometimes(one)]
        said = [_cannot(never, seen)] if never else []
        said += [_only_sometimes(now_and_then, seen)] if now_and_then else ()
        return f"{who} {' and '.join(said)}"
    passed = [one for one in seen if one.status is Status.PASS]
    if len(passed) == len(seen):
        return f"{who} reaches {_which(passed, seen)}{_as_far_as_tried(report)}"
    return f"{who} was not seen to reach {_which([o for o in seen if o not in passed], seen)}"


def _as_far_as_tried(report: Report) -> str:
    """Say where nothing was tried from: another subnet may have another route table or ACL."""
    placement, zones = report.placement, report.subnets
    untried = [one for one in zones if isinstance(one.status, Unknown)]
    if untried:
        return f" from {len(zones) - len(untried)} of its {len(zones)} zones; the rest is untried"
    if zones or placement.in_vpc is False or not isinstance(placement.function, str):
        return ""
    if isinstance(placement.subnet_ids, Unknown):
        return " from where it ran; whether it has other subnets, untried, is not known"
    several = len(placement.subnet_ids)
    return f" from one of its {several} subnets; the rest is untried" if several > 1 else ""


def _cannot(never: list[Observation], seen: tuple[Observation, ...]) -> str:
    verb = "use" if all(one.failure in ANSWERED for one in never) else "reach"
    if len(never) == len(seen) > 1:
        each = "neither of its 2" if len(seen) == 2 else f"none of its {len(seen)}"
        return f"can {verb} {each} targets"
    return f"cannot {verb} {_which(never, seen)}"


def _only_sometimes(some: list[Observation], seen: tuple[Observation, ...]) -> str:
    verb = "uses" if all(one.failure in ANSWERED for one in some) else "reaches"
    tried = [a for one in some for a in one.attempts if a.status is not Status.SKIPPED]
    passed = sum(attempt.status is Status.PASS for attempt in tried)
    count = f"{passed} of {len(tried)} attempts"
    return f"{verb} {_which(some, seen)} only sometimes ({count})"


def sometimes(one: Observation) -> bool:
    """Whether it failed, and not in every attempt."""
    passed = any(attempt.status is Status.PASS for attempt in one.attempts)
    return one.status is Status.FAIL and passed


def name(one: Observation) -> str:
    """Name an observation for a reader."""
    return once(one.label)


def once(label: str) -> str:
    """Say a label's word once where a check needs no target: "logs", not "logs logs"."""
    check, _, target = label.partition(" ")
    return check if check == target else label


def _which(some: list[Observation], of: tuple[Observation, ...]) -> str:
    if len(some) == 1:
        return name(some[0])
    if len(some) < len(of):
        return f"{len(some)} of {len(of)} targets"
    return "both targets" if len(of) == 2 else f"all {len(of)} targets"


def _walked(report: Report) -> str:
    """Without packets the configuration is all there is, and the sentence says so."""
    count = Counter(path.verdict for path in report.paths)
    who = _subject(report)
    if not report.paths:
        return f"Nothing was tried from {who}"
    if closed := count[Verdict.UNREACHABLE]:
        return f"By its configuration, {closed} of {len(report.paths)} paths from {who} are closed"
    if unsure := count[Verdict.UNDETERMINED]:
        return f"Of {len(report.paths)} paths from {who}, {unsure} cannot be decided"
    return f"By its configuration, all {len(report.paths)} paths from {who} are open"


def _reason(report: Report) -> str:
    if not report.findings:
        return _no_reason(report)
    first, *others = report.findings
    if first.confidence is not Confidence.PROVEN:
        return f"; most likely: {first.title.rstrip('.')}"
    more = sum(other.confidence is Confidence.PROVEN for other in others)
    also = f"; and {more} more cause{'s' if more > 1 else ''}" if more else ""
    return f": {first.title.rstrip('.')}{also}"


def _no_reason(report: Report) -> str:
    if report.status is Status.PASS:
        return ""
    if report.undetermined:
        return ", and the cause cannot be told from what could be read"
    return ", and no cause was found in what could be read" if report.paths else ""
