"""The commands that ask AWS, with moto's server as AWS; and the same again from saved files."""

from __future__ import annotations

import io
import json
import os
import pty
import socket
import subprocess
import sys
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import pytest

from probe.model import Status
from probe.report.document import from_document, to_document
from tests.account import serving
from tests.command import ROOT, Ran, command, refused
from tests.report.validation import assert_report
from tests.test_investigation import FOUND, LOST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REGION = "eu-west-1"
EVENT = {
    "targets": [
        {"check": "tcp", "host": "203.0.113.10", "port": 443},
        {"check": "tcp", "host": "10.0.1.200", "port": 5432},
    ]
}


def made(url: str, *functions: str) -> dict[str, str]:
    """Make a VPC with one isolated subnet, and functions in it; give the ids."""
    session = boto3.Session(region_name=REGION)
    ec2 = session.client("ec2", endpoint_url=url)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName="fn", Description="fn")["GroupId"]
    document = {"Version": "2012-10-17", "Statement": []}
    iam = session.client("iam", endpoint_url=url)
    functions = functions or ("orders",)
    # The tests of one process share one account.
    role = iam.create_role(RoleName=functions[0], AssumeRolePolicyDocument=json.dumps(document))
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "")
    client = session.client("lambda", endpoint_url=url)
    for name in functions:
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role["Role"]["Arn"],
            Handler="app.main",
            Code={"ZipFile": code.getvalue()},
            VpcConfig={"SubnetIds": [subnet], "SecurityGroupIds": [group]},
            Environment={"Variables": {"PASSWORD": "open-sesame"}},
        )
    return {"subnet": subnet, "group": group, "vpc": vpc}


class Aws:
    """An AWS account of our own, and what a command needs to be led there."""

    def __init__(self, url: str, ids: dict[str, str], folder: Path) -> None:
        self.url, self.ids, self.folder = url, ids, folder
        self.event = folder / "event.json"
        self.event.write_text(json.dumps(EVENT), "utf-8")

    def __call__(self, *words: str) -> Ran:
        """Run a command against it, as the AWS CLI would be led there."""
        return command(*words, "--region", REGION, "--endpoint-url", self.url)


@pytest.fixture(scope="module")
def account() -> Iterator[tuple[str, dict[str, str]]]:
    """Serve the account on a port of this machine."""
    with serving() as url:
        yield url, made(url)


@pytest.fixture
def aws(account: tuple[str, dict[str, str]], tmp_path: Path) -> Aws:
    """Give the account with a folder for files."""
    return Aws(*account, tmp_path)


def test_a_function_is_diagnosed_by_its_name(aws: Aws) -> None:
    """No packet is sent for a function that is no probe; its configuration speaks."""
    ran = aws("diagnose", "orders", str(aws.event), "--no-control")
    report = json.loads(ran.stdout)

    assert_report(report)
    assert (ran.returncode, report["status"]) == (1, "fail")
    assert report["placement"]["vpc_id"] == aws.ids["vpc"]
    assert report["placement"]["subnet_ids"] == [aws.ids["subnet"]]
    first = report["findings"][0]
    assert (first["code"], first["confidence"]) == ("no-route-to-internet", "proven")
    # moto does not know Block Public Access, so no walk to the internet is ever certain.
    assert first["fix"]["cli"]
    assert "open-sesame" not in ran.stdout


def test_a_snapshot_answers_as_aws_did(aws: Aws) -> None:
    """Saved once, the same question is answered without AWS."""
    file = aws.folder / "snapshot.json"
    saved = aws("snapshot", "orders", str(aws.event), "-o", str(file))
    assert (saved.returncode, saved.stdout) == (0, "")
    assert "open-sesame" not in file.read_text("utf-8")

    live = json.loads(aws("diagnose", "orders", str(aws.event), "--no-control").stdout)
    words = ("diagnose", "orders", str(aws.event), "--snapshot", str(file))
    again = json.loads(command(*words).stdout)

    assert again["findings"] == live["findings"]
    assert again["paths"] == live["paths"]


def test_a_diagnosis_keeps_the_configuration_that_it_stands_on(aws: Aws) -> None:
    """What AWS said once answers the same question without AWS, and holds no secret."""
    file = aws.folder / "snapshot.json"
    words = ("diagnose", "orders", str(aws.event))
    live = json.loads(aws(*words, "--no-control", "--save-snapshot", str(file)).stdout)
    again = json.loads(command(*words, "--snapshot", str(file)).stdout)

    assert again["findings"] == live["findings"]
    assert "open-sesame" not in file.read_text("utf-8")


