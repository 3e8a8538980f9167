"""What a fix is made of, before anybody has checked it.

A Step is one AWS command together with what it changes, said twice more: as a change of the
snapshot and as a CloudFormation resource. Whoever composes a fix out of steps cannot say one thing
and check another.

What a fix creates has no id yet. Until it has, it stands in snapshot, commands and templates under
one of the form "nat-new" (AWS's own ids end in hexadecimal digits, so none is ever taken for one).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any

from probe.network import keys
from probe.network.values import Snapshot, Unread
from probe.network.vpc import Network, NotRead
from probe.remedy import edit
from probe.remedy.template import Resource, fragment

if TYPE_CHECKING:
    from probe.model import Blocker, Path
    from probe.remedy.edit import Change


@dataclass(frozen=True, slots=True)
class Step:
    """One command, and what it does."""

    command: str | None = None  # None: CloudFormation and AWS do this in one with another step
    change: Change = edit.nothing
    resource: Resource | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """One way to mend: not yet checked."""

    text: str
    steps: tuple[Step, ...] = ()
    cost: str | None = None
    # Which of several ways this is ("nat-gateway", "endpoint"); a finding on several paths keeps to
    # one of them.
    way: str = ""
    fallback: bool = False  # worth telling only where the ways before it do not do

    @property
    def cli(self) -> tuple[str, ...]:
        """The commands, in the order in which they are to be run."""
        return tuple(step.command for step in self.steps if step.command is not None)

    @property
    def cloudformation(self) -> str | None:
        """The resources, as YAML."""
        return fragment(step.resource for step in self.steps if step.resource is not None)


@dataclass(frozen=True)
class Context:
    """Everything a remedy may look at: one blocker, on one path, in one snapshot."""

    snapshot: Snapshot
    path: Path
    blocker: Blocker
    # The snapshot with the fixes of the findings before this one: they are carried out in order, so
    # that rule numbers and new ids are taken, and a new NAT gateway is there to be used.
    taken: Snapshot = field(default_factory=Snapshot)
    paths: tuple[Path, ...] = ()  # of all targets: what has to stay, or become, reachable

    @cached_property
    def network(self) -> Network:
        """Typed lookups over the snapshot."""
        return Network(self.snapshot)

    @property
    def facts(self) -> Mapping[str, Any]:
        """The ids and numbers that the walk noted at the blocker."""
        return self.blocker.facts

    def fact(self, name: str) -> str:
        """Return a fact of the blocker as text. NotRead when the walk could not tell it."""
        value = self.facts.get(name)
        if value is None:
            raise NotRead(f"{name} of {self.blocker.component}", "the walk does not tell it")
        return str(value)

    def at(self, path: Path, blocker: Blocker) -> Context:
        """Return the same context at another place."""
        return replace(self, path=path, blocker=blocker)

    def after(self, steps: Iterable[Step]) -> Context:
        """Return the same context once these steps are taken."""
        change = edit.all_of(*(step.change for step in steps))
        return replace(self, snapshot=change(self.snapshot), taken=change(self.taken))

    @cached_property
    def function(self) -> Mapping[str, Any]:
        """FunctionConfiguration; empty when it was not read."""
        found = self.snapshot.get("FunctionConfiguration")
        return {} if isinstance(found, Unread | tuple) else found

    @property
    def function_name(self) -> str | None:
        """Name of the function, for commands; None when it is not known."""
        name = self.function.get("FunctionName")
        return name if isinstance(name, str) and name else None

    @property
    def subnet_ids(self) -> tuple[str, ...]:
        """Subnets of the function; the path's own where the function was not read."""
        found = (self.function.get("VpcConfig") or {}).get("SubnetIds")
        return tuple(found or ((self.path.subnet_id,) if self.path.subnet_id else ()))

    @cached_property
    def ahead(self) -> Network:
        """Typed lookups over the snapshot with the fixes of the findings before this one."""
        return Network(self.taken)

    def new(self, kind: str, number: int = 1) -> str:
        """Return an id for something that does not exist yet: "nat-new", or "nat-new2".

        A fix that makes two things of a kind asks for number 1 and number 2.
        """
        names = (f"{kind}-new{suffix}" for suffix in chain(("",), map(str, count(2))))
        free = (name for name in names if not (_has(self.network, name) or _has(self.ahead, name)))
        return next(islice(free, number - 1, None))


Remedy = Callable[[Context], tuple[Proposal, ...]]


def _has(network: Network, identity: str) -> bool:
    """Whether anything that was read has this id."""
    return any(
        network.positions(name, identity)
        for name, found in network.snapshot.values.items()
        if isinstance(found, tuple) and keys.LISTS[name].id
    )
