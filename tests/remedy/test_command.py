"""AWS CLI commands: names, quoting, and variables for what does not exist yet."""

from __future__ import annotations

import shlex

import pytest

from probe.remedy.command import call, keep


@pytest.mark.parametrize(
    ("parameters", "flags"),
    [
        ({"VpcId": "vpc-1"}, "--vpc-id vpc-1"),
        ({"DBInstanceIdentifier": "db"}, "--db-instance-identifier db"),
        ({"DestinationIpv6CidrBlock": "::/0"}, "--destination-ipv6-cidr-block ::/0"),
        ({"SubnetIds": ["subnet-1", "subnet-2"]}, "--subnet-ids subnet-1 subnet-2"),
        ({"Egress": True}, "--egress"),
        ({"Egress": False}, "--ingress"),
        ({"PrivateDnsEnabled": True}, "--private-dns-enabled"),
        ({"RuleNumber": 90}, "--rule-number 90"),
        ({"Description": "two words"}, "--description 'two words'"),
    ],
)
def test_flags_are_named_as_the_cli_names_them(parameters: dict[str, object], flags: str) -> None:
    """The API's names become kebab case; lists become words; switches have no value."""
    assert call("ec2", "do", parameters) == f"aws ec2 do {flags}"


def test_structures_are_json_in_one_word() -> None:
    """A shell hands the whole of it to the CLI."""
    command = call("ec2", "do", {"PortRange": {"From": 1024, "To": 65535}})

    assert shlex.split(command)[-1] == '{"From":1024,"To":65535}'


def test_what_does_not_exist_yet_is_a_variable() -> None:
    """The command that creates it keeps its id; later ones use it."""
    create = keep("nat-new", call("ec2", "create-nat-gateway", {}), "NatGateway.NatGatewayId")
    use = call("ec2", "create-route", {"NatGatewayId": "nat-new"})

    assert create.startswith("NAT=$(aws ec2 create-nat-gateway --query NatGateway.NatGatewayId")
    assert use.endswith("--nat-gateway-id $NAT")


def test_variables_in_structures_are_expanded_by_the_shell() -> None:
    """Inside JSON they stand in double quotes, with the quotes of the JSON escaped."""
    command = call("lambda", "do", {"VpcConfig": {"SubnetIds": ["subnet-new2"]}})

    assert command.endswith(r'--vpc-config "{\"SubnetIds\":[\"$SUBNET2\"]}"')


def test_ids_of_aws_are_never_taken_for_new_ones() -> None:
    """A name that only looks alike stays as it is."""
    assert call("ec2", "do", {"Name": "renat-newest"}).endswith("renat-newest")


def test_nothing_of_a_foreign_word_is_expanded() -> None:
    """A name with a dollar sign in it reaches the CLI unchanged."""
    command = call("ec2", "do", {"GroupName": "$HOME `id`"})

    assert shlex.split(command)[-1] == "$HOME `id`"
    assert command.endswith("'$HOME `id`'")