def test_a_saved_report_is_judged_again_by_a_saved_snapshot(aws: Aws) -> None:
    """What was possible without configuration is proven with it."""
    file, report = aws.folder / "snapshot.json", aws.folder / "report.json"
    aws("snapshot", "orders", str(aws.event), "-o", str(file))
    blind = from_document(json.loads(aws("diagnose", "orders", str(aws.event)).stdout))
    seen = replace(blind, observations=(LOST, FOUND), findings=(), paths=(), status=Status.FAIL)
    report.write_text(json.dumps(to_document(seen)), "utf-8")

    def proven(*more: str) -> list[str]:
        ran = command("diagnose", "--report", str(report), *more)
        assert ran.returncode == 1
        found = json.loads(ran.stdout)["findings"]
        return [finding["code"] for finding in found if finding["confidence"] == "proven"]

    assert proven("--snapshot", str(file)) == ["no-route-to-internet"]
    assert proven() == []


def test_a_placement_is_judged_before_it_exists(aws: Aws) -> None:
    """Preflight reads what this placement can touch, and nothing of it has to be deployed."""
    words = ("--subnets", aws.ids["subnet"], "--security-groups", aws.ids["group"])
    ran = aws("preflight", *words, "--to", "203.0.113.10:443", "--format", "text")

    assert ran.returncode == 1
    assert ran.stdout.startswith(f"✗ 203.0.113.10:443 cannot be reached from {aws.ids['subnet']}:")


@pytest.mark.parametrize("words", [("diagnose", "nope"), ("snapshot", "nope")])
def test_a_function_that_does_not_exist_is_one_sentence(aws: Aws, words: tuple[str, ...]) -> None:
    """The name is wrong, or the Region; Lambda's own words say so."""
    assert "nope cannot be read: ResourceNotFound" in refused(aws(*words))


def test_aws_that_cannot_be_asked_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Region, no such profile, nobody there: each says what is missing."""
    assert "No profile is called nope; `aws configure list-profiles`" in refused(
        command("diagnose", "orders", "--profile", "nope", "--region", REGION)
    )
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "No Region is set: give --region, or set AWS_REGION" in refused(
        command("diagnose", "orders")
    )


@pytest.mark.parametrize(
    "words",
    [
        ("diagnose", "orders"),
        ("snapshot", "orders"),
        ("placement", "orders"),
        ("preflight", "--subnets", "subnet-a", "--security-groups", "sg-a", "--to", "x:1"),
        ("audit",),
    ],
)
def test_without_credentials_every_command_says_how_to_give_some(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence with the next step, and no report of things that could not be read."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    assert "give --profile, or run `aws configure`" in refused(command(*words, "--region", REGION))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "FUNCTION is missing: a function's name or ARN, or --report."),
        (("--report", "nope.json"), "nope.json: No such file or directory"),
        (("fn", "--snapshot", "s.json", "--save-snapshot", "t.json"), "do not ask AWS"),
        (("fn", "--snapshot", "nope.json"), "nope.json: No such file or directory"),
        (("fn", "nope.json"), "nope.json: No such file or directory"),
    ],
)
def test_bad_usage_of_diagnose_is_one_sentence(words: tuple[str, ...], sentence: str) -> None:
    """It names what is missing."""
    assert sentence in refused(command("diagnose", *words))


def test_who_waits_is_told_what_for() -> None:
    """On a terminal, work of more than a second shows itself, and clears the line behind it."""
    ours, theirs = pty.openpty()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        event = {"targets": [{"check": "http", "url": url}], "timeout_s": 3}
        ran = subprocess.run(
            [sys.executable, "-m", "probe.cli", "run", "-", "--allow-loopback"],
            input=json.dumps(event),
            text=True,
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=60,
            check=False,
            cwd=ROOT,
        )
    os.close(theirs)
    told = os.read(ours, 65536).decode()
    os.close(ours)

    assert told.startswith("\rTrying 1 target ... 1 s")
    assert told.endswith("\r\x1b[K")
    assert json.loads(ran.stdout)["observations"][0]["failure"] == "timeout"
