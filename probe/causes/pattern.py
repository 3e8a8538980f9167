"""The pattern over all checks: what else works while this one does not.

One check alone says little; which others pass says where the way is still open. Sorts observations
and says the pattern in one sentence. Ranks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING

from probe.causes import kinds
from probe.causes.cause import NO_NAME, NO_RESOLVER, REFUSAL, RESOLVER_ERROR, SILENCE
from probe.causes.losses import by_address
from probe.model import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from probe.causes.seen import Seen
    from probe.model import Observation

UNRESOLVED = NO_RESOLVER | RESOLVER_ERROR | NO_NAME
_CHANCE = 0.05  # what is less likely than this is not put down to chance


@dataclass(frozen=True)
class Pattern:
    """The observations that say something about this VPC, sorted by what became of them."""

    seen: Seen

    @cached_property
    def silent(self) -> tuple[Observation, ...]:
        """Connections that timed out, without those that time out for everybody."""
        return self._failing(lambda o: self.seen.symptom(o) in SILENCE)

    @cached_property
    def unresolved(self) -> tuple[Observation, ...]:
        """Names that gave no address."""
        return self._failing(lambda o: self.seen.symptom(o) in UNRESOLVED)

    @cached_property
    def reached(self) -> tuple[Observation, ...]:
        """Targets whose host answered a connection, whatever it said then."""
        later = (Stage.TLS, Stage.EXCHANGE)
        opened = self._failing(lambda o: o.stage in later)
        return (*(o for o in self.seen.passing if o.address), *opened)

    @cached_property
    def others(self) -> tuple[Observation, ...]:
        """What failed before anybody answered, neither silent nor without a name."""
        sorted_already = (*self.silent, *self.unresolved, *self.reached)
        return self._failing(lambda o: o not in sorted_already)

    @cached_property
    def internet_works(self) -> bool:
        """Whether a public host was reached that no endpoint can have made reachable."""
        return any(kinds.is_public(o) and not kinds.has_gateway(o) for o in self.reached)

    def way_out_works(self, o: Observation) -> bool:
        """Whether such a host was reached by the same version of IP: each has its own way out."""
        return any(
            kinds.is_public(other)
            and not kinds.has_gateway(other)
            and kinds.is_ipv6(other) == kinds.is_ipv6(o)
            for other in self.reached
        )

    @cached_property
    def gateway_works(self) -> bool:
        """Whether a service with a gateway endpoint was reached at its public address."""
        return any(kinds.is_public(o) and kinds.has_gateway(o) for o in self.reached)

    @cached_property
    def private_works(self) -> bool:
        """Whether a private address was reached."""
        return any(kinds.is_private(o) for o in self.reached)

    @cached_property
    def private_silent(self) -> bool:
        """Whether a private address timed out."""
        return any(kinds.is_private(o) for o in self.silent)

    @cached_property
    def endpoints_work(self) -> bool:
        """Whether an AWS service was reached at a private address: that of an endpoint."""
        return any(kinds.is_aws(o) and kinds.is_private(o) for o in self.reached)

    @cached_property
    def services_silent(self) -> bool:
        """Whether an AWS service timed out that no gateway endpoint could carry."""
        return any(kinds.is_public(o) and kinds.wants_interface(o) for o in self.silent)

    @cached_property
    def internet_silent(self) -> bool:
        """Whether a public host timed out that is no service of AWS."""
        return any(kinds.is_public(o) and not kinds.is_aws(o) for o in self.silent)

    def port_open(self, o: Observation) -> bool:
        """Whether any other host at all was reached on the same port."""
        return any(other.port == o.port for other in self.reached)

    def port_works(self, o: Observation) -> bool:
        """Whether another host was reached on the same port, public or private as this one."""
        return any(
            other.port == o.port
            and kinds.is_private(other) == kinds.is_private(o)
            and kinds.is_ipv6(other) == kinds.is_ipv6(o)
            for other in self.reached
        )

    def others_are_spared(self, o: Observation) -> bool:
        """Whether others of its kind pass so often that it is no chance that this one does not."""
        lost, tried = self.seen.tally(o, SILENCE)
        passed = sum(
            len(other.attempts)
            for other in self.seen.passing
            if kinds.is_private(other) == kinds.is_private(o)
            and kinds.is_ipv6(other) == kinds.is_ipv6(o)
        )
        return (1 - lost / tried) ** passed < _CHANCE

    def shares_its_silence(self, o: Observation) -> bool:
        """Whether a private target is silent like all the others of its network."""
        network = _block(o.address)
        silent = {other.address for other in self.silent if _block(other.address) == network}
        return len(silent) > 1 and all(_block(other.address) != network for other in self.reached)

    def falls_silent_with_others(self, o: Observation) -> bool:
        """Whether a near one on another port is silent as well, while a third one is reached."""
        network = _block(o.address)
        ports = {other.port for other in self.silent if _block(other.address) == network}
        return len(ports) > 1 and self.is_foreign(o) is False

    def is_foreign(self, o: Observation) -> bool | None:
        """Tell whether a private target is outside the /16 of those reached; None when unknown."""
        near = {_block(p.address) for p in self.reached if kinds.is_private(p)}
        return _block(o.address) not in near if near else None

    def sentence(self) -> str:
        """Say which checks fail and which pass."""
        sometimes = [o for o in self.silent if self._answered_once(o)]
        one_only = [o for o in sometimes if all(by_address(o))]
        refused = [o for o in self.others if self.seen.symptom(o) in REFUSAL]
        worked = [o for o in self.reached if o in self.seen.passing]
        groups = (
            ("no answer from", [o for o in self.silent if o not in sometimes]),
            ("silent at one address and reached at another:", one_only),
            ("an answer only now and then from", [o for o in sometimes if o not in one_only]),
            ("no address for", self.unresolved),
            ("refused by", refused),
            ("connected, and failed after that, to", [o for o in self.reached if o not in worked]),
            ("no connection to", [o for o in self.others if o not in refused]),
            ("all well with", worked),
        )
        parts = [f"{word} {_names(found)}" for word, found in groups if found]
        return f"Taken together: {'; '.join(parts)}." if parts else ""

    def _answered_once(self, o: Observation) -> bool:
        lost, tried = self.seen.tally(o, SILENCE)
        return lost < tried

    def _failing(self, wanted: Callable[[Observation], bool]) -> tuple[Observation, ...]:
        return tuple(o for o in self.seen.failing if wanted(o) and not self.seen.is_down(o))


def _block(address: str | None) -> str:
    """Return the /16 that a VPC usually spans, as text; the /56 of an IPv6 address."""
    if address is None:
        return ""
    packed = ip_address(address).packed
    return packed[: 2 if len(packed) == 4 else 7].hex()


def _names(found: Iterable[Observation]) -> str:
    labels = [o.label for o in found]
    shown = ", ".join(labels[:4])
    return f"{shown} and {len(labels) - 4} more" if len(labels) > 4 else shown
