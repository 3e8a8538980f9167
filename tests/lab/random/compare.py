"""One network, judged twice: by a kernel with real connections, and by the product's command line.

A flow is tried from a source port on either side of every edge that a rule of the network has, so
that no part of the range goes unseen. Everything listens on every port that is asked for, so that
a refusal comes from a firewall on the way. A path that some ports have and others do not is
`partial`, which the product says by marking its blocker so. That the product cannot tell is no
disagreement; how often it happens, and why, is counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab import flows
from tests.lab.describe import describe
from tests.lab.kernel import build, plan
from tests.lab.package import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from random import Random

    from tests.lab.kernel import Eni, Network, Plan
    from tests.lab.scenario import Scenario

_EPHEMERAL = (1024, 65535)


@dataclass(frozen=True, slots=True)
class Question:
    """A connection, by names: addresses move when a network is cut down."""

    source: str  # key of an interface in the plan
    target: str  # the same, or "internet HOST", "service NAME"; before it "six" or "public"
    port: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What one side says: reachable, unreachable, partial, undetermined."""

    word: str
    why: str


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
        if eni.kind in ("function", "host") and not eni.public
    ]
    targets = list(_targets(scenario, chosen))
    found = []
    for _ in range(count):
        source, (target, port) = random.choice(sources), random.choice(targets)
        # Whatever it is asked to start from, the product takes it for the function's interface.
        family = chosen.enis[source].ipv6 and scenario.function.ipv6
        fits = family or ":" not in address(chosen, target)
        if fits and not target.endswith(source):
            found.append(Question(source, target, random.choice((port, port, 443, 5432))))
    return list(dict.fromkeys(found))


def _targets(scenario: Scenario, chosen: Plan) -> Iterator[tuple[str, int]]:
    """List what can be connected to, each with the port on which something listens."""
    yield from (("service dynamodb", 443), ("service logs", 443))
    for name, (ipv4, ipv6) in chosen.internet.items():
        prefixes = [""] * bool(ipv4) + ["six "] * bool(ipv6)
        yield from ((f"{prefix}internet {name}", scenario.hosts[name].port) for prefix in prefixes)
    for eni in chosen.enis.values():
        if eni.kind == "endpoint":
            yield eni.key, 443
        if eni.kind == "load-balancer":
            yield eni.key, min(scenario.load_balancers[eni.name].listeners)
        if eni.kind == "host":
            prefixes = ["", *["six "] * bool(eni.ipv6), *["public "] * bool(eni.public)]
            yield from ((prefix + eni.key, scenario.hosts[eni.name].port) for prefix in prefixes)


def address(chosen: Plan, target: str) -> str:
    """Give the address of a target; KeyError when the network has no such thing."""
    prefix, _, key = target.partition(" ")
    if prefix not in ("six", "public"):
        prefix, key = "", target
    kind, _, name = key.partition(" ")
    found: object
    if kind == "service":
        found = chosen.services[name]
    elif kind == "internet":
        found = chosen.internet[name][prefix == "six"]
    else:
        eni = chosen.enis[key]
        found = {"six": eni.ipv6, "public": eni.public}.get(prefix, eni.address)
    if found is None:
        raise KeyError(target)
    return str(found)


def compare(
    scenario: Scenario, asked: Sequence[Question], *, patient: bool = True
) -> tuple[list[Disagreement], list[Answer]]:
    """Ask both sides; give where they differ, and what the product could not tell.

    A patient look asks the kernel again where they differ: with more time, and each question in a
    network of its own, where no other connection can have taken its port from it.
    """
    chosen = plan(scenario)
    ports = _ports(scenario)
    with build(scenario, resolvers=False, keep_ports=True) as network:
        health = _health(network, ports)
        asked = [q for q in asked if "partial" not in health.get(q.target, {}).values()]
        with tempfile.TemporaryDirectory() as folder:
            product = _Product(Path(folder), scenario, chosen, asked, health)
            seen = _kernel(network, asked, ports, quiet_s=0.3)
            said = product.answers()
    doubtful = [
        Disagreement(question, kernel, answer)
        for question, kernel, answer in zip(asked, seen, said, strict=True)
        if answer.word not in (kernel.word, "undetermined")
    ]
    if patient:
        doubtful = [
            replace(one, kernel=again)
            for one in doubtful
            if (again := _alone(scenario, one.question, ports)).word != one.product.word
        ]
    return doubtful, [answer for answer in said if answer.word == "undetermined"]


def _health(network: Network, ports: Sequence[int]) -> dict[str, dict[str, str]]:
    """Ask every load balancer's interface for its targets, as its health check does."""
    scenario, found = network.scenario, {}
    for balancer in scenario.load_balancers.values():
        targets = [name for one in balancer.listeners.values() for name in one.targets]
        for subnet in balancer.subnets:
            key = f"load-balancer {balancer.name} {subnet}"
            asked = [Question(key, f"host {name}", scenario.hosts[name].port) for name in targets]
            seen = _kernel(network, asked, ports, quiet_s=0.3)
            found[key] = {name: s.word for name, s in zip(targets, seen, strict=True)}
    return found


def _alone(scenario: Scenario, question: Question, ports: Sequence[int]) -> Answer:
    with build(scenario, resolvers=False, keep_ports=True) as network:
        return _kernel(network, [question], ports, quiet_s=1.2)[0]


def _kernel(
    network: Network, asked: Sequence[Question], ports: Sequence[int], *, quiet_s: float
) -> list[Answer]:
    chosen = network.plan
    tries = [
        flows.Flow(
            _source(chosen.enis[question.source]),
            address(chosen, question.target),
            question.port,
            port,
        )
        for question in asked
        for port in ports
    ]
    asked_for = {question.port for question in asked}
    outcomes = flows.run(network, tries, quiet_s=quiet_s, ports=asked_for)
    width = len(ports)
    return [_seen(outcomes[at : at + width]) for at in range(0, len(outcomes), width)]


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
        batch.write_text("".join(_asked(chosen, question) + "\n" for question in asked))
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


def _asked(chosen: Plan, question: Question) -> str:
    eni = chosen.enis[question.source]
    groups = [f"sg-{group}" for group in eni.security_groups or ()]
    start = ",".join([f"subnet-{eni.subnet}", *groups])
    host = address(chosen, question.target)
    host = f"[{host}]" if ":" in host else host
    return json.dumps({"from": start, "to": f"{host}:{question.port}"})


def _verdict(path: dict[str, Any]) -> Answer:
    blockers, unknown = path["blockers"], path["undetermined"]
    word = path["verdict"]
    if blockers and not unknown and all(blocker.get("partial") for blocker in blockers):
        word = "partial"
    told = [str(blocker["code"]) for blocker in blockers] + [str(one["what"]) for one in unknown]
    return Answer(word, ", ".join(told))
