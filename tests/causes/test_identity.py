"""AWS said no: the words tell which policy it was, and prove the network."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from probe.causes.identity import verdict
from probe.model import Confidence, Direction, Hop, Unknown
from probe.with_snapshot import unrefuted
from tests.causes.build import (
    DYNAMODB,
    ENDPOINT,
    FUNCTION,
    PLACEMENT,
    blind,
    evidence,
    findings,
    one,
    path,
    possible,
    proven,
    saw,
)

USER = "User: arn:aws:sts::111122223333:assumed-role/r/f is not authorized to perform: "
SILENT = "connect timeout"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
WORDS = [
    (
        USER + "logs:PutLogEvents on resource: x because no identity-based policy allows the"
        " logs:PutLogEvents action",
        "identity-policy-denies",
    ),
    (USER + "dynamodb:DescribeTable on resource: x", "identity-policy-denies"),
    (
        USER + "codecommit:ListRepositories because no VPC endpoint policy allows the"
        " codecommit:ListRepositories action",
        "endpoint-policy-denies",
    ),
    (
        USER + "codedeploy:ListDeployments on resource: x with an explicit deny in a VPC endpoint"
        " policy",
        "endpoint-policy-denies",
    ),
    (
        USER + "sts:GetCallerIdentity with an explicit deny in a service control policy",
        "explicit-deny",
    ),
    (USER + "s3:GetObject with an explicit deny in a resource-based policy", "explicit-deny"),
    (
        USER + "codedeploy:ListApplications with an explicit deny in a permissions boundary",
        "explicit-deny",
    ),
    (
        USER + "s3:ListBucket because no service control policy allows the s3:ListBucket action",
        "identity-policy-denies",
    ),
    ("AccessDenied: Access Denied", "identity-policy-denies"),
    (
        "UnrecognizedClientException: The security token included in the request is invalid.",
        "credentials-invalid",
    ),
    ("ExpiredTokenException: The security token included in the request is expired", None),
    ("InvalidSignatureException: Signature expired", "credentials-invalid"),
    (
        "SignatureDoesNotMatch: Credential should be scoped to a valid region.",
        "wrong-region",
    ),
    ("AuthorizationHeaderMalformed: the region 'us-east-1' is wrong; expecting", "wrong-region"),
    ("ThrottlingException: Rate exceeded", None),
    ("ResourceNotFoundException: Requested resource not found", None),
]


@pytest.mark.parametrize(("words", "expected"), WORDS, ids=lambda value: str(value)[-40:])
def test_the_words_of_a_denial_name_the_policy(words: str, expected: str | None) -> None:
    """Texts as AWS writes them; what is no denial names none."""
    wanted = "credentials-invalid" if words.startswith("Expired") else expected

    assert verdict(words) == wanted


@pytest.mark.parametrize(("words", "expected"), WORDS[:9], ids=lambda value: str(value)[-40:])
def test_a_denial_on_a_path_that_was_read_is_proven(words: str, expected: str) -> None:
    """The service spoke for itself; the finding quotes it."""
    seen = saw("dynamodb", "exchange access_denied", message=words)
    found = evidence(seen, paths=[path(seen)])

    assert proven(found) == [expected]
    assert any(words in sentence for sentence in one(found, expected).because)


@pytest.mark.parametrize(
    ("address", "said"),
    [(ENDPOINT, "came through a VPC endpoint"), (DYNAMODB, "did not come through a VPC endpoint")],
)
def test_an_explicit_deny_says_by_which_way_the_call_came(address: str, said: str) -> None:
    """Statements about addresses and endpoints mean one of the two ways."""
    words = USER + "sts:GetCallerIdentity with an explicit deny in a service control policy"
    seen = saw("aws", "exchange access_denied", address=address, message=words)

    told = one(evidence(seen, paths=[path(seen)]), "explicit-deny").because
    unread = one(blind(seen), "explicit-deny").because

    assert any(said in sentence for sentence in told)
    assert any("came through" in sentence for sentence in unread) is (address == ENDPOINT)
    assert not any("did not come" in sentence for sentence in unread)


def test_an_error_that_is_no_denial_is_not_put_down_to_permissions() -> None:
    """The service was reached and has no such table: nothing is wrong with the network."""
    seen = saw(
        "dynamodb",
        "exchange service_error",
        error_code="ResourceNotFoundException",
        message="Requested resource not found",
    )

    found = evidence(seen, paths=[path(seen)])
    (finding,) = findings(found)

    assert (finding.code, finding.confidence) == ("service-error", Confidence.PROVEN)
    assert any("ResourceNotFoundException" in sentence for sentence in finding.because)


@pytest.mark.parametrize("failed", ["exchange service_error", "exchange access_denied"])
def test_no_error_of_a_service_goes_without_a_finding(failed: str) -> None:
    """Whatever its words, and also where nothing was read."""
    seen = saw("aws", failed, error_code="SomethingNew", message="in words of its own")

    assert possible(blind(seen)) == ["service-error"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("sts.amazonaws.com", True),
        ("sts.us-east-1.amazonaws.com", True),
        ("sts.eu-west-1.amazonaws.com", False),
        ("orders.abc.us-east-1.rds.amazonaws.com", False),
        ("api.example.com", False),
    ],
)
def test_a_silent_host_of_another_region_is_suspected(host: str, expected: bool) -> None:
    """Endpoints serve their own Region; a global or foreign host goes past them."""
    found = possible(blind(saw("aws" if "sts" in host else "http", SILENT, host=host)))

    assert ("wrong-region" in found) is expected


@pytest.mark.parametrize(
    ("region", "first"), [("eu-west-1", True), ("us-west-2", False)], ids=["own", "another"]
)
def test_a_service_that_passes_in_its_own_region_alone(region: str, first: bool) -> None:
    """A table of another Region beside one of this: the gateway endpoint leads to this one."""
    here = saw("dynamodb", host=f"dynamodb.{region}.amazonaws.com", address="52.216.0.10")
    there = saw("aws", SILENT, host="dynamodb.us-east-1.amazonaws.com", address="34.200.0.25")
    found = blind(here, there)

    assert (possible(found)[0] == "wrong-region") is first
    fix = one(found, "wrong-region").fix
    assert fix is not None
    assert "such as a bucket" in fix.text


def test_a_foreign_host_beside_an_endpoint_for_the_service_is_proven() -> None:
    """The VPC has an endpoint for that very service, and the client asks for another Region."""
    seen = saw("aws", SILENT, host="sts.amazonaws.com")
    entry = {
        "VpcEndpointId": "vpce-sts",
        "ServiceName": "com.amazonaws.eu-west-1.sts",
        "VpcId": "vpc-a",
    }

    found = evidence(seen, VpcEndpoints=[entry])

    assert "wrong-region" in proven(found)
    assert any("vpce-sts" in sentence for sentence in one(found, "wrong-region").because)


@pytest.mark.parametrize(
    "change", [{"VpcId": "vpc-b"}, {"ServiceName": "com.amazonaws.eu-west-1.logs"}]
)
def test_an_endpoint_of_another_vpc_or_service_proves_nothing(change: dict[str, str]) -> None:
    """It would not have served this client."""
    seen = saw("aws", SILENT, host="sts.amazonaws.com")
    entry = {
        "VpcEndpointId": "vpce-sts",
        "ServiceName": "com.amazonaws.eu-west-1.sts",
        "VpcId": "vpc-a",
        **change,
    }

    assert "wrong-region" not in proven(evidence(seen, VpcEndpoints=[entry]))


def test_a_region_that_is_not_known_accuses_nobody() -> None:
    """Without the function's Region no host is foreign."""
    nowhere = replace(PLACEMENT, region=Unknown("not told"))
    seen = saw("aws", SILENT, host="sts.us-east-1.amazonaws.com")

    assert "wrong-region" not in possible(blind(seen, placement=nowhere))


