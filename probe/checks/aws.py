"""Any AWS service: `{"check": "aws", "service": "secretsmanager", "region": "eu-west-1"}`.

The service as boto3 names its client. `action` also sends one signed call, of the few below that
change nothing and return little; `host` asks another name, such as that of an interface endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.checks import _api
from probe.target import Check

if TYPE_CHECKING:
    from probe.reading import Fields
    from probe.target import Surroundings, Target

_SERVICE = r"[a-z][a-z0-9-]{1,62}"
_CALLS = {
    "events": _api.Call("ListRules", {"Limit": 1}),
    "kms": _api.Call("ListKeys", {"Limit": 1}),
    "lambda": _api.Call("ListFunctions", {"MaxItems": 1}),
    "s3": _api.Call("ListBuckets", {"MaxBuckets": 1}),
    "secretsmanager": _api.Call("ListSecrets", {"MaxResults": 1}),
    "sns": _api.Call("ListTopics"),
    "sqs": _api.Call("ListQueues", {"MaxResults": 1}),
    "ssm": _api.Call("DescribeParameters", {"MaxResults": 1}),
    "stepfunctions": _api.Call("ListStateMachines", {"maxResults": 1}),
    "sts": _api.Call("GetCallerIdentity"),
}


def _parse(fields: Fields, around: Surroundings) -> Target:
    service = fields.matching("service", _SERVICE, "the name of a boto3 client, like s3")
    if service is None:
        raise fields.wrong("service", "the name of a boto3 client, like s3")
    call = None
    if "action" in fields:
        call = _CALLS.get(service)
        if call is None or fields.get("action") != call.operation:
            known = ", ".join(f"{name}:{c.operation}" for name, c in _CALLS.items())
            raise fields.wrong("action", f"the action of its service among {known}")
    label = service
    if "host" in fields:
        label = f"{service} {fields.host('host')}"
    return _api.target("aws", service, fields, around, label=label, call=call)


CHECK = Check(
    "aws",
    ("service", "region", "host", "action"),
    _parse,
    "the service's API answers; with `action`, the role may call it",
    (
        "events:ListRules",
        "kms:ListKeys",
        "lambda:ListFunctions",
        "s3:ListAllMyBuckets",
        "secretsmanager:ListSecrets",
        "sns:ListTopics",
        "sqs:ListQueues",
        "ssm:DescribeParameters",
        "states:ListStateMachines",
    ),  # sts:GetCallerIdentity needs no permission
)
