"""The order in which a scenario's resources come into being."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.aws.amend import table
from tests.lab.aws.clients import Clients
from tests.lab.aws.front import Front
from tests.lab.cloud import filters, firewalls, function, machines, network, ways
from tests.lab.cloud.base import Cloud

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.lab.aws.account import Account
    from tests.lab.kernel.plan import Plan
    from tests.lab.scenario import Scenario


def create(scenario: Scenario, plan: Plan, account: Account, variables: Mapping[str, str]) -> Cloud:
    """Create everything; `variables` is the environment that the function is deployed with."""
    front = Front(
        account.id,
        answers=table.answers(account),
        repairs=table.repairs(account),
        refusals=table.refused(account),
    )
    cloud = Cloud(scenario, plan, account, Clients(front, account.region))
    network.vpcs(cloud)
    network.subnets(cloud)
    network.route_tables(cloud)
    filters.prefix_lists(cloud)
    filters.security_groups(cloud)
    filters.nacls(cloud)
    ways.nat_gateways(cloud)
    ways.endpoints(cloud)
    ways.peerings(cloud)
    ways.transit_gateways(cloud)
    machines.hosts(cloud)
    machines.nat_instances(cloud)
    machines.load_balancers(cloud)
    firewalls.firewalls(cloud)
    firewalls.dns_firewalls(cloud)
    firewalls.resolver_rules(cloud)
    network.dhcp_options(cloud)
    network.routes(cloud)
    # What was needed for the routes may now go, fail or be detached.
    network.detach(cloud)
    ways.settle_nat_gateways(cloud)
    ways.settle_peerings(cloud)
    _block_public_access(cloud)
    function.function(cloud, variables)
    return cloud


def _block_public_access(cloud: Cloud) -> None:
    blocked, scenario = cloud.scenario.block_public_access, cloud.scenario
    if blocked.mode == "off":
        return
    cloud.ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode=blocked.mode)
    for name, mode in blocked.exclusions.items():
        kind = "SubnetId" if name in scenario.subnets else "VpcId"
        resource = cloud.id("subnet" if kind == "SubnetId" else "vpc", name)
        cloud.ec2.create_vpc_block_public_access_exclusion(
            InternetGatewayExclusionMode=mode, **{kind: resource}
        )
