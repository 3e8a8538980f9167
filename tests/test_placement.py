"""Where the function stands, by what its environment says and no more."""

from __future__ import annotations

from probe.model import Unknown
from probe.placement import here

LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "probe", "AWS_REGION": "eu-west-1"}


def test_a_function_with_one_subnet_knows_all_but_its_vpc() -> None:
    """With a single subnet there is no doubt which one is used."""
    placement = here(
        {**LAMBDA, "PROBE_SUBNET_IDS": "subnet-1", "PROBE_SECURITY_GROUP_IDS": "sg-1,sg-2"},
        "euw1-az2",
    )

    assert placement.function == "probe"
    assert placement.region == "eu-west-1"
    assert placement.in_vpc is True
    assert placement.subnet_ids == ("subnet-1",)
    assert placement.security_group_ids == ("sg-1", "sg-2")
    assert placement.subnet_id == "subnet-1"
    assert placement.az_id == "euw1-az2"
    assert isinstance(placement.vpc_id, Unknown)
    assert placement.vpc_id.needs == "ec2:DescribeSubnets"


def test_one_of_several_subnets_is_unknown() -> None:
    """Several subnets leave open which one this environment uses, whatever the zone is."""
    placement = here({**LAMBDA, "PROBE_SUBNET_IDS": "subnet-1, subnet-2"}, "euw1-az2")

    assert placement.subnet_ids == ("subnet-1", "subnet-2")
    assert isinstance(placement.subnet_id, Unknown)


def test_an_empty_list_is_a_function_outside_any_vpc() -> None:
    """The template writes an empty list where no subnet was given: that is knowledge."""
    placement = here(
        {**LAMBDA, "PROBE_SUBNET_IDS": "", "PROBE_SECURITY_GROUP_IDS": ""}, Unknown("no endpoint")
    )

    assert placement.in_vpc is False
    assert placement.vpc_id is None
    assert placement.subnet_id is None
    assert placement.subnet_ids == ()
    assert placement.az_id == Unknown("no endpoint")


def test_no_list_is_unknown_and_never_outside() -> None:
    """A function that was deployed by other means does not say, so nothing is known."""
    placement = here(LAMBDA, None)

    for value in (
        placement.in_vpc,
        placement.vpc_id,
        placement.subnet_id,
        placement.subnet_ids,
        placement.security_group_ids,
    ):
        assert isinstance(value, Unknown)
        assert value.needs == "lambda:GetFunctionConfiguration"


def test_a_machine_that_is_not_lambda_is_not_named() -> None:
    """On a developer's machine function and Region are Unknown, and the default Region counts."""
    assert isinstance(here({}, None).function, Unknown)
    assert isinstance(here({}, None).region, Unknown)
    assert here({"AWS_DEFAULT_REGION": "eu-north-1"}, None).region == "eu-north-1"
