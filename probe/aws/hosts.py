"""Which host an SDK calls for a service in a Region, by botocore's own endpoint rules."""

from __future__ import annotations

import difflib
import functools
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.loaders import Loader


# What IAM, endpoints and other SDKs call a service -> its clients, where the two are unlike.
_ALSO_CALLED = {
    "airflow": ("mwaa",),
    "aoss": ("opensearchserverless",),
    "aps": ("amp",),
    "cassandra": ("keyspaces",),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "elasticmapreduce": ("emr",),
    "email": ("ses", "sesv2"),
    "eventbridge": ("events",),
    "execute-api": ("apigatewaymanagementapi",),
    "geo": ("location",),
    "lex": ("lexv2-runtime", "lex-runtime"),
    "mobiletargeting": ("pinpoint",),
    "monitoring": ("cloudwatch",),
    "sfn": ("stepfunctions",),
    "states": ("stepfunctions",),
    "tagging": ("resourcegroupstaggingapi",),
}


class UnknownService(ValueError):  # noqa: N818 - the sentence that says so is for the user
    """botocore has no host for this service and Region; the text says what comes near."""


def host_for(service: str, region: str) -> str:
    """Name the host that an SDK calls when no endpoint was configured."""
    # https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
    dual_stack = os.environ.get("AWS_USE_DUALSTACK_ENDPOINT", "").lower() == "true"
    fips = os.environ.get("AWS_USE_FIPS_ENDPOINT", "").lower() == "true"
    return _resolve(service, region, dual_stack=dual_stack, fips=fips)


# Reads two data files and no more of botocore than its rules: a third of what boto3 costs to load.
@functools.cache
def _resolve(service: str, region: str, *, dual_stack: bool, fips: bool) -> str:
    from botocore.endpoint_provider import EndpointProvider
    from botocore.exceptions import EndpointProviderError, InvalidRegionError, UnknownServiceError
    from botocore.loaders import Loader
    from botocore.utils import validate_region_name

    if not region:
        raise UnknownService("No Region is set: the event's region or AWS_REGION names one.")
    loader = Loader()
    try:
        validate_region_name(region)
        rules = loader.load_service_model(service, "endpoint-rule-set-1")
        asked = {"Region": region, "UseDualStack": dual_stack, "UseFIPS": fips}
        known = {name: value for name, value in asked.items() if name in rules["parameters"]}
        provider = EndpointProvider(rules, loader.load_data("partitions"))
        url = provider.resolve_endpoint(**known).url
    except InvalidRegionError:
        raise UnknownService(f"{region!r} is not the name of a Region.") from None
    except UnknownServiceError:
        raise UnknownService(_near(service, loader)) from None
    except EndpointProviderError as error:
        raise UnknownService(f"{service!r} has no host in Region {region!r}: {error}") from None
    return str(url).partition("//")[2].partition("/")[0]


def _near(service: str, loader: Loader) -> str:
    known = loader.list_available_services("endpoint-rule-set-1")
    near = _ALSO_CALLED.get(service) or difflib.get_close_matches(service, known)
    hint = f"; did you mean {' or '.join(near)}?" if near else "."
    return f"{service!r} is not a service as boto3 names its clients{hint}"
