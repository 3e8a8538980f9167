"""Lambda's entry points: where everything meets, and the only importer of Powertools.

A report always comes back: also for an event that cannot be used, also when hardly any time is
left, also when something in here is broken. It leaves as the invocation's answer, as one line of
the log, and as metrics in the log, so none of it needs a way out of the subnet.
"""

from __future__ import annotations

import contextlib
import os
import urllib.request
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics
from aws_lambda_powertools.utilities.metadata import LambdaMetadataError, get_lambda_metadata

from probe import conclusion, metrics, placement, runner, settings
from probe.conclusion import Begun
from probe.fitting import ANSWER_BYTES, LOG_BYTES, fitting
from probe.model import Placement, Report, Status, Undetermined, Unknown
from probe.report.document import to_document
from probe.settings import SettingsError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from probe.settings import Settings

# What judging, writing and answering may take. Lambda kills a function that is late, and then
# nothing is delivered; of a short rest, half goes into the checks.
# https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
_RESERVE_S = 1.0
# The metadata endpoint answers in a millisecond or is broken; a run must not wait for it.
_LONGEST_LOOK_S, _SHORTEST_REST_S = 1.0, 2.0

logger = Logger(service="lambda-probe")

# Builds what the configured targets need while nothing is timed: most of what a first invocation
# costs is loading. A targets list that cannot be used is told when it is used.
with contextlib.suppress(SettingsError):
    settings.parse({}, os.environ)


def probe(event: object, context: LambdaContext) -> Mapping[str, Any]:
    """Make the checks from this placement and report how each of them ended."""
    begun = Begun()
    rest_s = context.get_remaining_time_in_millis() / 1000
    where = placement.here(os.environ, _zone(rest_s))
    try:
        report = _checked(begun, where, settings.parse(event, os.environ), rest_s)
    except SettingsError as error:
        report = _bare(begun, where, error=str(error))
    document = _delivered(report, context)
    _count(report)
    return document


def diagnose(event: object, context: LambdaContext) -> Mapping[str, Any]:
    """Say what a function cannot reach, and why: `{"function": "orders-api", "targets": [...]}`.

    Stands outside any VPC, where AWS's APIs are within reach. Of a deployed probe it has the
    packets sent; of any other function it walks the configuration.
    """
    # Loaded here, since the probe would pay for it at every cold start and never use it.
    from probe import aws, investigation

    begun = Begun()
    rest_s = context.get_remaining_time_in_millis() / 1000
    where = _elsewhere(event)
    try:
        name, wanted = _asked(event)
        world = investigation.World(
            read=aws.reader(),
            invoke=aws.invoker(),
            deadline=begun.clock + rest_s / 2,
            environment=os.environ,
        )
        report, _ = investigation.investigate(name, wanted, world)
    except (SettingsError, investigation.FunctionError, aws.SetupError) as error:
        report = _bare(begun, where, error=str(error))
    return _delivered(report, context)


def _asked(event: object) -> tuple[str, Mapping[str, Any]]:
    accepted = "the name or ARN of a Lambda function"
    if not isinstance(event, Mapping):
        raise SettingsError(f'The event must be an object like {{"function": {accepted}}}.')
    function = event.get("function")
    if not isinstance(function, str) or not function.strip():
        raise SettingsError(f"function must be {accepted}.")
    return function, {key: value for key, value in event.items() if key != "function"}


def _elsewhere(event: object) -> Placement:
    """Name what was asked about, before anything is known of it."""
    function = event.get("function") if isinstance(event, Mapping) else None
    unread = Unknown("not read", "lambda:GetFunctionConfiguration")
    return Placement(
        function=function if isinstance(function, str) else Unknown("not named in the event"),
        region=os.environ.get("AWS_REGION") or Unknown("AWS_REGION is not set"),
        in_vpc=unread,
        vpc_id=unread,
        subnet_ids=unread,
        security_group_ids=unread,
        az_id=unread,
        subnet_id=unread,
    )


def _checked(begun: Begun, where: Placement, wanted: Settings, rest_s: float) -> Report:
    deadline = begun.clock + rest_s - min(_RESERVE_S, rest_s / 2)
    seen = runner.run(wanted, deadline=deadline)
    try:
        return conclusion.conclude(begun, where, seen)
    except Exception:
        # A fault in judging must not cost what was seen.
        logger.exception("The observations could not be judged.")
        gap = Undetermined("causes", "an error in lambda-probe, which is in the function's log")
        return _bare(begun, where, observations=seen, undetermined=(gap,))


def _bare(begun: Begun, where: Placement, **parts: Any) -> Report:
    return Report(begun.id, begun.at, begun.ms, Status.UNDETERMINED, where, **parts)


def _delivered(report: Report, context: LambdaContext) -> Mapping[str, Any]:
    document = to_document(report)
    logger.info(
        "report",
        report=fitting(document, LOG_BYTES),
        request_id=context.aws_request_id,
    )
    return fitting(document, ANSWER_BYTES)


def _count(report: Report) -> None:
    for record in metrics.records(report):
        # No service: Powertools would make it one more dimension.
        emf = EphemeralMetrics(namespace=metrics.NAMESPACE, service="")
        first, *others = record.dimensions
        for name, text in first.items():
            emf.add_dimension(name, text)
        for dimensions in others:
            emf.add_dimensions(**dimensions)
        for value in record.values:
            emf.add_metric(value.name, value.unit, value.value)
        emf.flush_metrics()


def _zone(rest_s: float) -> str | Unknown:
    """Ask Lambda's metadata endpoint for the Availability Zone; it knows of no subnet.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-metadata-endpoint.html
    """
    if rest_s < _SHORTEST_REST_S:
        return Unknown("no time was left to ask for it")
    endpoint = os.environ.get("AWS_LAMBDA_METADATA_API", "")
    if "http" in urllib.request.getproxies() and not urllib.request.proxy_bypass(endpoint):
        # Powertools would ask through the proxy, and so hand it the endpoint's token.
        return Unknown("a proxy is configured for plain HTTP")
    try:
        zone = get_lambda_metadata(timeout=_LONGEST_LOOK_S).availability_zone_id
    except (LambdaMetadataError, ValueError, TypeError) as error:
        return Unknown(str(error))
    return zone or Unknown("no metadata endpoint")
