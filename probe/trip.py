"""One target's way through a run: which attempts there are, which may begin, how each ended.

Every address that the name resolved to gets one attempt in every repetition; an address that may
not be dialled is never handed out. A state and its rules: no I/O, no clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probe.connection.resolve import Answer, literal
from probe.model import Attempt, Failure, Observation, Stage, Status, Step
from probe.outcome import not_attempted, observe
from probe.words import conceal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probe.connection.guard import Policy
    from probe.target import Target

_MOST_ADDRESSES = 32  # of one name; an answer may carry a thousand


class Trip:
    """The attempts on one target."""

    def __init__(
        self,
        target: Target,
        *,
        repeat: int,
        policy: Policy,
        most_addresses: int = _MOST_ADDRESSES,
    ) -> None:
        self.target = target
        self.host, self.port = target.dialled
        self._repeat = repeat
        self._policy = policy
        self._most_addresses = max(1, min(most_addresses, _MOST_ADDRESSES))
        self._addresses: list[str] = []  # one for each attempt
        self._attempts: list[Attempt | None] = []
        self._refused: Mapping[str, str] = {}  # addresses, and why they may not be dialled
        self._next = 0
        self._left = 1  # the plan itself
        self._resolve: tuple[Step, ...] = ()

    # --- what is to be done ---

    @property
    def ended(self) -> bool:
        """Whether every attempt has come to its end."""
        return not self._left

    def begin(self) -> Sequence[int] | None:
        """Tell which attempts may begin at once; None when the name is to be resolved first."""
        if self.target.impossible:
            return self._only(Stage.RESOLVE, Failure.UNCLASSIFIED, self.target.impossible)
        name = self.target.host
        address = literal(name)
        if address:
            refusal = self._policy.refuses(name, address)
        else:
            refusal = self._policy.refuses_name(name, resolvable=not self.target.proxy)
        if refusal:
            stage = Stage.CONNECT if address else Stage.RESOLVE
            return self._only(stage, Failure.FORBIDDEN_TARGET, refusal)
        if address and self.host == name and self.port is not None:
            return self._plan((address,), {})
        here = literal(self.host)
        return self.resolved(Answer((here,))) if here else None

    def resolved(self, answer: Answer) -> Sequence[int]:
        """Take the addresses; tell which attempts may begin."""
        if answer.ms is not None:
            self._resolve = (Step(Stage.RESOLVE, answer.ms),)
        if answer.failure:
            return self._end_all(
                Attempt(
                    None, Status.FAIL, Stage.RESOLVE, answer.failure, self._resolve, answer.facts
                )
            )
        if self.port is None:
            return self._listed(answer)
        addresses = answer.addresses[: self._most_addresses]
        return self._plan(addresses, {a: why for a in addresses if (why := self.refuses(a))})

    def record(self, index: int, attempt: Attempt) -> Sequence[int]:
        """Take the end of an attempt, unless it was given up; tell which may begin now."""
        if self._attempts[index] is not None:
            return ()
        self._attempts[index] = attempt
        self._left -= 1
        return self._onward() if self.target.gentle else ()

    def give_up(self, sentence: str) -> None:
        """End it, because the run itself is broken."""
        if not self.ended:
            self._only(Stage.RESOLVE, Failure.UNCLASSIFIED, sentence)

    def address(self, index: int) -> str:
        """Give the address that an attempt dials."""
        return self._addresses[index]

    def attempt(
        self,
        index: int,
        stage: Stage,
        failure: Failure | None,
        steps: Sequence[Step],
        detail: Mapping[str, Any],
        *,
        skipped: bool = False,
    ) -> Attempt:
        """Make the record of an attempt that ended."""
        address = self._addresses[index]
        status = Status.SKIPPED if skipped else Status.FAIL if failure else Status.PASS
        family = "ipv6" if ":" in address else "ipv4"
        if self.target.secrets:
            detail = conceal(detail, self.target.secrets)
        return Attempt(
            address, status, stage, failure, (*self._resolve, *steps), {"family": family, **detail}
        )

    def refuses(self, address: str) -> str | None:
        """Say why an address may not be dialled for this target; None when it may."""
        if self.target.proxy:  # named by the environment, not by the event
            return self._policy.refuses_proxy(address)
        return self._policy.refuses(self.host, address)

    # --- what came of it ---

    def observation(self) -> Observation:
        """Say what was seen; whatever has not ended was not attempted."""
        attempts = [
            attempt or not_attempted(self._addresses[index], Stage.CONNECT, self._resolve)
            for index, attempt in enumerate(self._attempts)
        ]
        return observe(self.target, attempts or [not_attempted()])

    # --- inside ---

    def _plan(self, addresses: Sequence[str], refused: Mapping[str, str]) -> Sequence[int]:
        """Take what is to be dialled, and why some of it must not be."""
        self._addresses = [*addresses] * self._repeat
        self._attempts = [None] * len(self._addresses)
        self._left = len(self._attempts)
        self._refused = refused
        return self._onward()

    def _onward(self) -> Sequence[int]:
        """Hand out what may be dialled now: everything, or the next one of a database."""
        begin: list[int] = []
        while self._next < len(self._addresses) and not (self.target.gentle and begin):
            index, self._next = self._next, self._next + 1
            if refusal := self._refused.get(self._addresses[index]):
                self._attempts[index] = self.attempt(
                    index, Stage.CONNECT, Failure.FORBIDDEN_TARGET, (), {"error": refusal}
                )
                self._left -= 1
            else:
                begin.append(index)
        return begin

    def _listed(self, answer: Answer) -> Sequence[int]:
        for address in answer.addresses:
            if refusal := self._policy.excludes(self.host, address):
                return self._only(Stage.RESOLVE, Failure.FORBIDDEN_TARGET, refusal)
        facts = {"addresses": list(answer.addresses[:_MOST_ADDRESSES])}
        return self._end_all(
            Attempt(answer.addresses[0], Status.PASS, Stage.RESOLVE, None, self._resolve, facts)
        )

    def _only(self, stage: Stage, failure: Failure, sentence: str) -> Sequence[int]:
        detail = {"error": sentence}
        return self._end_all(
            Attempt(literal(self.target.host), Status.FAIL, stage, failure, self._resolve, detail)
        )

    def _end_all(self, attempt: Attempt) -> Sequence[int]:
        self._addresses, self._attempts, self._left = [], [attempt], 0
        return ()
