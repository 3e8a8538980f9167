"""What a run is asked for: the execution's input, and the environment where that is silent.

`{}` means everything that the template's parameters name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probe import settings
from probe.fleet.placements import Scope
from probe.reading import Fields, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEYS = ("accounts", "regions", "targets", "functions", "concurrency", "tolerated_percentage")
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_MOST_AT_ONCE = 10_000
_LONGEST_S = 900


@dataclass(frozen=True, slots=True)
class Order:
    """One run."""

    run: str  # the prefix of its files
    scopes: tuple[Scope, ...]
    targets: Sequence[Mapping[str, Any]] | None  # None: guessed in each network
    functions: frozenset[tuple[Scope, str]] | None  # None: all of them
    concurrency: int
    tolerated_percentage: int
    timeout_s: int


def list_of_functions(given: object) -> str | None:
    """Name the file that an input names, which says what is to be looked at."""
    return Fields(given, "", KEYS).text("functions", "the key of a file in the bucket")


def read(
    run: str, given: object, environment: Mapping[str, str], listed: Sequence[Any] | None
) -> Order:
    """Read an execution's input. SettingsError with one sentence about what is wrong.

    `listed` is what the file holds that the input names under "functions".
    """
    list_of_functions(given)
    fields = Fields(given, "", KEYS)
    numbers = Fields(_numbers(environment), "", _NUMBERS)
    functions = None if listed is None else frozenset(map(_function, listed))
    scopes = _scopes(fields, environment)
    if functions is not None:
        scopes = tuple(sorted({scope for scope, _ in functions}))
    concurrency = numbers.whole("FLEET_CONCURRENCY", 1, _MOST_AT_ONCE, 40)
    tolerated = numbers.whole("FLEET_TOLERATED_PERCENTAGE", 0, 100, 100)
    return Order(
        f"runs/{run}",
        scopes,
        _targets(fields),
        functions,
        fields.whole("concurrency", 1, _MOST_AT_ONCE, concurrency),
        fields.whole("tolerated_percentage", 0, 100, tolerated),
        numbers.whole("FLEET_TIMEOUT_S", 1, _LONGEST_S, 300),
    )


_NUMBERS = ("FLEET_CONCURRENCY", "FLEET_TOLERATED_PERCENTAGE", "FLEET_TIMEOUT_S")


def _numbers(environment: Mapping[str, str]) -> dict[str, object]:
    found = {name: environment.get(name, "").strip() for name in _NUMBERS}
    return {name: int(text) if text.isdecimal() else text for name, text in found.items() if text}


def _scopes(fields: Fields, environment: Mapping[str, str]) -> tuple[Scope, ...]:
    accounts = _words(fields, "accounts", environment.get("FLEET_ACCOUNTS", ""))
    regions = _words(fields, "regions", environment.get("FLEET_REGIONS", ""))
    for one in accounts:
        if not (len(one) == 12 and one.isascii() and one.isdecimal()):
            raise SettingsError(f"accounts: {one!r} must be an account's number of 12 digits.")
    return tuple(Scope(account, region) for account in accounts for region in regions)


def _words(fields: Fields, name: str, usual: str) -> list[str]:
    value = fields.get(name) if name in fields else usual.split(",")
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise SettingsError(f"{name} must be a list of strings.")
    found = list(dict.fromkeys(one.strip() for one in value if one.strip()))
    if not found:
        raise SettingsError(f"{name} must hold at least one, or FLEET_{name.upper()} name it.")
    return found


def _targets(fields: Fields) -> Sequence[Mapping[str, Any]] | None:
    if "targets" not in fields:
        return None
    value = fields.get("targets")
    settings.parse({"targets": value}, {"AWS_REGION": "us-east-1"})
    assert isinstance(value, list)
    return value


def _function(entry: object) -> tuple[Scope, str]:
    """Read one entry of a list of functions."""
    form = '{"account": "...", "region": "...", "function": "..."}'
    if not isinstance(entry, dict) or not all(
        isinstance(entry.get(key), str) for key in ("account", "region", "function")
    ):
        raise SettingsError(f"The list of functions must hold objects like {form}.")
    return Scope(entry["account"], entry["region"]), entry["function"]
