"""The host of a service: what is dialled and what the signed call goes to are the same."""

from __future__ import annotations

import botocore.session
import pytest

from probe import aws
from probe.aws import clients, hosts


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sqs", "sts"])
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_the_signed_call_goes_to_the_host_that_was_dialled(
    service: str, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another name may resolve elsewhere, and a firewall may know only one of them."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    client = clients.build(clients.open_session(region, None), service)

    assert client.meta.endpoint_url == f"https://{aws.host_for(service, region)}"


# What no model of botocore's tells: the name of another SDK, and of the service itself.
_OF_OTHERS = {"sfn": "states", "eventbridge": "events"}


@pytest.mark.parametrize("name", hosts._ALSO_CALLED)
def test_a_service_by_the_name_that_iam_or_its_endpoint_has(name: str) -> None:
    """The sentence tells the clients that botocore's models give this name to."""
    session = botocore.session.get_session()
    clients = hosts._ALSO_CALLED[name]
    told = [session.get_service_model(client).metadata for client in clients]

    with pytest.raises(aws.UnknownService) as caught:
        aws.host_for(name, "us-east-1")

    assert str(caught.value).endswith(f"; did you mean {' or '.join(clients)}?")
    wanted = _OF_OTHERS.get(name, name)
    assert all(wanted in (model.get("signingName"), model["endpointPrefix"]) for model in told)


def test_a_service_that_was_misspelt() -> None:
    """A name that nothing else has is compared with those of the clients."""
    with pytest.raises(aws.UnknownService, match="did you mean lambda or"):
        aws.host_for("lamda", "us-east-1")
