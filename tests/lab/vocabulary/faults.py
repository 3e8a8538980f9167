"""Reading what ails machines and services, which no configuration shows."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING

from tests.lab.parts import Fault, Service

if TYPE_CHECKING:
    from tests.lab.reading import Node
    from tests.lab.vocabulary.names import Names

SERVICES = ("dynamodb", "s3", "logs", "monitoring", "secretsmanager", "ssm", "sts", "sqs", "sns",
            "kms", "lambda", "ec2", "events", "states", "ecr")  # fmt: skip
FAULT_WORDS = ("down", "stopped", "firewall-drop", "firewall-reject", "firewall-prohibit",
               "first-syn-lost")  # fmt: skip
RESOLVER_WORDS = ("silent", "servfail")
Words = tuple[str, ...]
# Kind of place -> the words that a fault of it may be, and the keys of a mapping.
_ACCEPTED: dict[str, tuple[Words, Words]] = {
    "machine": (FAULT_WORDS, ("loss", "drops_larger_than", "delay", "admits")),
    "resolver": (RESOLVER_WORDS, ("nxdomain", "quota")),
    "nat": ((), ("ports",)),
}
ANSWERS = ("healthy", "down", "identity-denies", "explicit-deny", "endpoint-denies",
           "token-invalid", "throttling")  # fmt: skip


def service(name: str, node: Node) -> Service:
    """Read how an AWS service answers: a word."""
    return Service(name, node.word(*ANSWERS))


def faults(node: Node, names: Names) -> tuple[Fault, ...]:
    """Read `faults`: for each place one fault or a list of them."""
    found: list[Fault] = []
    nats = names.targets["nat-gateway"]
    for name, value in node.named():
        places = (*names.hosts, *names.load_balancers, *nats, "resolver")
        if name not in (*places, *SERVICES):
            accepted = f"a host of this file, an AWS service, or resolver ({', '.join(places)})"
            raise node.child(name, name).bad(accepted)
        kind = "resolver" if name == "resolver" else "machine"
        if name in nats and name not in names.hosts:
            kind = "nat"
        clients = (*nats, "control")
        found += [_fault(name, each, *_ACCEPTED[kind], clients) for each in value.one_or_more()]
    return tuple(found)


def _fault(at: str, node: Node, words: Words, keys: Words, clients: Words) -> Fault:
    if isinstance(node.value, str) and words:
        return Fault(at, node.word(*words))
    accepted = " or ".join(
        (*([f"one of {', '.join(words)}"] if words else ()), f"a mapping with {' or '.join(keys)}")
    )
    if not isinstance(node.value, dict):
        raise node.bad(accepted)
    fields = node.fields(*keys)
    if len(fields) != 1:
        raise node.bad(accepted)
    key, value = next(iter(fields.items()))
    return _measured(at, key, value, clients)


def _measured(at: str, key: str, value: Node, clients: Words) -> Fault:
    if key == "nxdomain":
        return Fault(at, key, names=tuple(n.name() for n in value.one_or_more()))
    if key == "admits":
        return Fault(at, key, names=tuple(_client(n, clients) for n in value.one_or_more()))
    if key == "loss":
        return Fault(at, key, _percent(value))
    if key == "delay":
        return Fault(at, key, value.integer(1, 10_000))
    if key in ("ports", "quota"):
        return Fault(at, key, value.integer(1, 10_000))
    return Fault(at, "drops-larger-than", value.integer(100, 1500))


def _client(node: Node, clients: Words) -> str:
    """Read an entry of an allow-list: who it is, or an address or range of either family."""
    if node.value in clients:
        return str(node.value)
    try:
        return str(ip_network(str(node.value)))
    except ValueError:
        raise node.bad(f"an address, a range, or one of {', '.join(clients)}") from None


def _percent(node: Node) -> int:
    match = re.fullmatch(r"([0-9]{1,3})%?", str(node.value)) if _short(node) else None
    if not match or not 1 <= int(match[1]) <= 100:
        raise node.bad("a share of packets such as 30%")
    return int(match[1])


def _short(node: Node) -> bool:
    return isinstance(node.value, int | str) and not isinstance(node.value, bool)
