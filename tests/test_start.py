"""What a cold start loads: held here, so that it cannot creep."""

from __future__ import annotations

import json
import sys

from tests.invocation import process

# Every third-party package that the probe's start may load, and what each is for.
AT_START = {
    "aws_lambda_powertools",  # the log, the metrics, the zone
    "botocore",  # Powertools names itself in its user agent; see FOR_AN_AWS_HOST for the rest
    "certifi",  # the authorities that requests trusts
    "charset_normalizer",  # requests
    "idna",  # requests
    "jmespath",  # Powertools' log
    "requests",  # the http check
    "cython_runtime",  # of charset_normalizer's compiled part
    "simplejson",  # requests takes it where tests have it; no part of the artifact
    "typing_extensions",  # Powertools
    "urllib3",  # requests
}
FOR_AN_AWS_HOST = {"dateutil", "six"}  # with botocore's rules of endpoints; no client


def loaded(**variables: str) -> set[str]:
    """Load the handler in a process of its own; name the modules that came with it."""
    _, start = process(**variables)
    return set(start["loaded"])


def strangers(modules: set[str]) -> set[str]:
    """Name the third-party packages of modules."""
    packages = {name.partition(".")[0] for name in modules}
    ours = {"probe", "__main__", "__mp_main__", "sitecustomize", "usercustomize"}
    return {
        name
        for name in packages - ours - set(sys.stdlib_module_names)
        if not name.startswith(("_", "google"))  # of the machine's own start
    }


def test_a_start_without_targets_loads_no_sdk() -> None:
    """What no check needs is not loaded: of botocore its first page, and none of its machinery."""
    modules = loaded(PROBE_TARGETS="")

    assert strangers(modules) <= AT_START
    assert not {"botocore.session", "botocore.loaders", "botocore.client"} & modules


def test_a_start_loads_nothing_that_needs_a_snapshot() -> None:
    """The probe reads no configuration: the walk and its remedies stay away."""
    modules = loaded(PROBE_TARGETS="")

    assert "probe.causes" in modules
    assert not {name for name in modules if name.startswith(("probe.network", "probe.remedy"))}


def test_a_start_with_an_aws_target_loads_its_rules_and_no_client() -> None:
    """The name of a service's host takes botocore's data; boto3 stays away."""
    targets = json.dumps([{"check": "dynamodb"}, {"check": "logs"}])

    modules = loaded(PROBE_TARGETS=targets, AWS_REGION="eu-west-1")

    assert "botocore.loaders" in modules
    assert strangers(modules) <= AT_START | FOR_AN_AWS_HOST
