"""One network, judged twice: by a kernel with real connections, and by the product's command line.

A flow is tried from a source port on either side of every edge that a rule of the network has, so
that no part of the range goes unseen. Everything listens on every port that is asked for, so that
a refusal comes from a firewall on the way. A path that some ports have and others do not is
`partial`, which the product says by marking its blocker so; so is one that is there or not as AWS
happens to choose (`doors`). That the product cannot tell is no disagreement; how often it happens,
and why, is counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab.describe import describe
from tests.lab.function.package import REPOSITORY
from tests.lab.kernel import build, flows, plan
from tests.lab.random import targets
from tests.lab.random.doors import every_choice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from random import Random

    from tests.lab.kernel import Eni, Network, Plan
    from tests.lab.scenario import Scenario

_EPHEMERAL = (1024, 65535)
# Silence is believed when it lasts: on a busy machine a packet may wait longer than a first look,
# and what was lost is sent again after 1 s and after 3 s.
_PATIENCE = (1.2, 3.2)


@dataclass(frozen=True, slots=True)
class Question:
    """A connection, by names: addresses move when a network is cut down."""

    source: str  # key of an interface in the plan
    # The same, or "internet HOST", "service NAME", "premises HOST", before it "six" or "public"; or
    # "name HOST"
    target: str
    port: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What one side says: reachable, unreachable, partial, undetermined."""

    word: str
    why: str
    codes: tuple[str, ...] = ()  # what closes the way, in the product's words
    ways: tuple[str, ...] = ()  # the kinds of what the packets meet, in its words as well


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A question that the two sides answer differently."""

    question: Question
    kernel: Answer
    product: Answer


def questions(scenario: Scenario, random: Random, count: int) -> list[Question]:
    """Draw connections: from every kind of interface to every kind of target."""
    chosen = plan(scenario)
    sources = [
        eni.key
        for eni in chosen.enis.values()
        if eni.kind in ("function", "host") and not eni.public and _like_the_function(scenario, eni)
    ]
    there = list(targets.targets(scenario, chosen))
    found = []
    for _ in range(count):
        source, (target, port) = random.choice(sources), random.choice(there)
        places = targets.addresses(scenario, chosen, source, target)
        fits = targets.speaks_ipv6(scenario, chosen, source) or ":" not in "".join(places)
        if fits and not _itself(chosen.enis[source], places):
            found.append(Question(source, target, random.choice((port, port, 443, 5432))))
    return list(dict.fromkeys(found))


def _like_the_function(scenario: Scenario, eni: Eni) -> bool:
    """Tell whether a machine has the families that the product takes for granted in its place."""
    return scenario.function.ipv6 is False or bool(eni.ipv6) is bool(
        scenario.subnets[eni.subnet].ipv6_cidr
    )


def _itself(eni: Eni, places: Sequence[str]) -> bool:
    return any(str(own) in places for own in (eni.address, eni.ipv6, eni.public))


def compare(
    scenario: Scenario, asked: Sequence[Question]
) -> tuple[list[Disagreement], list[Answer]]:
    """Ask both sides; give where they differ, and all that the product says.

    Where they differ the kernel is asked again, with more time at every look.
    """
    ports = _ports(scenario)
    with _built(scenario) as networks, tempfile.TemporaryDirectory() as folder:
        health = _health(networks, ports)
        asked = [q for q in asked if not _at_random(networks[0], q, health)]
        product = _Product(Path(folder), scenario, networks[0].plan, asked, health)
        seen = _kernel(networks, asked, ports, quiet_s=0.3)
        said = product.answers()
    doubtful = [
        Disagreement(question, kernel, answer)
        for question, kernel, answer in zip(asked, seen, said, strict=True)
        if answer.word not in (kernel.word, "undetermined")
    ]
    for quiet_s in _PATIENCE:
        doubtful = [
            replace(one, kernel=again)
            for one in doubtful
            if (again := _alone(scenario, one.question, ports, quiet_s)).word != one.product.word
        ]
    return doubtful, said


@contextmanager
def _built(scenario: Scenario) -> Iterator[list[Network]]:
    """Build the network once for every choice that AWS has."""
    with ExitStack() as opened:
        yield [
            opened.enter_context(build(one, resolvers=False, keep_ports=True))
            for one in every_choice(scenario)
        ]


def _health(networks: Sequence[Network], ports: Sequence[int]) -> dict[str, dict[str, str]]:
    """Ask every load balancer's interface for its targets, as its health check does."""
    scenario, found = networks[0].scenario, {}
    for balancer in scenario.load_balancers.values():
        targets = [name for one in balancer.listeners.values() for name in one.targets]
        for subnet in balancer.subnets:
            key = f"load-balancer {balancer.name} {subnet}"
            asked = [Question(key, f"host {name}", scenario.hosts[name].port) for name in targets]
            seen = _kernel(networks, asked, ports, quiet_s=0.3)
            found[key] = {name: s.word for name, s in zip(targets, seen, strict=True)}
    return found


