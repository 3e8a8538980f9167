"""A report as a JSON document, and back.

The keys are the field names of `probe.model`, so that the document has one definition and a field
cannot be forgotten. Three rules go beyond that:

- a value that could not be read is `{"unknown": reason}`, with `"needs"` where it is known;
- `control` is a list also when no control was run: an empty control says nothing either way;
- every address and repetition of an observation stands in its `attempts`.

Writing is exact (`schema/report.schema.json` allows no other key). Reading is lenient towards keys
of a later version and strict towards everything else: `DocumentError` names the place.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, cast, get_args, get_origin, get_type_hints

from probe.model import Report, Unknown

SCHEMA = "1"
_PLAIN = frozenset((str, int, bool, NoneType))


class DocumentError(ValueError):
    """A document that is no report. Its text is one sentence for the user."""


def to_document(report: Report) -> dict[str, Any]:
    """Give the report's fixed JSON form, ready for `json.dumps`."""
    return {"schema": SCHEMA, **encode(report), "control": encode(report.control or ())}


def from_document(document: object, *, name: str = "report") -> Report:
    """Read a report back; `name` stands in front of what is wrong with it."""
    if not isinstance(document, Mapping) or "schema" not in document:
        raise DocumentError(f'{name}: not a report: it has no "schema" key')
    if document["schema"] != SCHEMA:
        raise DocumentError(
            f'{name}: "schema" is {_shown(document["schema"])}, and this version reads "{SCHEMA}"'
        )
    control = document.get("control") or None
    return cast("Report", decode(Report, {**document, "control": control}, name))


def encode(value: object) -> Any:  # noqa: ANN401 - JSON has no better type
    """Give any value of `probe.model` as plain JSON. Total: a report must always come back."""
    if type(value) in _PLAIN:  # most of a report, and asked first: little time may be left
        return value
    if isinstance(value, Unknown):
        return {"unknown": value.reason} | ({"needs": value.needs} if value.needs else {})
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [encode(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON knows no such number
    return value if isinstance(value, str | int | float) else str(value)


def decode(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - as above
    """Read one value of the given type; `where` names its place in the document."""
    kinds = get_args(kind) if get_origin(kind) not in (None, tuple, Mapping) else (kind,)
    if value is None and NoneType in kinds:
        return None
    if Unknown in kinds and isinstance(value, Mapping) and "unknown" in value:
        return Unknown(
            decode(str, value["unknown"], f"{where}.unknown"),
            decode(str | None, value.get("needs"), f"{where}.needs"),
        )
    (kind,) = (one for one in kinds if one not in (NoneType, Unknown))
    if get_origin(kind) is tuple:
        items = _expect(list, value, "a list", where)
        return tuple(decode(get_args(kind)[0], v, f"{where}[{i}]") for i, v in enumerate(items))
    if get_origin(kind) is Mapping:
        return dict(_expect(Mapping, value, "an object", where))
    if is_dataclass(kind):
        return _decode_fields(kind, _expect(Mapping, value, "an object", where), where)
    return _decode_word(kind, value, where)


def _decode_fields(kind: Any, document: Mapping[str, Any], where: str) -> Any:  # noqa: ANN401
    found = {}
    for field in fields(kind):
        place = f"{where}.{field.name}"
        if field.name in document:
            found[field.name] = decode(_hints(kind)[field.name], document[field.name], place)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise DocumentError(f"{place}: missing")
    return kind(**found)


def _decode_word(kind: Any, value: object, where: str) -> Any:  # noqa: ANN401
    if issubclass(kind, Enum):
        words = [word.value for word in kind]
        if value not in words:
            raise DocumentError(f"{where}: {_shown(value)} is none of {', '.join(words)}")
        return kind(value)
    if kind is float:
        return float(_expect(int | float, value, "a number", where))
    names = {str: "a string", bool: "true or false", int: "a whole number"}
    return _expect(kind, value, names[kind], where)


def _expect(kind: Any, value: Any, name: str, where: str) -> Any:  # noqa: ANN401
    # bool is an int to Python, and not to JSON.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise DocumentError(f"{where}: expected {name}, not {_shown(value)}")
    return value


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 40 else f"{text[:37]}..."


@cache
def _hints(kind: type) -> dict[str, Any]:
    # probe.model imports Mapping for the type checker only.
    return get_type_hints(kind, localns={"Mapping": Mapping})