ENDPOINT_DENIES = "User: x is not authorized because no VPC endpoint policy allows the action"


def test_the_endpoint_that_the_packets_came_through_is_named() -> None:
    """A gateway endpoint is on the walk."""
    o = saw("dynamodb", "exchange access_denied", message=ENDPOINT_DENIES)
    way = replace(path(o), hops=(Hop(Direction.FORWARD, "vpce-g", "vpc-endpoint", "allow", ""),))

    assert one(evidence(o, paths=[way]), "endpoint-policy-denies").component == "vpce-g"


@pytest.mark.parametrize("number", [1, 2])
def test_an_interface_endpoint_is_named_where_there_is_but_one(number: int) -> None:
    """It has the private address that the name led to."""
    o = saw("logs", "exchange access_denied", address="10.0.3.10", message=ENDPOINT_DENIES)
    rows = [
        {
            "VpcEndpointId": f"vpce-{n}",
            "VpcId": "vpc-a",
            "VpcEndpointType": "Interface",
            "ServiceName": "com.amazonaws.eu-west-1.logs",
        }
        for n in range(number)
    ]
    finding = one(evidence(o, paths=[path(o)], VpcEndpoints=rows), "endpoint-policy-denies")

    assert finding.component == ("vpce-0" if number == 1 else o.host)


def test_an_assumption_that_the_answer_refutes_does_not_stand_beside_it() -> None:
    """Only that of the endpoint that denied, and only on the ways of what it denied."""
    o = saw("dynamodb", "exchange access_denied", message=ENDPOINT_DENIES)
    hop = Hop(Direction.FORWARD, "vpce-g", "vpc-endpoint", "allow", "")
    taken = ("the policy of vpce-g allows the request", "the policy of vpce-h allows the request")
    ways = (
        replace(path(o, assumptions=taken), hops=(hop,)),
        path("dynamodb other", assumptions=taken),
    )

    denied, other = unrefuted(ways, findings(evidence(o, paths=ways)))

    assert denied.assumptions == taken[1:]
    assert other.assumptions == taken


@pytest.mark.parametrize(("address", "expected"), [("10.8.1.10", "vpce-far"), ("10.8.1.99", None)])
def test_the_endpoint_is_the_one_whose_interface_was_connected_to(
    address: str, expected: str | None
) -> None:
    """Also where it stands in another VPC; and what its policy asks of the caller is quoted."""
    o = saw(
        "aws",
        "exchange access_denied",
        address=address,
        message="no VPC endpoint policy allows the action",
    )
    condition = {"StringEquals": {"aws:PrincipalAccount": ["210987654321"]}}
    statement = {"Effect": "Allow", "Action": "*", "Principal": "*", "Condition": condition}
    endpoint = {
        "VpcEndpointId": "vpce-far",
        "VpcId": "vpc-network",
        "VpcEndpointType": "Interface",
        "NetworkInterfaceIds": ["eni-far"],
        "PolicyDocument": json.dumps({"Statement": [statement]}),
    }
    interface = {"NetworkInterfaceId": "eni-far", "PrivateIpAddress": "10.8.1.10"}
    function = {**FUNCTION, "FunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:f"}
    found = evidence(
        o,
        paths=[path(o)],
        function=function,
        VpcEndpoints=(endpoint,),
        NetworkInterfaces=(interface,),
    )

    finding = one(found, "endpoint-policy-denies")

    assert finding.component == (expected or o.host)
    quoted = any("aws:PrincipalAccount" in sentence for sentence in finding.because)
    assert quoted is bool(expected)
