"""The report's JSON document: exact to write, lenient to read, and one definition for both."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from probe import model
from probe.report import schemas
from probe.report.document import DocumentError, encode, from_document, to_document
from tests.report.validation import problems
from tests.report.values import REPORT

BARE = model.Report(
    id="r-1",
    started_at="2026-11-22T04:00:00Z",
    duration_ms=412.0,
    status=model.Status.FAIL,
    placement=model.Placement(
        function="orders",
        region="eu-west-1",
        in_vpc=True,
        vpc_id="vpc-1",
        subnet_ids=("subnet-1",),
        security_group_ids=model.Unknown("AccessDenied", "ec2:DescribeSecurityGroups"),
    ),
    observations=(
        model.Observation(
            check="http",
            target="https://api.example.com/",
            status=model.Status.FAIL,
            stage=model.Stage.CONNECT,
            failure=model.Failure.TIMEOUT,
            address="203.0.113.9",
            steps=(model.Step(model.Stage.RESOLVE, 1.9),),
        ),
    ),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(REPORT)
def test_a_report_survives_the_way_through_json(report: model.Report) -> None:
    """What is written is by the schema, and reads back as the value that was written."""
    document = json.loads(json.dumps(to_document(report), allow_nan=False))

    assert problems("report", document) == []
    assert report == from_document(document)


def test_the_document_has_the_promised_keys() -> None:
    """The names that other programs depend on stand where they were promised."""
    document = to_document(BARE)

    assert document["schema"] == "1"
    assert document["status"] == "fail"
    assert document["placement"]["subnet_ids"] == ["subnet-1"]
    assert document["observations"][0]["failure"] == "timeout"
    assert document["observations"][0]["steps"] == [{"stage": "resolve", "ms": 1.9}]
    assert document["control"] == []


def test_what_was_not_read_says_so() -> None:
    """An unread value is an object with its reason and the permission that would settle it."""
    document = to_document(BARE)

    assert document["placement"]["security_group_ids"] == {
        "unknown": "AccessDenied",
        "needs": "ec2:DescribeSecurityGroups",
    }
    assert encode(model.Unknown("not read")) == {"unknown": "not read"}


def test_nothing_in_a_detail_can_break_a_report() -> None:
    """A detail with values that JSON does not know is shown as text."""
    odd = replace(BARE.observations[0], detail={"bytes": b"x", "nan": float("nan"), "set": {1}})
    document = to_document(replace(BARE, observations=(odd,)))

    assert document["observations"][0]["detail"] == {"bytes": "b'x'", "nan": "nan", "set": [1]}


def test_an_unknown_key_of_a_later_version_is_read_over() -> None:
    """A report with more in it than this version knows is still a report."""
    document = to_document(BARE) | {"weather": "rain"}

    assert from_document(document) == BARE
    assert problems("report", document) != []


def change(document: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """Give the document with another value at that dotted place."""
    at: Any = document
    *way, last = place.split(".")
    for step in way:
        at = at[int(step) if step.isdigit() else step]
    at[last] = value
    return document


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("schema", "2", ': "schema" is "2", and this version reads "1"'),
        ("status", "green", '.status: "green" is none of pass, fail, skipped, undetermined'),
        ("duration_ms", True, ".duration_ms: expected a number, not true"),
        ("observations", {}, ".observations: expected a list, not {}"),
        ("observations.0.port", "1", '.observations[0].port: expected a whole number, not "1"'),
        (
            "observations.0.steps.0.stage",
            "dig",
            '.observations[0].steps[0].stage: "dig" is none of resolve, connect, tls, exchange',
        ),
        ("placement.in_vpc", 1, ".placement.in_vpc: expected true or false, not 1"),
        ("placement", None, ".placement: expected an object, not null"),
        ("placement.az_id", {"unknown": 3}, ".placement.az_id.unknown: expected a string, not 3"),
    ],
)
def test_a_wrong_value_is_named(place: str, value: Any, sentence: str) -> None:
    """One sentence says where the document is wrong, what stands there, and what is accepted."""
    with pytest.raises(DocumentError) as caught:
        from_document(change(to_document(BARE), place, value), name="r.json")

    assert str(caught.value) == f"r.json{sentence}"


@pytest.mark.parametrize("document", [None, [], "report", {}, {"Subnets": []}])
def test_what_is_no_report_is_refused(document: object) -> None:
    """Any other JSON is not taken for a report with everything missing."""
    with pytest.raises(DocumentError, match='not a report: it has no "schema" key'):
        from_document(document)


def test_a_missing_key_is_named() -> None:
    """A report without its placement is not read as one without a VPC."""
    document = to_document(BARE)
    del document["placement"]

    with pytest.raises(DocumentError, match=r"report\.placement: missing"):
        from_document(document)


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (model.Placement, "placement"),
        (model.Attempt, "attempt"),
        (model.Observation, "observation"),
        (model.Finding, "finding"),
        (model.Fix, "fix"),
        (model.Undetermined, "undetermined"),
        (model.Path, "path"),
        (model.Hop, "hop"),
        (model.Blocker, "blocker"),
        (model.Part, "part"),
        (model.SubnetVerdict, "subnet_verdict"),
    ],
)
def test_the_schema_knows_every_field(kind: type, place: str) -> None:
    """A field that is added to a value must be described in the schema, and required there."""
    schema = schemas.load("report")["$defs"][place]
    names = [field.name for field in fields(kind)]

    assert names == list(schema["properties"])
    assert names == schema["required"]


def test_the_schema_knows_every_word() -> None:
    """Every stage, failure, verdict and confidence of the code is a word of the schema."""
    defs = schemas.load("report")["$defs"]

    assert defs["stage"]["enum"] == list(model.Stage)
    assert defs["failure"]["enum"] == [None, *model.Failure]
    assert defs["observation_status"]["enum"] == list(model.Status)
    assert defs["direction"]["enum"] == list(model.Direction)
    assert defs["finding"]["properties"]["confidence"]["enum"] == list(model.Confidence)
    assert defs["path"]["properties"]["verdict"]["enum"] == list(model.Verdict)
