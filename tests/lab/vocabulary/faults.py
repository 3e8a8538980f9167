"""Reading what ails machines and services, which no configuration shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.lab.parts import Fault, Service

if TYPE_CHECKING:
    from tests.lab.reading import Node
    from tests.lab.vocabulary.names import Names

SERVICES = ("dynamodb", "s3", "logs", "monitoring", "secretsmanager", "ssm", "sts", "sqs", "sns",
            "kms", "lambda", "ec2", "events", "states", "ecr")  # fmt: skip
FAULT_WORDS = ("down", "stopped", "firewall-drop", "firewall-reject", "first-syn-lost")
RESOLVER_WORDS = ("silent", "servfail")
ANSWERS = ("healthy", "down", "identity-denies", "explicit-deny", "endpoint-denies")


def service(name: str, node: Node) -> Service:
    """Read how an AWS service answers: a word."""
    return Service(name, node.word(*ANSWERS))


def faults(node: Node, names: Names) -> tuple[Fault, ...]:
    """Read `faults`: for each place one fault or a list of them."""
    found: list[Fault] = []
    for name, value in node.named():
        places = (*names.hosts, *names.load_balancers, "resolver")
        if name not in (*places, *SERVICES):
            accepted = f"a host of this file, an AWS service, or resolver ({', '.join(places)})"
            raise node.child(name, name).bad(accepted)
        found += [_fault(name, each) for each in value.one_or_more()]
    return tuple(found)


def _fault(at: str, node: Node) -> Fault:
    words = RESOLVER_WORDS if at == "resolver" else FAULT_WORDS
    if isinstance(node.value, str):
        return Fault(at, node.word(*words))
    keys = ("nxdomain",) if at == "resolver" else ("loss", "drops_larger_than")
    accepted = f"one of {', '.join(words)}, or a mapping with {' or '.join(keys)}"
    if not isinstance(node.value, dict):
        raise node.bad(accepted)
    fields = node.fields(*keys)
    if len(fields) != 1:
        raise node.bad(accepted)
    key, value = next(iter(fields.items()))
    if key == "nxdomain":
        return Fault(at, key, names=tuple(n.name() for n in value.one_or_more()))
    if key == "loss":
        return Fault(at, key, _percent(value))
    return Fault(at, "drops-larger-than", value.integer(100, 1500))


def _percent(node: Node) -> int:
    match = re.fullmatch(r"([0-9]{1,3})%?", str(node.value)) if _short(node) else None
    if not match or not 1 <= int(match[1]) <= 100:
        raise node.bad("a share of packets such as 30%")
    return int(match[1])


def _short(node: Node) -> bool:
    return isinstance(node.value, int | str) and not isinstance(node.value, bool)
