"""What a cold start loads: held here, so that it cannot creep."""

from __future__ import annotations

import json
import sys

from tests.invocation import process

# Every third-party package that the probe's start may load, and what each is for.
AT_START = {
    "aws_lambda_powertools",  # the log, the metrics, the zone
    "certifi",  # the authorities that requests trusts
    "charset_normalizer",  # requests
    "idna",  # requests
    "requests",  # the http check
    "cython_runtime",  # of charset_normalizer's compiled part
    "simplejson",  # requests takes it where tests have it; no part of the artifact
    "typing_extensions",  # Powertools
    "urllib3",  # requests
}
FOR_AN_AWS_HOST = {"botocore", "dateutil", "jmespath", "six"}  # the rules of endpoints, no client


def strangers(**variables: str) -> set[str]:
    """Load the handler in a process of its own; name the third-party packages that came with it."""
    _, start = process(**variables)
    packages = {name.partition(".")[0] for name in start["loaded"]}
    ours = {"probe", "__main__", "__mp_main__", "sitecustomize", "usercustomize"}
    return {
        name
        for name in packages - ours - set(sys.stdlib_module_names)
        if not name.startswith(("_", "google"))  # of the machine's own start
    }


def test_a_start_without_targets_loads_no_sdk() -> None:
    """What no check needs is not loaded."""
    assert strangers(PROBE_TARGETS="") <= AT_START


def test_a_start_with_an_aws_target_loads_its_rules_and_no_client() -> None:
    """The name of a service's host takes botocore's data; boto3 stays away."""
    targets = json.dumps([{"check": "dynamodb"}, {"check": "logs"}])

    loaded = strangers(PROBE_TARGETS=targets, AWS_REGION="eu-west-1")

    assert "botocore" in loaded
    assert loaded <= AT_START | FOR_AN_AWS_HOST
