"""CloudFormation fragments: names, references and YAML."""

from __future__ import annotations

import pytest
import yaml

from probe.remedy.template import Resource, fragment


def test_new_things_are_referred_to_by_name() -> None:
    """Ref gives the id of most things; some give theirs as an attribute."""
    text = fragment(
        [
            Resource("subnet-new", "AWS::EC2::Subnet", {"VpcId": "vpc-1"}),
            Resource(
                "nat-new",
                "AWS::EC2::NatGateway",
                {"SubnetId": "subnet-new", "AllocationId": "eipalloc-new"},
            ),
        ]
    )

    assert yaml.safe_load(text or "") == {
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": "vpc-1"}},
        "NatGateway": {
            "Type": "AWS::EC2::NatGateway",
            "Properties": {
                "SubnetId": {"Ref": "Subnet"},
                "AllocationId": {"Fn::GetAtt": ["NatAddress", "AllocationId"]},
            },
        },
    }


def test_names_are_used_once() -> None:
    """Two rules are two resources."""
    rule = Resource("AllowIn", "AWS::EC2::SecurityGroupIngress", {})

    assert list(yaml.safe_load(fragment([rule, rule]) or "")) == ["AllowIn", "AllowIn2"]


@pytest.mark.parametrize(
    "value", ["-1", "no", "On", "1.5", "a: b", "# x", "0.0.0.0/0", "::/0", "", "true", "a:", "~"]
)
def test_text_stays_text(value: str) -> None:
    """What YAML would take for a number, a boolean or a comment is quoted."""
    text = fragment([Resource("A", "T", {"Value": value, "Values": [value, [value]]})])

    properties = yaml.safe_load(text or "")["A"]["Properties"]
    assert properties == {"Value": value, "Values": [value, [value]]}


def test_no_resources_are_no_template() -> None:
    """A change that CloudFormation has no resource for says nothing."""
    assert fragment([]) is None
