"""The same checks from outside the VPC, on public addresses: down for everyone, or only in there.

A private address means something else in every network, so nothing is ever sent to one from here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probe import runner
from probe.checks._api import Ask
from probe.connection import resolve
from probe.connection.resolve import Answer
from probe.model import Failure
from probe.network.addresses import address, is_private

if TYPE_CHECKING:
    from probe.model import Observation
    from probe.settings import Settings
    from probe.target import Target


def look(settings: Settings, *, deadline: float) -> tuple[Observation, ...]:
    """Check from here what is public; what is not leaves no observation."""
    targets = tuple(unsigned(one) for one in settings.targets if not _is_private(one.host))
    seen = runner.run(replace(settings, targets=targets), deadline=deadline, look=public)
    return tuple(one for one in seen if one.failure is not Failure.FORBIDDEN_TARGET)


def public(host: str, seconds: float) -> Answer:
    """Resolve a name and keep its public addresses."""
    found = resolve.lookup(host, seconds)
    kept = tuple(one for one in found.addresses if not is_private(address(one)))
    if found.addresses and not kept:
        return Answer((), found.ms, Failure.FORBIDDEN_TARGET)
    return replace(found, addresses=kept)


def unsigned(target: Target) -> Target:
    """Leave out a signed call: what our own role may do says nothing of the function's."""
    if isinstance(target.exchange, Ask):
        return replace(target, exchange=replace(target.exchange, call=None))
    return target


def _is_private(host: str) -> bool:
    literal = resolve.literal(host)
    return literal is not None and is_private(address(literal))
