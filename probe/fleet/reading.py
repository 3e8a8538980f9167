"""Reading for many placements: no question twice, and none with more values than EC2 takes.

Stands between the collector and AWS. Networks of one account ask much the same of the account, and
a network with hundreds of subnets asks for more in one filter than EC2 answers.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probe.network.collector.collect import Reader

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
MOST_VALUES = 200
_FILTERS = ("Filters", "Filter")


class Once:
    """A reader that remembers answers, for as long as one account and Region is looked at."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._answers: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()
        self.calls = 0  # answered by AWS, or denied; what was remembered is not counted

    def __call__(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Give AWS's answer, from AWS or from memory."""
        key = f"{service} {operation} {parameters!r}"
        with self._lock:
            known = self._answers.get(key)
        if known is not None:
            return known
        answer: dict[str, Any] = {}
        for part in _parts(parameters):
            with self._lock:
                self.calls += 1
            _join(answer, self._read(service, operation, **part))
        with self._lock:
            self._answers[key] = answer
        return answer


def _parts(parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the questions, of which each has no filter with too many values."""
    for name in _FILTERS:
        filters = parameters.get(name) or []
        for index, one in enumerate(filters):
            values = list(one.get("Values") or ())
            for start in range(0, len(values), MOST_VALUES) if len(values) > MOST_VALUES else ():
                fewer = [*filters]
                fewer[index] = {**one, "Values": values[start : start + MOST_VALUES]}
                yield from _parts({**parameters, name: fewer})
            if len(values) > MOST_VALUES:
                return
    yield parameters


def _join(answer: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        known = answer.get(key)
        answer[key] = [*known, *value] if isinstance(known, list) else value
