"""What a cause is: a record that people can read and that recognises itself in evidence.

Holds the vocabulary that the catalogue's files share. Knows no cause, and concludes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from probe.model import Failure, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from probe.causes.seen import Seen
    from probe.model import Observation

    Kind = Callable[[Observation], bool]
    Rule = Callable[["Seen"], Iterable["Match"]]

Symptoms = frozenset[tuple[Stage, Failure]]


def at(stage: Stage, *failures: Failure) -> Symptoms:
    """Symptoms of one stage."""
    return frozenset((stage, failure) for failure in failures)


# A route, group, network ACL, NAT or firewall that does not let a packet pass says nothing:
# https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-networking.html
SILENCE: Symptoms = at(Stage.CONNECT, Failure.TIMEOUT)
NO_RESOLVER: Symptoms = at(Stage.RESOLVE, Failure.NO_ANSWER, Failure.TIMEOUT)
NO_NAME: Symptoms = at(Stage.RESOLVE, Failure.NAME_NOT_FOUND, Failure.NO_ADDRESS)
RESOLVER_ERROR: Symptoms = at(Stage.RESOLVE, Failure.SERVER_FAILURE)
# A signed call asks again: for another name of the service, or when the resolver has had enough.
NO_NAME_LATER: Symptoms = at(
    Stage.EXCHANGE,
    Failure.NAME_NOT_FOUND,
    Failure.NO_ADDRESS,
    Failure.NO_ANSWER,
    Failure.SERVER_FAILURE,
)
REFUSAL: Symptoms = at(Stage.CONNECT, Failure.REFUSED, Failure.RESET)
DENIAL: Symptoms = at(Stage.EXCHANGE, Failure.ACCESS_DENIED, Failure.SERVICE_ERROR)
# A connection that opened and then died without, or with, a word.
CUT_OFF: Symptoms = frozenset(
    (stage, failure)
    for stage in (Stage.TLS, Stage.EXCHANGE)
    for failure in (Failure.TIMEOUT, Failure.RESET, Failure.CLOSED)
)


class Proof(StrEnum):
    """What a match stands on, and so how sure a finding made of it may be."""

    CONFIGURATION = "configuration"  # something that was read says so: proven
    PACKETS = "packets"  # the packets say so: proven where the path was walked and is open
    FIT = "fit"  # it fits what was seen: possible


@dataclass(frozen=True, slots=True)
class Match:
    """A cause seen in the evidence by its own rule."""

    explains: tuple[str, ...]
    proof: Proof
    component: str | None = None
    because: tuple[str, ...] = ()
    weight: float = 0.7  # of a match that only fits: how likely beside others that fit
    remedy: str | None = None  # what to do, where it is not what the cause says in general
    same_symptom: tuple[str, ...] = ()  # codes that the same command tells apart


class Words(NamedTuple):
    """What is said in place of a cause's own title and reason."""

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason why a Lambda function cannot reach something, told to somebody new to VPCs."""

    code: str  # kebab-case, stable: people search for it and alarms count it
    layer: str
    title: str  # one plain sentence of fact
    happens: str  # what becomes of the packets, and what one sees
    reason: str  # the rule of AWS or of the protocol that makes it so
    remedy: str  # what to do
    source: str  # the page that states the rule
    ra_code: str | None = None  # Reachability Analyzer's explanation code, where it has one
    symptoms: Symptoms = SILENCE  # what this cause makes packets do
    # Title and reason where it is in a subnet further on the way, not the function's: {subnet}.
    further: Words | None = None
    # Causes of one family cannot be told apart by packets; one command tells. A cause that two
    # commands would show is of two families.
    family: str | tuple[str, ...] | None = None
    needs: tuple[
        str, ...
    ] = ()  # the permissions without which it can be neither seen nor ruled out
    confirm: str | None = None  # the one command that would settle it
    # The command instead, for targets of another kind; the first kind that fits.
    confirm_for: tuple[tuple[Kind, str], ...] = ()
    rule: Rule | None = None  # for what no walk can see
    # Says no more than the packets do: it gives way to a cause that says why.
    restates: bool = False

    @property
    def families(self) -> tuple[str, ...]:
        """The families that it is of."""
        return (self.family,) if isinstance(self.family, str) else self.family or ()


def catalogue(*layers: Iterable[Cause]) -> dict[str, Cause]:
    """Put the layers together in order; a code that is used twice is a mistake in the program."""
    found: dict[str, Cause] = {}
    for cause in (cause for layer in layers for cause in layer):
        if cause.code in found:
            raise ValueError(f"two causes have the code {cause.code!r}")
        found[cause.code] = cause
    return found
