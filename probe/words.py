"""Words of strangers, made fit to be shown: short, printable, and without anybody's secrets.

Whatever comes from a peer, from an exception or from an event passes through here before it
enters a report or a log. Knows nothing of what the words mean.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

_LIMIT = 300
# User info of a URL, the values of its query, authorization headers, and AWS's own credentials:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
_SECRETS = (
    (re.compile(r"(://|//|\s|^)[^\s/@]+:[^\s/@]*@"), r"\1"),
    (re.compile(r"://[^\s/@]+@"), "://"),
    (re.compile(r"\?[^\s'\")>]*"), "?..."),
    (
        re.compile(r"(?i)\b(authorization|proxy-authorization|cookie|x-amz-security-token)\b.*"),
        r"\1: ...",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w+/=.~-]+"), r"\1 ..."),
    (re.compile(r"\b(AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}\b"), r"\1..."),
    (re.compile(r"(?i)(password|passwd|pwd|secret|token|api_?key)(\s*[=:]\s*)\S+"), r"\1\2..."),
)


def scrub(text: str, limit: int = _LIMIT) -> str:
    """Take secrets and control characters out of a text, and cut it short."""
    text = printable(text[: 4 * limit], 4 * limit)
    for pattern, put in _SECRETS:
        text = pattern.sub(put, text)
    return printable(text, limit)


def printable(text: str | bytes, limit: int = _LIMIT) -> str:
    """One line of printable characters: a server's greeting must not move anybody's cursor."""
    if isinstance(text, bytes):
        text = text[: 4 * limit].decode("utf-8", "replace")
    line = "".join(c if c.isprintable() else " " for c in text[: 4 * limit])
    line = " ".join(line.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."


def conceal(facts: Mapping[str, object], secrets: Collection[str]) -> dict[str, object]:
    """Take these very words out of JSON-ready facts: a server may echo what it was sent."""
    return {key: _concealed(value, secrets) for key, value in facts.items()}


def without(text: str, secrets: Collection[str]) -> str:
    """Take these very words out of a text."""
    for secret in secrets:
        text = text.replace(secret, "...")
    return text


def _concealed(value: object, secrets: Collection[str]) -> object:
    if isinstance(value, str):
        return without(value, secrets)
    if isinstance(value, Mapping):
        return conceal(value, secrets)
    if isinstance(value, (list, tuple)):
        return [_concealed(one, secrets) for one in value]
    return value


def secrets_among(words: Iterable[str | None], shortest: int = 4) -> tuple[str, ...]:
    """Choose what can be concealed: a word of three letters is in every sentence."""
    found = {word for word in words if word and len(word) >= shortest}
    return tuple(sorted(found, key=len, reverse=True))
