"""Reading values out of JSON that somebody else wrote, one clear sentence for each mistake.

A sentence names the path of the key and what is accepted. It never repeats a value that is text:
that may be a password in the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from probe.words import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_IPV6 = re.compile(r"[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+|[0-9A-Fa-f:]+:")

# Commercial, GovCloud, China, isolated and sovereign Regions.
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
_REGION = r"[a-z]{2,6}(-[a-z]{1,12}){1,3}-[0-9]{1,2}"
_ZONE = re.compile(rf"{_REGION}[a-z]")


class SettingsError(ValueError):
    """The event or the environment cannot be used; the text is one sentence for the user."""


class Fields:
    """One JSON object, read key by key."""

    def __init__(self, value: object, path: str, accepted: Iterable[str]) -> None:
        accepted = tuple(accepted)
        if not isinstance(value, (dict, Mapping)):  # asking an abstract class alone takes long
            raise SettingsError(
                f"{path or 'The event'} must be an object with the keys"
                f" {listed(accepted)}, not {kind(value)}."
            )
        self._values = value
        self._prefix = f"{path}." if path else ""
        for key in value:
            if key not in accepted:
                name = printable(key, 60) if isinstance(key, str) else "A key that is no text"
                raise SettingsError(
                    f"{self.path(name)} is not known; accepted here: {listed(accepted)}."
                )

    def path(self, key: str) -> str:
        """Name a key as the user finds it: `targets[2].port`."""
        return f"{self._prefix}{key}"

    def wrong(self, key: str, accepted: str) -> SettingsError:
        """Make the sentence for a value that cannot be used."""
        if key not in self._values:
            return SettingsError(f"{self.path(key)} is missing: it must be {accepted}.")
        return SettingsError(
            f"{self.path(key)} must be {accepted}, not {_shown(self._values[key])}."
        )

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def get(self, key: str) -> object:
        """Take a value as it is; None when absent."""
        return self._values.get(key)

    def text(self, key: str, accepted: str = "text", *, limit: int = 2048) -> str | None:
        """Take text that is neither empty nor full of control characters."""
        if key not in self:
            return None
        value = self._values[key]
        if not isinstance(value, str) or not value.strip() or len(value) > limit:
            raise self.wrong(key, accepted)
        if not value.isprintable():
            raise self.wrong(key, f"{accepted} without control characters")
        return value.strip()

    def matching(self, key: str, pattern: str, accepted: str) -> str | None:
        """Take text of one form."""
        value = self.text(key, accepted)
        if value is not None and not re.fullmatch(pattern, value):
            raise self.wrong(key, accepted)
        return value

    def host(self, key: str) -> str:
        """Take a host name or a literal address, in ASCII; it must be there."""
        accepted = "a host name or an address, without scheme, port or path"
        value = self.text(key, accepted, limit=255)
        if value is None:
            raise self.wrong(key, accepted)
        host = value.removeprefix("[").removesuffix("]")
        if not host.isascii():
            try:
                host = host.encode("idna").decode("ascii")
            except UnicodeError:
                raise self.wrong(key, accepted) from None
        if not is_host(host):
            raise self.wrong(key, accepted)
        return host

    def region(self, key: str) -> str | None:
        """Take the name of an AWS Region; it becomes part of a host name."""
        value = self.get(key)
        if isinstance(value, str) and _ZONE.fullmatch(value):
            raise SettingsError(
                f"{self.path(key)} must be an AWS Region, like eu-west-1, not one of its zones:"
                " leave out the letter at its end."
            )
        return self.matching(key, _REGION, "an AWS Region, like eu-west-1")

    def port(self, key: str, default: int | None = None) -> int:
        """Take a port; it must be there where there is no default."""
        return self.whole(key, 1, 65535, default)

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Take a whole number; it must be there where there is no default."""
        if key not in self and default is not None:
            return default
        value = self.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(key, f"a whole number from {low} to {high}")
        return value

    def number(self, key: str, low: float, high: float, default: float) -> float:
        """Take a finite number."""
        value = self._values.get(key, default)
        good = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not good or not low <= value <= high:  # NaN is within no bounds
            raise self.wrong(key, f"a number from {low:g} to {high:g}")
        return float(value)

    def flag(self, key: str) -> bool | None:
        """Take true or false."""
        if key not in self:
            return None
        value = self._values[key]
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def choice(self, key: str, options: Collection[str]) -> str | None:
        """Take one word of several."""
        if key not in self:
            return None
        value = self._values[key]
        if not isinstance(value, str) or value not in options:
            raise self.wrong(key, f"one of {listed(options)}")
        return value


def is_host(host: str) -> bool:
    """Tell whether this can be a host name or an address at all."""
    return len(host) <= 253 and bool(_HOST.fullmatch(host) or _IPV6.fullmatch(host))


def listed(words: Iterable[str]) -> str:
    """Join words as a sentence does."""
    return ", ".join(words)


def _shown(value: object) -> str:
    """Repeat a number, which helps; of anything else tell the kind only."""
    small = isinstance(value, (int, float)) and -1e15 < value < 1e15
    return str(value) if small and not isinstance(value, bool) else kind(value)


def kind(value: object) -> str:
    """Name the JSON type of a value, for people."""
    names: tuple[tuple[type, str], ...] = (
        (type(None), "null"),
        (bool, "true or false"),
        (str, "that text"),
        (int, "a number"),
        (float, "a number"),
        (Mapping, "an object"),
        (list, "a list"),
    )
    return next((name for of, name in names if isinstance(value, of)), "that")