def _at_random(
    network: Network, question: Question, health: Mapping[str, Mapping[str, str]]
) -> bool:
    """Tell whether it goes, by address or name, to what is healthy only on some ports."""
    places = targets.addresses(network.scenario, network.plan, question.source, question.target)
    flapping = (key for key, found in health.items() if "partial" in found.values())
    return any(str(network.plan.enis[key].address) in places for key in flapping)


def _alone(scenario: Scenario, question: Question, ports: Sequence[int], quiet_s: float) -> Answer:
    """Ask in a network of its own, where no other connection can have taken a port from this."""
    with _built(scenario) as networks:
        return _kernel(networks, [question], ports, quiet_s=quiet_s)[0]


def _kernel(
    networks: Sequence[Network], asked: Sequence[Question], ports: Sequence[int], *, quiet_s: float
) -> list[Answer]:
    """Sum up what becomes of every question, however AWS may choose."""
    each = [_outcomes(network, asked, ports, quiet_s=quiet_s) for network in networks]
    return [_seen([*chain.from_iterable(some)]) for some in zip(*each, strict=True)]


def _outcomes(
    network: Network, asked: Sequence[Question], ports: Sequence[int], *, quiet_s: float
) -> list[list[str]]:
    """Try every address of every target from every port."""
    chosen, asked_for = network.plan, {question.port for question in asked}
    places = [
        targets.addresses(network.scenario, chosen, question.source, question.target)
        for question in asked
    ]
    tries = [
        [
            flows.Flow(_source(chosen.enis[question.source]), place, question.port, port)
            for place in some
            for port in ports
        ]
        for question, some in zip(asked, places, strict=True)
    ]
    # A name and an address may mean one machine: what is the same connection is tried once.
    each = list(dict.fromkeys(flow for some in tries for flow in some))
    outcomes = dict(
        zip(each, flows.run(network, each, quiet_s=quiet_s, ports=asked_for), strict=True)
    )
    return [[outcomes[flow] for flow in some] for some in tries]


def _ports(scenario: Scenario) -> list[int]:
    """Choose source ports: both ends of the range, and both sides of every edge within it."""
    found = set(_EPHEMERAL)
    for nacl in scenario.nacls.values():
        for entry in (*nacl.inbound, *nacl.outbound):
            low, high = entry.ports
            found |= {low - 1, low, high, high + 1}
    return sorted(port for port in found if _EPHEMERAL[0] <= port <= _EPHEMERAL[1])


def _source(eni: Eni) -> str:
    return eni.name if eni.kind == "host" else eni.key


def _seen(outcomes: Sequence[str]) -> Answer:
    """Sum up; a firewall that refuses closes the way as one that says nothing."""
    if not outcomes:
        return Answer("unreachable", "no such name")
    passed = [outcome == "open" for outcome in outcomes]
    word = "reachable" if all(passed) else "partial" if any(passed) else "unreachable"
    return Answer(word, ", ".join(dict.fromkeys(outcomes)))


class _Product:
    """The product's `path` command, which works while the kernel's flows are under way."""

    def __init__(
        self,
        folder: Path,
        scenario: Scenario,
        chosen: Plan,
        asked: Sequence[Question],
        health: Mapping[str, Mapping[str, str]],
    ) -> None:
        snapshot, batch = folder / "snapshot.json", folder / "questions.jsonl"
        snapshot.write_text(json.dumps(describe(scenario, chosen, health)))
        batch.write_text("".join(_asked(scenario, chosen, question) + "\n" for question in asked))
        command = ["-m", "probe.cli", "path", str(snapshot), "--batch", str(batch)]
        self._process = subprocess.Popen(
            [sys.executable, *command, "--format", "json"],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def answers(self) -> list[Answer]:
        """Wait for what it says of every question."""
        said, complaint = self._process.communicate(timeout=120)
        if self._process.returncode:
            raise RuntimeError(f"lambda-probe path failed: {complaint.strip()}")
        return [_verdict(json.loads(line)) for line in said.splitlines()]


def _asked(scenario: Scenario, chosen: Plan, question: Question) -> str:
    eni = chosen.enis[question.source]
    groups = [f"sg-{group}" for group in eni.security_groups or ()]
    start = ",".join([f"subnet-{eni.subnet}", *groups])
    kind, _, host = question.target.partition(" ")
    if kind != "name":
        (host,) = targets.addresses(scenario, chosen, question.source, question.target)
    host = f"[{host}]" if ":" in host else host
    return json.dumps({"from": start, "to": f"{host}:{question.port}"})


def _verdict(path: dict[str, Any]) -> Answer:
    blockers, unknown = path["blockers"], path["undetermined"]
    word = path["verdict"]
    if blockers and not unknown and all(blocker.get("partial") for blocker in blockers):
        word = "partial"
    codes = dict.fromkeys(str(blocker["code"]) for blocker in blockers)
    told = dict.fromkeys(str(one["what"]) for one in unknown)
    kinds = dict.fromkeys(str(hop["kind"]) for hop in path["hops"])
    return Answer(word, ", ".join([*codes, *told]), tuple(codes), tuple(kinds))
