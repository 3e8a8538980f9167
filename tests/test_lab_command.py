"""The lab's own command line, and its stand-ins for the tools of a user's shell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.aws import awscli
from tests.lab.aws.account import Account
from tests.lab.aws.clients import Clients
from tests.lab.aws.front import Front

REPOSITORY = Path(__file__).parents[1]


def lab(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the lab's command line."""
    command = [sys.executable, "-m", "tests.lab", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


BAD_FILES = {
    "an unknown word": ("vpc: {cidr: 10.0.0.0/16}\nsubnetz: {}", "'subnetz' is not accepted"),
    "no YAML": ("vpc: [", "give a YAML file"),
    "a reference to nothing": (
        "vpc: {cidr: 10.0.0.0/16}\nfunction: {subnets: [app]}",
        "function.subnets[0]: 'app' is not accepted",
    ),
    "a range outside its VPC": (
        "vpc: {cidr: 10.0.0.0/16}\nsubnets: {app: {cidr: 10.1.0.0/24}}",
        "give a CIDR inside its VPC (10.0.0.0/16)",
    ),
    "a port out of range": (
        "hosts: {api.example.com: {public: 203.0.113.1, port: 70000}}",
        "give a whole number from 1 to 65535",
    ),
}


@pytest.mark.parametrize(("text", "words"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_told_in_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    """Exit code 2, the file and the key, what is accepted, and no trace of the program."""
    file = tmp_path / "scenario.yaml"
    file.write_text(text)

    done = lab("run", str(file))

    assert done.returncode == 2
    assert done.stdout == ""
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith(f"error: {file}")
    assert words in sentence


def test_a_file_that_does_not_exist(tmp_path: Path) -> None:
    """A wrong path is told as one."""
    done = lab("run", str(tmp_path / "nowhere.yaml"))

    assert done.returncode == 2
    assert done.stderr == f"error: {tmp_path / 'nowhere.yaml'}: No such file or directory\n"


@pytest.mark.parametrize("arguments", [(), ("play",), ("run",), ("run", "--jobs", "many", "x")])
def test_bad_usage(arguments: tuple[str, ...]) -> None:
    """Whoever calls it wrongly is told how to, and sees no trace of the program."""
    done = lab(*arguments)

    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def client() -> Clients:
    """Reach an empty account."""
    return Clients(Front(Account("200000000001", "eu-west-1").id), "eu-west-1")


def test_the_cli_makes_the_call_that_its_words_say(client: Clients) -> None:
    """Kebab case, several words for a list, JSON for structures, a query and plain text."""
    code, vpc = awscli.execute(
        ["ec2", "create-vpc", "--cidr-block", "10.9.0.0/16", "--query", "Vpc.VpcId",
         "--output", "text"], client,
    )  # fmt: skip
    acl = client("ec2").create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    entry = ["ec2", "create-network-acl-entry", "--network-acl-id", acl, "--ingress",
             "--rule-number", "110", "--protocol", "6", "--rule-action", "allow",
             "--cidr-block", "0.0.0.0/0", "--port-range", '{"From":1024,"To":65535}']  # fmt: skip
    made, _ = awscli.execute(entry, client)
    [read] = client("ec2").describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]

    assert code == made == 0
    assert vpc.startswith("vpc-")
    assert read["Entries"] == [
        {
            "CidrBlock": "0.0.0.0/0",
            "Egress": False,
            "PortRange": {"From": 1024, "To": 65535},
            "Protocol": "6",
            "RuleAction": "allow",
            "RuleNumber": 110,
        }
    ]


def test_the_cli_tells_what_the_api_refused(client: Clients) -> None:
    """An error of the API is the CLI's exit code 254, with AWS's own words."""
    words = ["ec2", "describe-subnets", "--subnet-ids", "subnet-0000000000000000f"]

    code, said = awscli.execute(words, client)

    assert code == 254
    assert "InvalidSubnetID.NotFound" in said


@pytest.mark.parametrize(
    "words",
    [
        ["ec2"],
        ["ec2", "frobnicate"],
        ["ec2", "describe-subnets", "--subnet", "x"],
        ["ec2", "create-vpc", "--cidr-block"],
        ["ec2", "create-network-acl-entry", "--port-range", '{"From":'],
    ],
)
def test_the_cli_refuses_what_aws_refuses(client: Clients, words: list[str]) -> None:
    """Words that the AWS CLI does not know make no call: a fix with a typing error is no fix."""
    code, said = awscli.execute(words, client)

    assert code == 252
    assert said
