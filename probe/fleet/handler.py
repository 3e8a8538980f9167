"""Lambda's entry points of the fleet: where its steps meet AWS.

`find_and_sum` begins and ends a run of the state machine, `diagnose` is one item of it. Beside
`probe.handler` the only importer of Powertools.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics

from probe import aws, metrics
from probe.aws.roles import Role
from probe.aws.storing import Bucket
from probe.fleet import orders, steps, stream, table
from probe.fleet.placements import Scope
from probe.report.pen import Pen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from probe.fleet.summary import Fleet

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
_LONGEST_SUBJECT, _LONGEST_MESSAGE = 100, 200_000
_TOLD = 10  # components in the message; the report has them all

logger = Logger(service="lambda-probe-fleet")


def find_and_sum(event: Mapping[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    """Find what is to be diagnosed, or sum up what was."""
    if event["step"] == "find":
        return _find(event, context)
    return _sum(event)


def _find(event: Mapping[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    bucket = _bucket()
    given = event["order"]
    key = orders.list_of_functions(given)
    listed = list(stream.entries(bucket.read(key))) if key else None
    partition = context.invoked_function_arn.split(":")[1]
    order = orders.read(event["run"], given, os.environ, listed)
    return steps.discover(order, bucket, lambda scope: _access(scope, partition))


def _sum(event: Mapping[str, Any]) -> Mapping[str, Any]:
    fleet, told = steps.summarise(event["run"], _bucket(), event["results"])
    _count(fleet)
    _publish(fleet, told)
    logger.info("fleet", **told)
    return told


def diagnose(event: Mapping[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    """Diagnose one placement of some account."""
    partition = context.invoked_function_arn.split(":")[1]
    item = event["item"]
    access = _access(Scope(item["account"], item["region"]), partition)
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 2000
    return steps.diagnose(item, _bucket(), access, deadline=deadline, tries=event["tries"])


def _bucket() -> Bucket:
    return Bucket(os.environ["FLEET_BUCKET"])


def _access(scope: Scope, partition: str) -> steps.Access:
    name = os.environ["FLEET_ROLE_NAME"]
    arn = f"arn:{partition}:iam::{scope.account}:role/{name}"
    role = Role(arn, os.environ.get("FLEET_EXTERNAL_ID") or None)
    return steps.Access(aws.reader(scope.region, None, role), aws.invoker(scope.region, None, role))


def _count(fleet: Fleet) -> None:
    emf = EphemeralMetrics(namespace=metrics.NAMESPACE, service="")
    emf.add_dimension("fleet", os.environ["FLEET_NAME"])
    for name, value in (
        ("FunctionsLookedAt", fleet.functions),
        ("FunctionsBroken", fleet.broken),
        ("PartsMissing", len(fleet.missing)),
        ("LargestFinding", max((one.functions for one in fleet.proven), default=0)),
    ):
        emf.add_metric(name, "Count", value)
    emf.flush_metrics()


def _publish(fleet: Fleet, told: Mapping[str, Any]) -> None:
    """Tell people once a run."""
    where = f"s3://{os.environ['FLEET_BUCKET']}/{told['report']}"
    text = table.render(fleet, Pen(width=78, fancy=False), rows=_TOLD)
    subject = f"{os.environ['FLEET_NAME']}: {fleet.broken} of {fleet.functions} functions cut off"
    aws.publisher()(
        os.environ["FLEET_TOPIC_ARN"],
        subject[:_LONGEST_SUBJECT],
        f"{text[:_LONGEST_MESSAGE]}\nThe whole report: {where}\n",
        {"status": fleet.status, "functions": str(fleet.broken)},
    )
