"""What other tools write of AWS's answers, in AWS's own words: keys in another case, bare lists.

Ansible and Steampipe write `route_tables` and `vpc_id`, AWS Config and some SDKs `vpcId`; a list
that was cut out of its answer (`--query Subnets`) is known by the name of its file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from probe.network import keys


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_KNOWN = {_plain(name): name for name in (*keys.LISTS, *keys.OBJECTS, *keys.NESTED)}


def answers(part: object, name: str) -> Iterator[object]:
    """Give the answers that one JSON value of a file holds: itself, or those that it lists."""
    if not isinstance(part, list):
        yield _respelt(part)
    elif part and all(isinstance(one, Mapping) and _is_answer(one) for one in part):
        yield from map(_respelt, part)
    elif part and (known := _named(name)) is not None:
        yield _respelt({known: part})
    else:
        yield part


def _is_answer(part: Mapping[str, object]) -> bool:
    return any(_plain(key) in _KNOWN for key in part)


def _named(file: str) -> str | None:
    """Return the list that a file is named after: Subnets.json, ec2-describe-subnets.json."""
    stem = re.sub(r"^.*(describe|list|get)[-_]", "", PurePath(file).stem)
    return _KNOWN.get(_plain(stem))


def _respelt(part: object) -> object:
    """Spell an answer as AWS does where it spells a list's name otherwise; else leave it alone."""
    if not isinstance(part, Mapping):
        return part
    respelt = {}
    for key, value in part.items():
        name = _KNOWN.get(_plain(key), key)
        respelt[name] = _pascal(value) if name != key or _is_foreign(value) else value
    return respelt


def _is_foreign(value: object) -> bool:
    """Tell from its first entry whether a list of AWS's name is in another spelling."""
    first = value[0] if isinstance(value, list) and value else None
    return isinstance(first, Mapping) and all(key[:1].islower() for key in first)


def _pascal(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping):
        return {_word(key): _pascal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_pascal(inner) for inner in value]
    return value


def _word(key: str) -> str:
    """Spell a key as AWS does: vpc_id and vpcId are VpcId."""
    if not key[:1].islower():
        return key
    return "".join(word[:1].upper() + word[1:] for word in key.split("_"))
