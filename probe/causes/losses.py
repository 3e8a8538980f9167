"""Rules for what comes and goes, and for what is slow: many attempts looked at together.

The configuration is the same for every packet of a connection's kind, so what differs between
attempts is an address, a source port, load, or a device that loses packets.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from probe.causes import kinds
from probe.causes.cause import CUT_OFF, REFUSAL, SILENCE, Match, Proof
from probe.causes.seen import ONE_DIRECTION, sent
from probe.model import Failure, Stage, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.causes.seen import Seen
    from probe.model import Attempt, Observation

_DEAD = SILENCE | REFUSAL | CUT_OFF
_SLOW_MS = 500
_IPV6_ALONE = (
    "Over IPv4 the host answers. Tell its owner that its IPv6 address does not; until then have the"
    " client use IPv4, or turn off IPv6 for the function (Ipv6AllowedForDualStack)."
)
_SLOW = {Stage.RESOLVE: "looking up the name", Stage.CONNECT: "connecting"}


def one_address_dead(seen: Seen) -> Iterator[Match]:
    """Find names of which one address always fails and another never does."""
    for o in seen.observations:
        dead, alive = by_address(o)
        if not alive:
            continue
        elsewhere = seen.control_of(o)
        reached = by_address(elsewhere)[1] if elsewhere else []
        for address in dead:
            if address in reached:
                continue  # so it is not dead, and this says nothing more than that it is silent
            sentence = f"{o.label}: {address} failed every time, and {', '.join(alive)} never did."
            # Of a host that lets in some callers only, an address may just not know this one.
            proof = Proof.FIT if admitted_here(seen, o) else Proof.PACKETS
            yield Match((o.label,), proof, address, (sentence,), remedy=_advice(o, dead))


def admitted_here(seen: Seen, o: Observation) -> list[str]:
    """Name the addresses that answer here and were silent to the control: they choose callers."""
    control = seen.control_of(o)
    silent = by_address(control)[0] if control else []
    return [address for address in by_address(o)[1] if address in silent]


def _advice(o: Observation, dead: list[str]) -> str | None:
    """Say whose a dead address is where it is nobody's here: a public host's, or its IPv6."""
    if any(map(kinds.private, dead)) or kinds.is_aws(o):
        return None
    if lost_over(o, ipv6=True):
        return _IPV6_ALONE
    return (
        f"Tell the owner of {o.host} that {', '.join(dead)} does not answer. Until it does, clients"
        " that try the name's other addresses get through."
    )


def one_direction(seen: Seen) -> Iterator[Match]:
    """Find silent targets on whose way a firewall sees requests or answers only.

    What it makes of them nobody can read; nothing else on the way is closed.
    """
    for o in seen.failing:
        lost, tried = seen.tally(o, SILENCE)
        paths = seen.own_paths(o.label)
        if lost < tried or not paths or any(path.blockers for path in paths):
            continue
        hops = [hop for path in paths for hop in path.hops if hop.kind == ONE_DIRECTION]
        if hops:
            words = tuple(dict.fromkeys(f"{hop.why}." for hop in hops))
            yield Match((o.label,), Proof.FIT, hops[0].component, words, weight=0.98)


def lossy(seen: Seen) -> Iterator[Match]:
    """Find addresses to which some connections are lost, or open late, and others are not."""
    for o in seen.observations:
        for address, attempts in _attempts(o).items():
            silent = sum(_is_lost(a) or _resent(a) > 0 for a in attempts)
            late = sum(_is_lost_open(a) for a in attempts)
            if silent and silent + late < len(attempts):
                sentence = (
                    f"{o.label}: {silent + late} of {len(attempts)} connections to {address} were"
                    " lost, or opened only after a packet was sent again."
                )
                if late:
                    sentence += f" Of those {late} had opened, and then nothing more came back."
                yield Match((o.label,), Proof.FIT, None, (sentence,), weight=0.75)


def first_packet_lost(seen: Seen) -> Iterator[Match]:
    """Find targets to which every connection opened, and each only at the second packet."""
    for o in seen.observations:
        attempts = [a for found in _attempts(o).values() for a in found]
        if attempts and all(_resent(a) > 0 and not _is_lost(a) for a in attempts):
            sentence = (
                f"{o.label}: in {len(attempts)} of {len(attempts)} connections the kernel had to"
                " send the first packet again before an answer came."
            )
            proof = Proof.PACKETS if len(attempts) > 1 else Proof.FIT
            yield Match((o.label,), proof, None, (sentence,))


def slow(seen: Seen) -> Iterator[Match]:
    """Find names and connections that took long although no packet had to be sent again."""
    for o in seen.passing:
        resent = any(_resent(a) for a in o.attempts)
        for stage, words in _SLOW.items():
            took = _ms(o, stage)
            if took <= _SLOW_MS or (resent and stage is Stage.CONNECT):
                continue
            control = seen.control_of(o)
            there = f", {_ms(control, stage):.0f} ms from outside the VPC" if control else ""
            sentence = f"{o.label}: {words} took {took:.0f} ms{there}."
            yield Match((o.label,), Proof.FIT, None, (sentence,))


def _ms(o: Observation, stage: Stage) -> float:
    return max((step.ms for step in o.steps if step.stage is stage), default=0.0)


def large_lost(seen: Seen) -> Iterator[Match]:
    """Find connections that opened, and after which nothing more was heard."""
    for o in seen.failing:
        opened = seen.symptom(o) in CUT_OFF and o.failure is Failure.TIMEOUT
        # Large packets are lost always, and so is what waits for them.
        opened = opened and all(a.status is not Status.PASS for a in o.attempts)
        if opened and not seen.fails_everywhere(o):
            sentence = f"{o.label}: the connection opened, and then nothing more came back."
            weight = 0.35 if kinds.is_cut_within(o) else 0.7
            yield Match((o.label,), Proof.FIT, None, (sentence, *seen.beside(o)), weight)


def _attempts(o: Observation) -> dict[str, list[Attempt]]:
    """Sort the attempts by address."""
    found: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in o.attempts:
        if attempt.address is not None and attempt.status is not Status.SKIPPED and sent(attempt):
            found[attempt.address].append(attempt)
    return dict(found)


def by_address(o: Observation) -> tuple[list[str], list[str]]:
    """Name the addresses that always fail, and those that never do."""
    dead, alive = [], []
    for address, attempts in _attempts(o).items():
        if all((a.stage, a.failure) in _DEAD for a in attempts):
            dead.append(address)
        elif all(a.status is Status.PASS for a in attempts):
            alive.append(address)
    return dead, alive


def dead_for_all(seen: Seen, o: Observation) -> bool:
    """Tell whether all that fails is one address or more, and those fail outside the VPC as well.

    Each address is a host of its own: what it does to everybody says nothing about this VPC.
    """
    elsewhere = seen.control_of(o)
    dead, alive = by_address(o)
    one_by_one = bool(dead and alive) and set(_attempts(o)) == {*dead, *alive}
    return one_by_one and elsewhere is not None and {*dead} <= {*by_address(elsewhere)[0]}


def lost_over(o: Observation, *, ipv6: bool) -> bool:
    """Tell whether all that was lost went over this version of IP, and nothing that passed did."""
    tried = [a for a in o.attempts if a.address is not None and a.status is not Status.SKIPPED]
    return all(((":" in (a.address or "")) is ipv6) == (a.status is Status.FAIL) for a in tried)


def died_open(o: Observation) -> bool:
    """Tell whether connections opened, and then nothing more was heard of them."""
    return any(map(_is_lost_open, o.attempts))


def _is_lost_open(attempt: Attempt) -> bool:
    return (attempt.stage, attempt.failure) in CUT_OFF and attempt.failure is Failure.TIMEOUT


def _is_lost(attempt: Attempt) -> bool:
    return (attempt.stage, attempt.failure) in SILENCE


def _resent(attempt: Attempt) -> int:
    """Tell how often the kernel sent the first packet again before the connection opened."""
    count = attempt.detail.get("syn_retransmits")
    return count if isinstance(count, int) and attempt.status is Status.PASS else 0
