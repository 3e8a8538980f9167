"""DynamoDB: `{"check": "dynamodb", "table": "orders"}`; without a table nothing is signed.

`region` asks another Region, and `host` another name, such as that of an interface endpoint, which
has no private DNS for DynamoDB:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/privatelink-interface-endpoints.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.checks import _api
from probe.target import Check

if TYPE_CHECKING:
    from probe.reading import Fields
    from probe.target import Surroundings, Target

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
_TABLE = r"[a-zA-Z0-9_.-]{3,255}"


def _parse(fields: Fields, around: Surroundings) -> Target:
    table = fields.matching("table", _TABLE, "the name of a table")
    call = _api.Call("DescribeTable", {"TableName": table}) if table else None
    label = table or (fields.host("host") if "host" in fields else "dynamodb")
    return _api.target("dynamodb", "dynamodb", fields, around, label=label, call=call)


CHECK = Check(
    "dynamodb",
    ("table", "region", "host"),
    _parse,
    "DynamoDB answers; with `table`, the role may describe that table",
    ("dynamodb:DescribeTable",),
)
