"""What AWS refuses, the lab refuses: a fix that only moto would carry out does not pass there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.lab.scenario import parse
from tests.test_lab_cloud import cloud_of

if TYPE_CHECKING:
    from tests.lab.cloud import Cloud

TWO = """
vpc: {cidr: 10.0.0.0/16}
internet_gateway: true
vpcs: {far: {cidr: 10.8.0.0/16, internet_gateway: true}}
subnets:
  app: {cidr: 10.0.1.0/24, routes: {0.0.0.0/0: nat}}
  public: {cidr: 10.0.2.0/24, routes: {0.0.0.0/0: internet-gateway}}
  far: {vpc: far, cidr: 10.8.1.0/24, routes: {0.0.0.0/0: internet-gateway}}
nat_gateways: {nat: {subnet: public}, far-nat: {subnet: far}}
nacls: {own: {inbound: [{rule: 1, allow: all}], outbound: [{rule: 1, allow: all}]}}
security_groups: {fn: {}}
hosts: {machine: {server: tcp, port: 80, subnet: far, ec2: true, security_groups: []}}
function: {subnets: [app], security_groups: [fn]}
"""


@pytest.fixture
def cloud() -> Cloud:
    """Make two VPCs, each with its gateways."""
    return cloud_of(parse(TWO))


FOREIGN = [
    ("NatGatewayId", "nat-gateway", "far-nat"),
    ("GatewayId", "internet-gateway", "far"),
    ("NetworkInterfaceId", "network-interface", "host machine"),
]


@pytest.mark.parametrize("operation", ["create_route", "replace_route"])
@pytest.mark.parametrize(("parameter", "kind", "name"), FOREIGN)
def test_a_route_to_another_vpcs_gateway(
    cloud: Cloud, operation: str, parameter: str, kind: str, name: str
) -> None:
    """Only a peering connection or a transit gateway leads into another VPC."""
    block = "0.0.0.0/0" if operation == "replace_route" else "10.99.0.0/16"

    with pytest.raises(ClientError, match=r"InvalidParameterValue.*different networks"):
        getattr(cloud.ec2, operation)(
            RouteTableId=cloud.id("route-table", "app"),
            DestinationCidrBlock=block,
            **{parameter: cloud.id(kind, name)},
        )


def test_a_route_to_the_own_vpcs_gateway(cloud: Cloud) -> None:
    """The table's own NAT gateway is what it takes."""
    table, nat = cloud.id("route-table", "app"), cloud.id("nat-gateway", "nat")

    made = cloud.ec2.create_route(
        RouteTableId=table, DestinationCidrBlock="10.99.0.0/16", NatGatewayId=nat
    )

    assert made["Return"]


def add_rule(cloud: Cloud, number: int, **block: str) -> None:
    """Add an inbound rule to an ACL that has one."""
    block = block or {"CidrBlock": "10.9.0.0/16"}
    cloud.ec2.create_network_acl_entry(
        NetworkAclId=cloud.id("nacl", "own"),
        RuleNumber=number,
        Protocol="-1",
        RuleAction="allow",
        Egress=False,
        **block,
    )


def test_a_twentieth_rule_of_an_acl(cloud: Cloud) -> None:
    """The quota of twenty counts the last rule, which denies; IPv6 has rules of its own."""
    for number in range(2, 20):
        add_rule(cloud, number)

    with pytest.raises(ClientError, match="NetworkAclEntryLimitExceeded"):
        add_rule(cloud, 20)
    add_rule(cloud, 20, Ipv6CidrBlock="::/0")


def test_ipv6_in_a_subnet_without_it(cloud: Cloud) -> None:
    """A function speaks IPv6 where all of its subnets have both families."""
    config = {"SubnetIds": [cloud.id("subnet", "app")], "SecurityGroupIds": []}
    update = cloud.aws("lambda").update_function_configuration

    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        update(FunctionName="probe", VpcConfig={**config, "Ipv6AllowedForDualStack": True})
    assert update(FunctionName="probe", VpcConfig=config)
