"""What every test stands on: no AWS settings of the developer's own, and no packet leaves here."""

from __future__ import annotations

import ipaddress
import os
import sys
from typing import Any

from hypothesis import settings

# No test asserts how long something takes: a busy machine is no finding.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# Set before anything imports boto3. Credentials that are no secret, no files, no metadata service.
for _name in [name for name in os.environ if name.startswith(("AWS_", "PROBE_", "POWERTOOLS_"))]:
    del os.environ[_name]
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_DEFAULT_REGION="eu-west-1",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
)


def _refuse_the_internet(event: str, arguments: tuple[Any, ...]) -> None:
    """Fail any connection to a public address: a test that needs the internet proves nothing."""
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    try:
        address = ipaddress.ip_address(str(arguments[1][0]).partition("%")[0])
    except ValueError:
        return
    if address.is_global:
        raise RuntimeError(f"a test tried to reach {address}, which is not on this machine")


sys.addaudithook(_refuse_the_internet)


def pytest_report_header() -> str:
    """Name the versions that decide what is tested."""
    import boto3
    import moto

    return f"boto3 {boto3.__version__}, moto {moto.__version__}"
