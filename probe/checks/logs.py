"""CloudWatch Logs, which a function has two ways to: `{"check": "logs"}`.

What a function prints, Lambda delivers outside the VPC, whatever its placement; that is stated as
a fact, not measured. Calls of the API need a path, and that path is what is checked. `signed` also
sends one signed call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.checks import _api
from probe.target import Check

if TYPE_CHECKING:
    from probe.reading import Fields
    from probe.target import Surroundings, Target

_STDOUT = "delivered by Lambda from any placement, not over this function's network"


def _parse(fields: Fields, around: Surroundings) -> Target:
    call = _api.Call("DescribeLogGroups", {"limit": 1}) if fields.flag("signed") else None
    label = fields.host("host") if "host" in fields else "logs"
    return _api.target(
        "logs", "logs", fields, around, label=label, call=call, facts={"stdout": _STDOUT}
    )


CHECK = Check(
    "logs",
    ("region", "host", "signed"),
    _parse,
    "the API of CloudWatch Logs answers; what is printed is delivered anyway",
    ("logs:DescribeLogGroups",),
)
