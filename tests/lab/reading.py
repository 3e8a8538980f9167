"""Reading a scenario's values one by one, each with a sentence for when it is not as it must be.

Knows YAML, numbers, addresses and words. Knows nothing of AWS.
"""

from __future__ import annotations

import ipaddress
import re
import reprlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

IPv4 = ipaddress.IPv4Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

T = TypeVar("T")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}")


class ScenarioError(ValueError):
    """A scenario that cannot be used. Its text is one sentence: file, key, what is accepted."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value of the file, and where it stands."""

    file: str
    path: str
    value: Any

    def bad(self, accepted: str) -> ScenarioError:
        """Say that this value is not what was accepted here."""
        where = f"{self.file}: {self.path}" if self.path else self.file
        return ScenarioError(f"{where}: {_short(self.value)} is not accepted; give {accepted}")

    def child(self, key: object, value: Any) -> Node:
        """Name a value inside this one."""
        step = _plain(key)
        return Node(self.file, f"{self.path}.{step}" if self.path else step, value)

    def fields(self, *accepted: str) -> dict[str, Node]:
        """Read a mapping whose keys are a closed set of words. A key without a value is absent."""
        found = {}
        for key, node in self._entries("a mapping with the keys " + listed(accepted)):
            if key not in accepted:
                raise self.child(key, key).bad(f"one of the keys {listed(accepted)}")
            if node.value is not None:
                found[str(key)] = node
        return found

    def named(self) -> Iterator[tuple[str, Node]]:
        """Read a mapping whose keys are names that the author chooses."""
        for key, node in self._entries("a mapping from names to their descriptions"):
            yield self.child(key, key).name(), node

    def by_key(self, accepted: str) -> Iterator[tuple[Node, Node]]:
        """Read a mapping whose keys are values themselves (addresses, ports)."""
        for key, node in self._entries(accepted):
            yield self.child(key, key), node

    def _entries(self, accepted: str) -> Iterator[tuple[Any, Node]]:
        if not isinstance(self.value, dict):
            raise self.bad(accepted)
        for key, value in self.value.items():
            yield key, self.child(key, value)

    def items(self, accepted: str = "a list") -> tuple[Node, ...]:
        """Read a list."""
        if not isinstance(self.value, list):
            raise self.bad(accepted)
        return tuple(
            Node(self.file, f"{self.path}[{at}]", value) for at, value in enumerate(self.value)
        )

    def one_or_more(self) -> tuple[Node, ...]:
        """Read a list, or one value in its place."""
        return self.items() if isinstance(self.value, list) else (self,)

    def text(self, accepted: str = "a text") -> str:
        """Read a non-empty text."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.bad(accepted)
        return self.value.strip()

    def name(self) -> str:
        """Read a name: a host name or a plain word."""
        value = str(self.value) if isinstance(self.value, int) else self.value
        accepted = "a name of letters, digits, '-', '_' and '.', at most 63 characters"
        if isinstance(value, bool) or not isinstance(value, str) or not _NAME.fullmatch(value):
            raise self.bad(accepted)
        return value

    def reference(self, known: Collection[str], kind: str) -> str:
        """Read the name of something defined elsewhere in the file."""
        name = str(self.value) if isinstance(self.value, str | int) else ""
        if name not in known:
            raise self.bad(f"the name of {kind} in this file ({listed(sorted(known)) or 'none'})")
        return name

    def word(self, *accepted: str) -> str:
        """Read one of a closed set of words. YAML reads a bare `off` or `on` as a truth value."""
        value = self.value
        if isinstance(value, bool):
            value = "on" if value else "off"
        if not isinstance(value, str) or value not in accepted:
            raise self.bad(f"one of {listed(accepted)}")
        return value

    def boolean(self) -> bool:
        """Read true or false."""
        if not isinstance(self.value, bool):
            raise self.bad("true or false")
        return self.value

    def integer(self, low: int, high: int) -> int:
        """Read a whole number within bounds."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.bad(f"a whole number from {low} to {high}")
        return value

    def number(self, low: float, high: float) -> float:
        """Read a number within bounds."""
        value = self.value
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if not fits or not low <= value <= high:
            raise self.bad(f"a number from {low:g} to {high:g}")
        return float(value)

    def network4(self) -> ipaddress.IPv4Network:
        """Read an IPv4 CIDR without host bits."""
        return self._parsed(ipaddress.IPv4Network, "an IPv4 CIDR such as 10.0.0.0/16")

    def network6(self) -> ipaddress.IPv6Network:
        """Read an IPv6 CIDR without host bits."""
        return self._parsed(ipaddress.IPv6Network, "an IPv6 CIDR such as 2001:db8:1::/56")

    def network(self) -> Network:
        """Read a CIDR of either family without host bits."""
        return self._parsed(ipaddress.ip_network, "a CIDR such as 10.0.1.0/24")

    def address4(self) -> IPv4:
        """Read an IPv4 address."""
        return self._parsed(ipaddress.IPv4Address, "an IPv4 address such as 10.0.1.10")

    def address6(self) -> ipaddress.IPv6Address:
        """Read an IPv6 address."""
        return self._parsed(ipaddress.IPv6Address, "an IPv6 address such as 2001:db8:1::10")

    def address(self) -> IPv4 | ipaddress.IPv6Address:
        """Read an address of either family."""
        return self._parsed(ipaddress.ip_address, "an address such as 10.0.1.10")

    def _parsed(self, parse: Callable[[str], T], accepted: str) -> T:
        if not isinstance(self.value, str):
            raise self.bad(accepted)
        try:
            return parse(self.value)
        except ValueError:
            raise self.bad(accepted) from None


def many(fields: Mapping[str, Node], key: str) -> tuple[Node, ...]:
    """Read a key that may be left out, or hold one value or a list."""
    return fields[key].one_or_more() if key in fields else ()


def flag(fields: Mapping[str, Node], key: str, *, default: bool) -> bool:
    """Read a key that is true or false, or left out."""
    return fields[key].boolean() if key in fields else default


def listed(words: Collection[str]) -> str:
    """Write words as a list that people read."""
    return ", ".join(words)


def load(text: str, file: str) -> Node:
    """Read YAML; a key that stands twice is an error, since one of the two would be lost."""
    try:
        value = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f" in line {mark.line + 1}" if mark else ""
        problem = " ".join(str(error.problem).split())
        raise ScenarioError(f"{file}: give a YAML file; {problem}{line}") from None
    except (yaml.YAMLError, *_BROKEN):
        raise ScenarioError(f"{file}: this is not YAML; give a YAML file of the lab") from None
    return Node(file, "", value)


# What PyYAML lets escape on values such as `!!int ''` or ten thousand opening brackets.
_BROKEN = (ValueError, LookupError, AttributeError, TypeError, OverflowError, RecursionError)


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses repeated keys and leaves dates and base-60 numbers as text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    problem = f"the key {_short(key.value)} stands twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


_PLAIN_TYPES = {
    "tag:yaml.org,2002:bool",
    "tag:yaml.org,2002:float",
    "tag:yaml.org,2002:null",
    "tag:yaml.org,2002:merge",
}
_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] in _PLAIN_TYPES]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
# Whole numbers in decimal only: 1:30 stays a text, and so does 0x10.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"(0|[1-9][0-9]{0,17})\Z"), list("0123456789")
)


def _plain(key: object) -> str:
    text = key if isinstance(key, str) else _short(key)
    return " ".join(text.split())[:80]


def _short(value: object) -> str:
    return " ".join(_words.repr(value).split())


_words = reprlib.Repr()
_words.maxstring = _words.maxother = 80
_words.maxlevel = 2
