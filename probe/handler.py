"""Lambda's entry points: where everything meets. Only this and the fleet's import Powertools.

A report always comes back: also for an event that cannot be used, also when hardly any time is
left, also when something in here is broken. It leaves as the invocation's answer, as one line of
the log, and as metrics in the log, so none of it needs a way out of the subnet.
"""

from __future__ import annotations

import contextlib
import os
import time
import urllib.request
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics
from aws_lambda_powertools.utilities.metadata import LambdaMetadataError, get_lambda_metadata

from probe import conclusion, metrics, placement, runner, settings
from probe.conclusion import Begun
from probe.fitting import ANSWER_BYTES, LOG_BYTES, fitting
from probe.model import Report, Status, Undetermined, Unknown
from probe.report.document import to_document
from probe.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from probe.alarm import Change
    from probe.investigation import World
    from probe.model import Placement
    from probe.settings import Settings

# What judging, writing and answering may take. Lambda kills a function that is late, and then
# nothing is delivered; of a short rest, half goes into the checks.
# https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
_RESERVE_S = 1.0
# The smallest functions have a seventh of a core, on which a target takes that long to be told.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_RESERVE_PER_TARGET_S = 0.001
_SHORTEST_LIST_S = 0.05  # a list of fifty is always told
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
    hold_s = 0.0
    try:
        wanted = settings.parse(event, os.environ)
        hold_s = min(wanted.hold_s, rest_s - _RESERVE_S)
        report = _checked(begun, where, wanted, rest_s)
    except SettingsError as error:
        report = _bare(begun, where, error=str(error))
    document = _delivered(report, context)
    _count(report)
    # An environment that is busy takes nobody else in: the others of a sweep must run elsewhere.
    time.sleep(max(0.0, begun.clock + hold_s - time.monotonic()))
    return document


def diagnose(event: object, context: LambdaContext) -> Mapping[str, Any]:
    """Say what a function cannot reach, and why: `{"function": "orders-api", "targets": [...]}`.

    Stands outside any VPC, where AWS's APIs are within reach. Of the probe beside it, and of
    functions in the same place, it has the packets sent; of any other it walks the configuration.
    Asked by an alarm, it tells the topic.
    """
    # Loaded here, since the probe would pay for it at every cold start and never use it.
    from probe import asked, aws, investigation

    begun = Begun()
    where = asked.elsewhere(event, os.environ)
    question = None
    try:
        question = asked.read(event, os.environ)
        world = _world(begun.clock + context.get_remaining_time_in_millis() / 2000)
        report, _ = investigation.investigate(question.function, question.event, world)
    except (SettingsError, investigation.FunctionError, aws.SetupError) as error:
        report = _bare(begun, where, error=str(error))
    document = _delivered(report, context)
    if question and question.change:
        _publish(report, question.change, context)
    return document


def _world(deadline: float) -> World:
    from probe import asked, aws, investigation

    return investigation.World(
        read=aws.reader(),
        invoke=aws.invoker(),
        probe=os.environ.get(asked.PROBE) or None,
        spare_group=os.environ.get("PROBE_SPARE_GROUP") or None,
        deadline=deadline,
        environment=os.environ,
    )


def _publish(report: Report, change: Change, context: LambdaContext) -> None:
    """Tell people, last of all: whoever tries again after an error tells them once."""
    from probe import alarm, aws

    topic = os.environ.get("PROBE_TOPIC_ARN")
    if not topic:
        logger.warning("PROBE_TOPIC_ARN names no topic to tell.")
        return
    link = alarm.log_link(
        partition=context.invoked_function_arn.split(":")[1],
        region=os.environ.get("AWS_REGION", ""),
        group=context.log_group_name,
        stream=context.log_stream_name,
        request_id=context.aws_request_id,
    )
    told = alarm.message(report, change, link)
    aws.publisher()(topic, told.subject, told.text, told.attributes)


def _checked(begun: Begun, where: Placement, wanted: Settings, rest_s: float) -> Report:
    telling_s = _RESERVE_PER_TARGET_S * len(wanted.targets)
    if telling_s > max(rest_s, _SHORTEST_LIST_S):
        # A sentence that arrives says more than a list that Lambda ends half-way.
        return _bare(begun, where, error=_too_late(len(wanted.targets), rest_s))
    deadline = begun.clock + rest_s - min(_RESERVE_S + telling_s, rest_s / 2)
    seen = runner.run(wanted, deadline=deadline)
    try:
        return conclusion.conclude(begun, where, seen)
    except Exception:
        # A fault in judging must not cost what was seen.
        logger.exception("The observations could not be judged.")
        gap = Undetermined("causes", "an error in lambda-probe, which is in the function's log")
        return _bare(begun, where, observations=seen, undetermined=(gap,))


def _too_late(targets: int, rest_s: float) -> str:
    return (
        f"None of the {targets} targets was attempted: {max(0, round(1000 * rest_s))} ms were left,"
        " too little to tell of so many. Give the function more time, or fewer targets."
    )


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
        for name, known in record.properties.items():
            emf.add_metadata(name, known)
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
