"""What one sentence says of several paths: do the subnets of a placement differ, and in what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from probe.model import Path


def sentence(paths: Sequence[Path]) -> str:
    """Say in one sentence how the subnets of a placement differ."""
    by_target: dict[str, list[Path]] = {}
    for path in paths:
        by_target.setdefault(path.target or "", []).append(path)
    return " ".join(_difference(target, same) for target, same in by_target.items())


def _difference(target: str, paths: list[Path]) -> str:
    count = len(paths)
    verdicts = {path.verdict for path in paths}
    which = (
        (paths[0].subnet_id or "here")
        if count == 1
        else f"{'both' if count == 2 else 'all'} subnets"
    )
    if verdicts == {Verdict.REACHABLE}:
        return f"{target} can be reached from {which}."
    if verdicts == {Verdict.UNDETERMINED}:
        return f"Whether {target} can be reached from {which} cannot be decided."
    if verdicts == {Verdict.UNREACHABLE} and len({_why(path) for path in paths}) == 1:
        none = (
            which if count == 1 else f"any of the {count} subnets" if count > 2 else "either subnet"
        )
        return f"{target} cannot be reached from {none}: {_why(paths[0])}."
    return f"{target}: {'; '.join(_each(paths))}."


def _each(paths: list[Path]) -> Iterator[str]:
    words = {
        Verdict.REACHABLE: "reachable from",
        Verdict.UNREACHABLE: "unreachable from",
        Verdict.UNDETERMINED: "undecided from",
    }
    told: dict[tuple[Verdict, str], list[str]] = {}
    for path in paths:
        told.setdefault((path.verdict, _why(path)), []).append(path.subnet_id or "")
    for (verdict, why), subnets in told.items():
        yield f"{words[verdict]} {' and '.join(subnets)}{f' ({why})' if why else ''}"


def _why(path: Path) -> str:
    if path.verdict is Verdict.UNDETERMINED and path.undetermined:
        return f"{path.undetermined[0].what}: {path.undetermined[0].reason}"
    blockers = dict.fromkeys(f"{one.code} at {one.component}" for one in path.blockers)
    return ", ".join(blockers)
