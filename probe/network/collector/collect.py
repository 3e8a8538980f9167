"""Reads what one placement and its targets can touch, nothing more, in as few calls as it takes.

Round by round: each round's calls go out side by side, and what they tell decides the next. Every
call fails alone. Reads only; judges nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.network.addresses import is_address
from probe.network.collector import host_questions, questions, references
from probe.network.collector.gathering import Gathering, Question, Reader
from probe.network.collector.references import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from probe.network.values import Snapshot

__all__ = ["Reader", "collect"]
MAX_ROUNDS = 8  # of following what answers name; each adds at least one thing


def collect(
    read: Reader,
    *,
    function: str | None = None,
    subnet_ids: Iterable[str] = (),
    security_group_ids: Iterable[str] = (),
    addresses: Iterable[str] = (),
    hosts: Iterable[str] = (),
    services: Iterable[str] = (),
) -> Snapshot:
    """Read the configuration. A placement given in words goes before the function's own."""
    found = Gathering(read)
    if function is not None:
        found.ask([questions.function(function)])
    own_subnets, own_groups = references.placement(found)
    wanted = Wanted(
        subnet_ids=tuple(subnet_ids) or own_subnets,
        group_ids=tuple(security_group_ids) or own_groups,
        addresses=tuple(a for a in dict.fromkeys(addresses) if is_address(a)),
        hosts=tuple(host for host in dict.fromkeys(hosts) if not is_address(host)),
        services=tuple(dict.fromkeys(services)),
    )
    found.ask(_first(wanted))
    found.ask(_second(found, wanted))
    asked: set[str] = set()
    for _ in range(MAX_ROUNDS):
        new = list(_unasked(references.followed(found, wanted), asked))
        if not new:
            break
        found.ask(new)
    return found.snapshot(function or "snapshot")


def _first(wanted: Wanted) -> Iterator[Question]:
    """Ask what can be asked from the placement alone."""
    if wanted.subnet_ids:
        yield questions.subnets(wanted.subnet_ids)
        yield from questions.account()
        yield from questions.interfaces(subnet_id=wanted.subnet_ids, group_id=wanted.group_ids)
        yield from questions.holders(wanted.addresses)
        # A public address may be one of our own: its subnet and its groups then decide.
        yield from questions.interfaces(addresses__association__public_ip=wanted.public)
    yield from host_questions.of_hosts(wanted.hosts)


def _second(found: Gathering, wanted: Wanted) -> Iterator[Question]:
    """Ask about the VPC, once its subnets have told which it is."""
    vpc_ids = references.vpcs(found, wanted)
    yield from questions.of_vpcs(vpc_ids)
    if wanted.hosts:
        yield from host_questions.zones(vpc_ids, references.region(found))
        yield from host_questions.dns_firewalls(vpc_ids)
        yield from host_questions.resolver_rule_associations(vpc_ids)


def _unasked(new: Iterable[Question], asked: set[str]) -> Iterator[Question]:
    """Leave out what was asked before, whether it was answered or not."""
    for question in new:
        key = f"{question.operation} {question.parameters!r}"
        if key not in asked:
            asked.add(key)
            yield question
