"""The host of a service: what is dialled and what the signed call goes to are the same."""

from __future__ import annotations

import pytest

from probe import aws
from probe.aws import clients


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sqs", "sts"])
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_the_signed_call_goes_to_the_host_that_was_dialled(
    service: str, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another name may resolve elsewhere, and a firewall may know only one of them."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    client = clients.build(clients.open_session(region, None), service)

    assert client.meta.endpoint_url == f"https://{aws.host_for(service, region)}"
