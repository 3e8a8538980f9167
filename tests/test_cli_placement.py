"""`lambda-probe placement`: the words that deploy a probe where another function stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from probe import aws
from probe.commands.placement import overrides
from probe.network.snapshot import ReadFailed
from tests.command import command
from tests.test_template import probe_of, stack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import pytest

VPC = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"], "VpcId": "vpc-1"}
ORDERS = {"FunctionName": "orders", "VpcConfig": VPC, "Architectures": ["arm64"]}
LINE = "SubnetIds=subnet-1,subnet-2 SecurityGroupIds=sg-1 Architecture=arm64\n"


def knows(monkeypatch: pytest.MonkeyPatch, found: Mapping[str, Any] | ReadFailed) -> None:
    """Let AWS say this of the function."""

    def read(*_: str, **__: Any) -> Mapping[str, Any]:
        if isinstance(found, ReadFailed):
            raise found
        return found

    monkeypatch.setattr(aws, "reader", lambda *_: read)


def test_one_line_for_sam_deploy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also through a pipe, since it is put into another command's words."""
    knows(monkeypatch, ORDERS)

    assert command("placement", "orders") == (0, LINE, "")


def test_the_same_for_cloudformation(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `aws cloudformation create-stack --parameters file://...` takes it."""
    knows(monkeypatch, ORDERS)
    told = json.loads(command("placement", "orders", "--format", "json").stdout)

    assert told[0] == {"ParameterKey": "SubnetIds", "ParameterValue": "subnet-1,subnet-2"}
    assert {one["ParameterKey"] for one in told} == {
        "SubnetIds",
        "SecurityGroupIds",
        "Architecture",
    }


def test_what_is_printed_puts_the_probe_there() -> None:
    """Deployed with it, the probe has the subnets, groups and processor of the function."""
    dual = {**VPC, "Ipv6AllowedForDualStack": True}
    deployed = probe_of(stack(**overrides({**ORDERS, "VpcConfig": dual})))

    assert deployed["VpcConfig"]["SubnetIds"] == VPC["SubnetIds"]
    assert deployed["VpcConfig"]["SecurityGroupIds"] == VPC["SecurityGroupIds"]
    assert deployed["VpcConfig"]["Ipv6AllowedForDualStack"] == "true"
    assert deployed["Architectures"] == ["arm64"]


def test_a_function_in_no_vpc_has_nothing_to_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The defaults are its place."""
    knows(monkeypatch, {"FunctionName": "orders", "VpcConfig": {"SubnetIds": []}})

    assert command("placement", "orders") == (0, "\n", "")


def test_managed_instances_are_no_place_for_a_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """The subnets of such a function say nothing about its packets."""
    knows(monkeypatch, {**ORDERS, "CapacityProviderConfig": {"any": "thing"}})
    ran = command("placement", "orders")

    assert (ran.returncode, ran.stdout) == (2, "")
    assert "orders runs on Lambda Managed Instances" in ran.stderr


def test_a_function_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """In AWS's words."""
    knows(monkeypatch, ReadFailed("ResourceNotFoundException: Function not found"))

    assert command("placement", "nobody") == (
        2,
        "",
        "lambda-probe: nobody cannot be read: ResourceNotFoundException: Function not found\n",
    )
