"""From an event to a report: the order in which things are asked, and nothing more.

`look` makes the checks from here. `investigate` reads a function's placement and has a probe send
the packets, where the function is one or shares its place with one. What follows from it all is
`conclusion`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from probe import by_subnet, configured, control, runner, settings, stand_in, walks
from probe.aws import InvokeFailed
from probe.causes import CATALOGUE
from probe.conclusion import Begun, conclude
from probe.network.collector.collect import Reader, collect
from probe.network.snapshot import ReadFailed
from probe.report.document import DocumentError, from_document
from probe.sweep import Swept, sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from probe.by_subnet import Zones
    from probe.model import Observation, Placement, Report, Undetermined
    from probe.network.snapshot import Snapshot
    from probe.settings import Settings

    Invoke = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]

_DENIED = ("AccessDenied", "UnauthorizedOperation")  # then the packets can still tell something
_FAR_END = frozenset({"identity", "target"})  # layers of causes


class FunctionError(ValueError):
    """Lambda knows no such function, or cannot be asked; the text is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class World:
    """What an investigation may use of the world; passed in, never found."""

    read: Reader
    invoke: Invoke | None = None  # None: no function is invoked
    is_probe: bool = False  # the caller's word; else only its handler's name makes it one
    probe: str | None = None  # the only function to invoke, for itself and whoever shares its place
    spare_group: str | None = None  # of that probe: a group without rules
    control: bool = True  # make the public checks from here as well
    deadline: float = float("inf")  # of control and sweep, as time.monotonic tells
    environment: Mapping[str, str] | None = None  # AWS_REGION, where the function does not tell
    tell: Callable[[str], None] = lambda _: None  # hears what is being done


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a probe said, or what Lambda said in its place."""

    reports: tuple[Report, ...] = ()  # the one with most failures first
    facts: Mapping[str, Any] = field(default_factory=dict)
    swept: Swept | None = None
    zones: Zones = field(default_factory=dict)
    untried: tuple[Undetermined, ...] = ()  # subnets, as far as can be told


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
    wanted = settings.parse(event, _environment(configuration, world))
    sender = _sender(function, configuration, world)
    with ThreadPoolExecutor(1) as beside:
        outside = beside.submit(_control, event, configuration, world)
        heard = _ask(sender, event, configuration, world) if sender else _Heard()
        seen_outside = outside.result()
    aims = [
        _known_outside(tuple(map(walks.seen, one.observations)), seen_outside)
        for one in heard.reports
    ] or [_known_outside(tuple(map(walks.planned, wanted.targets)), seen_outside)]
    world.tell("reading the configuration")
    snapshot = _read(function, configuration, heard, aims, world)
    world.tell("judging")
    reports = [
        conclude(
            begun,
            configured.placement(snapshot, function, own.placement if own else None),
            own.observations if own else (),
            snapshot=snapshot,
            control=seen_outside,
            aims=its_aims,
            facts=heard.facts,
            error=own.error if own else None,
        )
        for own, its_aims in zip(heard.reports or (None,), aims, strict=True)
    ]
    report = reports[0]
    if heard.swept:
        report = by_subnet.together(reports, heard.zones, by_subnet.unseen(heard.swept))
    undetermined = (*heard.untried, *report.undetermined)
    report = replace(report, undetermined=undetermined, duration_ms=begun.ms)
    return _spoken_for(report, heard, configuration), snapshot


def _sender(function: str, configuration: Mapping[str, Any], world: World) -> str | None:
    """Name the probe to invoke, if any."""
    if world.invoke is None:
        return None
    if world.probe is None:
        return (
            function if world.is_probe or configuration.get("Handler") == stand_in.PROBE else None
        )
    if function == world.probe and not configuration:
        return world.probe
    spare = world.spare_group
    shares = stand_in.can_speak(world.probe, configuration, world.read, spare_group=spare)
    return world.probe if shares else None


def _read(
    function: str,
    configuration: Mapping[str, Any],
    heard: _Heard,
    aims: list[tuple[walks.Aim, ...]],
    world: World,
) -> Snapshot:
    every = [aim for its_aims in aims for aim in its_aims]
    own = heard.reports[0].placement if heard.reports else None
    return collect(
        world.read,
        function=function,
        **configured.told(configuration, own),
        addresses=[address for aim in every for address in aim.literals],
        hosts=[aim.host for aim in every if aim.host and aim.named],
        services=[aim.service for aim in every if aim.service],
    )


def _spoken_for(report: Report, heard: _Heard, configuration: Mapping[str, Any]) -> Report:
    """Say who sent the packets, where another probe did."""
    speaker = heard.reports[0].placement.function if heard.reports else None
    another = configuration and speaker not in (None, configuration.get("FunctionName"))
    return stand_in.spoken_for(report, str(speaker) if another else None)


def _configuration(function: str, read: Reader) -> Mapping[str, Any]:
    """Read what the function is; the values of its environment are used and not kept."""
    try:
        found = read("lambda", "GetFunctionConfiguration", FunctionName=function)
    except ReadFailed as failed:
        if not failed.reason.startswith(_DENIED):
            raise FunctionError(f"{function} cannot be read: {failed.reason}") from None
        return {}  # the collector meets the same, and writes it down
    if not isinstance(found, Mapping) or "FunctionName" not in found:
        raise FunctionError(f"{function} cannot be read: what answered is not AWS Lambda")
    return found


def _environment(
    configuration: Mapping[str, Any], world: World, *, proxies: bool = True
) -> Mapping[str, str]:
    """Return what the function's own code finds in its environment, as far as targets need it.

    Limits of where this runs are kept: the packets of the control leave from here, and whoever may
    write another function's environment must not widen them.
    """
    own = (configuration.get("Environment") or {}).get("Variables") or {}
    region = str(configuration.get("FunctionArn", "")).split(":")[3:4]
    kept = own if proxies else {k: v for k, v in own.items() if k.startswith("PROBE_")}
    here = world.environment or {}
    limits = {name: here[name] for name in settings.LIMITS if name in here}
    return {**here, **kept, **limits, **({"AWS_REGION": region[0]} if region else {})}


def _ask(
    sender: str, event: Mapping[str, Any], configuration: Mapping[str, Any], world: World
) -> _Heard:
    """Have the probe look, from each of its zones; what Lambda says in its place is a fact too."""

    def look(asked: Mapping[str, Any]) -> Report:
        assert world.invoke
        try:
            return from_document(world.invoke(sender, asked), name="its answer")
        except DocumentError as error:
            sentence = f"{sender} is no probe, or another version of it: {error}"
            raise FunctionError(sentence) from None

    subnet_ids = by_subnet.of_function(configuration)
    untried: tuple[Undetermined, ...] = ()
    zones = by_subnet.zones(configuration, world.read)
    places = len(zones or subnet_ids)
    try:
        if places > 1:
            swept = sweep(
                look, event, zones, subnets=places, deadline=world.deadline, tell=world.tell
            )
        else:
            world.tell(f"invoking {sender}")
            only = look(event)
            swept = Swept({str(only.placement.az_id): only}, 1)
    except InvokeFailed as failed:
        return _Heard(facts={"invoke_error": {"type": failed.code, "message": failed.message}})
    reports = tuple(by_subnet.worst_first(swept))
    if places > 1 and not zones:
        zones = by_subnet.zones_met(swept)
        untried = by_subnet.untried(subnet_ids, zones, needs="ec2:DescribeSubnets")
    elif not configuration and isinstance(told := reports[0].placement.subnet_ids, tuple):
        met = by_subnet.zones_met(swept)
        untried = by_subnet.untried(told, met, needs="lambda:GetFunctionConfiguration")
    return _Heard(reports, swept=swept, zones=zones, untried=untried)


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
