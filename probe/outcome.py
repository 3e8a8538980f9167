"""From the attempts on one target to one observation. Pure.

Passed is what passed every time: of three addresses one that is silent is a fault that users meet
one time in three, so it must not hide behind the other two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.model import Attempt, Failure, Observation, Stage, Status, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probe.target import Target


def observe(target: Target, attempts: Sequence[Attempt]) -> Observation:
    """Put the attempts together; the first that failed decides, or else the first that passed."""
    attempts = _without_missing_family(attempts)
    decisive = _decisive(attempts)
    host, port = target.dialled
    not_attempted = decisive.failure is Failure.NOT_ATTEMPTED
    return Observation(
        check=target.check,
        target=target.label,
        status=decisive.status,
        stage=None if not_attempted else decisive.stage,
        failure=decisive.failure,
        address=decisive.address,
        port=port,
        host=host,
        steps=decisive.steps,
        attempts=tuple(attempts),
        detail=_detail(target, attempts, decisive),
    )


def not_attempted(
    address: str | None = None, stage: Stage = Stage.RESOLVE, steps: tuple[Step, ...] = ()
) -> Attempt:
    """Make the attempt that the deadline forestalled."""
    return Attempt(address, Status.SKIPPED, stage, Failure.NOT_ATTEMPTED, steps)


def _decisive(attempts: Sequence[Attempt]) -> Attempt:
    if len(attempts) == 1:
        return attempts[0]
    for attempt in attempts:
        if attempt.status is Status.FAIL:
            return attempt
    for attempt in attempts:
        if attempt.failure is Failure.NOT_ATTEMPTED:
            return attempt
    return next((a for a in attempts if a.status is Status.PASS), attempts[0])


def _without_missing_family(attempts: Sequence[Attempt]) -> Sequence[Attempt]:
    """Fail the attempts of a family that this machine has no way for, when there is no other."""
    for a in attempts:
        if a.status is not Status.SKIPPED or a.failure is Failure.NOT_ATTEMPTED:
            return attempts
    return [
        Attempt(a.address, Status.FAIL, a.stage, a.failure, a.steps, a.detail) for a in attempts
    ]


def _detail(target: Target, attempts: Sequence[Attempt], decisive: Attempt) -> dict[str, Any]:
    passed = failed = 0
    for attempt in attempts:
        passed += attempt.status is Status.PASS
        failed += attempt.status is Status.FAIL
    detail = {**target.facts, **decisive.detail}
    if target.service:
        detail["service"] = target.service
    if target.proxy:
        detail["proxy"] = target.proxy.label
    if passed or failed:
        detail["passed"] = f"{passed} of {passed + failed}"
    return detail
