"""From an event to a report: the order in which things are asked, and nothing more.

`look` makes the checks from here. `investigate` reads a function's placement and, where the
function is a probe, has it send the packets. What follows from it all is `conclusion`'s business.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from probe import configured, control, runner, settings, walks
from probe.aws import InvokeFailed
from probe.causes import CATALOGUE
from probe.conclusion import Begun, conclude
from probe.network.collector.collect import Reader, collect
from probe.network.snapshot import ReadFailed
from probe.report.document import DocumentError, from_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from probe.model import Observation, Placement, Report
    from probe.network.snapshot import Snapshot
    from probe.settings import Settings

    Invoke = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]

PROBE = "probe.handler.probe"  # the handler by which a deployed probe is known
_DENIED = ("AccessDenied", "UnauthorizedOperation")  # then the packets can still tell something
_FAR_END = frozenset({"identity", "target"})  # layers of causes


class FunctionError(ValueError):
    """Lambda knows no such function, or cannot be asked; the text is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class World:
    """What an investigation may use of the world; passed in, never found."""

    read: Reader
    invoke: Invoke | None = None  # None: the function is not invoked
    is_probe: bool = False  # the caller's word; else only its handler's name makes it one
    control: bool = True  # make the public checks from here as well
    deadline: float = float("inf")  # of the control, as time.monotonic tells
    environment: Mapping[str, str] | None = None  # AWS_REGION, where the function does not tell


def look(wanted: Settings, placement: Placement, *, deadline: float) -> Report:
    """Make the checks from here, and judge by what they saw alone."""
    begun = Begun()
    report = conclude(begun, placement, runner.run(wanted, deadline=deadline))
    if isinstance(placement.function, str):
        return report
    # A machine that is no function has no placement that could be at fault.
    far_end = tuple(f for f in report.findings if CATALOGUE[f.code].layer in _FAR_END)
    return replace(report, findings=far_end)


def investigate(function: str, event: Mapping[str, Any], world: World) -> tuple[Report, Snapshot]:
    """Find out what a function reaches and why not; the snapshot is what the answer stands on."""
    begun = Begun()
    configuration = _configuration(function, world.read)
    is_probe = world.is_probe or configuration.get("Handler") == PROBE
    wanted = settings.parse(event, _environment(configuration, world))
    with ThreadPoolExecutor(1) as beside:
        outside = beside.submit(_control, event, configuration, world)
        answer = _ask(function, event, world.invoke) if is_probe and world.invoke else None
        seen_outside = outside.result()
    own, facts = answer or (None, {})
    known = map(walks.seen, own.observations) if own else map(walks.planned, wanted.targets)
    aims = _known_outside(tuple(known), seen_outside)
    snapshot = collect(
        world.read,
        function=function,
        **configured.told(configuration, own.placement if own else None),
        addresses=[address for aim in aims for address in aim.literals],
        hosts=[aim.host for aim in aims if aim.host and aim.named],
        services=[aim.service for aim in aims if aim.service],
    )
    report = conclude(
        begun,
        configured.placement(snapshot, function, own.placement if own else None),
        own.observations if own else (),
        snapshot=snapshot,
        control=seen_outside,
        aims=aims,
        facts=facts,
        error=own.error if own else None,
    )
    return report, snapshot


def _configuration(function: str, read: Reader) -> Mapping[str, Any]:
    """Read what the function is; the values of its environment are used and not kept."""
    try:
        return read("lambda", "GetFunctionConfiguration", FunctionName=function)
    except ReadFailed as failed:
        if not failed.reason.startswith(_DENIED):
            raise FunctionError(f"{function} cannot be read: {failed.reason}") from None
        return {}  # the collector meets the same, and writes it down


def _environment(
    configuration: Mapping[str, Any], world: World, *, proxies: bool = True
) -> Mapping[str, str]:
    """Return what the function's own code finds in its environment, as far as targets need it."""
    own = (configuration.get("Environment") or {}).get("Variables") or {}
    region = str(configuration.get("FunctionArn", "")).split(":")[3:4]
    kept = own if proxies else {k: v for k, v in own.items() if k.startswith("PROBE_")}
    return {**(world.environment or {}), **kept, **({"AWS_REGION": region[0]} if region else {})}


def _ask(
    function: str, event: Mapping[str, Any], invoke: Invoke
) -> tuple[Report | None, Mapping[str, Any]]:
    """Have the probe look; what Lambda says when it cannot start the function is a fact too."""
    try:
        return from_document(invoke(function, event), name="its answer"), {}
    except DocumentError as error:
        raise FunctionError(f"{function} is no probe, or another version of it: {error}") from None
    except InvokeFailed as failed:
        return None, {"invoke_error": {"type": failed.code, "message": failed.message}}


def _control(
    event: Mapping[str, Any], configuration: Mapping[str, Any], world: World
) -> tuple[Observation, ...] | None:
    if not world.control:
        return None
    wanted = settings.parse(event, _environment(configuration, world, proxies=False))
    return control.look(wanted, deadline=world.deadline)


def _known_outside(
    aims: tuple[walks.Aim, ...], seen_outside: tuple[Observation, ...] | None
) -> tuple[walks.Aim, ...]:
    """Add the addresses that names have from here, where no packet went to an address."""
    public = {one.label: walks.seen(one).addresses for one in seen_outside or ()}
    return tuple(
        aim if aim.addresses else replace(aim, public=public.get(aim.label, ())) for aim in aims
    )
