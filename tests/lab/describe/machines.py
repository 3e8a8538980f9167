"""Interfaces, instances and load balancers, as the describe calls show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.lab.machines.names import balancer_host

if TYPE_CHECKING:
    from tests.lab.kernel.plan import Eni, Plan
    from tests.lab.parts import Host, Listener, LoadBalancer, NatInstance
    from tests.lab.scenario import Scenario

Entry = dict[str, Any]
Health = Mapping[str, Mapping[str, str]]
OWNER = "123456789012"
# Kind of the plan's interface -> InterfaceType as the API prints it.
_TYPES = {
    "function": "lambda",
    "nat-gateway": "nat_gateway",
    "endpoint": "vpc_endpoint",
    "firewall": "gateway_load_balancer_endpoint",
    "load-balancer": "network_load_balancer",
    "transit-gateway": "transit_gateway",
}


def interface_id(eni: Eni) -> str:
    """Make an interface's id of its key."""
    return f"eni-{eni.key.replace(' ', '-')}"


def machines(scenario: Scenario, plan: Plan) -> Entry:
    """List interfaces, and the instances that routes can lead to."""
    return {
        "NetworkInterfaces": [_interface(scenario, eni) for eni in plan.enis.values()],
        "Instances": [
            {"InstanceId": f"i-{i.name}", "State": {"Name": i.state}} for i in _instances(scenario)
        ],
    }


def _instances(scenario: Scenario) -> list[Host | NatInstance]:
    """List NAT instances, and the hosts in subnets that are no databases and no caches."""
    hosts = [one for one in scenario.hosts.values() if one.subnet]
    machines = [one for one in hosts if one.kind not in ("rds", "elasticache")]
    return [*scenario.nat_instances.values(), *machines]


def _interface(scenario: Scenario, eni: Eni) -> Entry:
    address: Entry = {"Primary": True, "PrivateIpAddress": str(eni.address)}
    entry: Entry = {
        "NetworkInterfaceId": interface_id(eni),
        "InterfaceType": _TYPES.get(eni.kind, "interface"),
        "SubnetId": f"subnet-{eni.subnet}",
        "VpcId": f"vpc-{scenario.subnets[eni.subnet].vpc}",
        "PrivateIpAddress": str(eni.address),
        "PrivateIpAddresses": [address],
        "Ipv6Addresses": [{"Ipv6Address": str(eni.ipv6)}] if eni.ipv6 else [],
        "Groups": [{"GroupId": f"sg-{group}"} for group in eni.security_groups or ()],
        "SourceDestCheck": eni.source_dest_check,
        "Status": "in-use",
        "OwnerId": OWNER,
    }
    if eni.public:
        entry["Association"] = {"PublicIp": str(eni.public)}
        address["Association"] = entry["Association"]
    machines = {one.name for one in _instances(scenario)}
    if eni.kind in ("nat-instance", "host") and eni.name in machines:
        entry["Attachment"] = {"InstanceId": f"i-{eni.name}", "Status": "attached"}
    if eni.kind == "host" and scenario.hosts[eni.name].kind == "rds":
        entry |= {"Description": "RDSNetworkInterface", "RequesterId": "amazon-rds"}
    if eni.kind == "load-balancer":
        entry["Description"] = f"ELB {_path(scenario.load_balancers[eni.name])}"
        entry["RequesterManaged"] = True
    return entry


def load_balancers(scenario: Scenario, plan: Plan, health: Health) -> Entry:
    """List load balancers with their listeners, target groups and targets.

    `health` is what their health checks see: interface of a load balancer -> host -> word.
    """
    every = scenario.load_balancers.values()
    listeners = [
        (balancer, listener) for balancer in every for listener in balancer.listeners.values()
    ]
    return {
        "LoadBalancers": [_load_balancer(scenario, balancer) for balancer in every],
        "LoadBalancerAttributes": [
            {
                "LoadBalancerArn": _arn(scenario, balancer, "loadbalancer"),
                "Attributes": [
                    {
                        "Key": "load_balancing.cross_zone.enabled",
                        "Value": str(balancer.cross_zone).lower(),
                    }
                ],
            }
            for balancer in every
        ],
        "Listeners": [
            {
                "ListenerArn": f"{_arn(scenario, balancer, 'listener')}/{listener.port}",
                "LoadBalancerArn": _arn(scenario, balancer, "loadbalancer"),
                "Port": listener.port,
                "Protocol": "TCP",
                "DefaultActions": [
                    {"Type": "forward", "TargetGroupArn": _group_arn(scenario, balancer, listener)}
                ],
            }
            for balancer, listener in listeners
        ],
        "TargetGroups": [
            {
                "TargetGroupArn": _group_arn(scenario, balancer, listener),
                "TargetGroupName": f"{balancer.name}-{listener.port}",
                "TargetType": "ip",
                "Protocol": "TCP",
                "Port": listener.target_port or 80,
                "LoadBalancerArns": [_arn(scenario, balancer, "loadbalancer")],
            }
            for balancer, listener in listeners
        ],
        "TargetHealthDescriptions": [
            _health(scenario, plan, health, (balancer, listener))
            for balancer, listener in listeners
        ],
    }


def _path(balancer: LoadBalancer) -> str:
    kind = "net" if balancer.type == "network" else "app"
    return f"{kind}/{balancer.name}/0123456789abcdef"


def _arn(scenario: Scenario, balancer: LoadBalancer, kind: str) -> str:
    start = f"arn:aws:elasticloadbalancing:{scenario.region}:{OWNER}"
    return f"{start}:{kind}/{_path(balancer)}"


def _group_arn(scenario: Scenario, balancer: LoadBalancer, listener: Listener) -> str:
    start = f"arn:aws:elasticloadbalancing:{scenario.region}:{OWNER}"
    return f"{start}:targetgroup/{balancer.name}-{listener.port}/0123456789abcdef"


def _load_balancer(scenario: Scenario, balancer: LoadBalancer) -> Entry:
    return {
        "LoadBalancerArn": _arn(scenario, balancer, "loadbalancer"),
        "LoadBalancerName": balancer.name,
        "DNSName": balancer_host(balancer, scenario.region),
        "Scheme": "internal",
        "Type": balancer.type,
        "State": {"Code": balancer.state},
        "VpcId": f"vpc-{scenario.subnets[balancer.subnets[0]].vpc}",
        "AvailabilityZones": [
            {
                "ZoneName": f"{scenario.region}{scenario.subnets[name].az}",
                "SubnetId": f"subnet-{name}",
            }
            for name in balancer.subnets
        ],
        "SecurityGroups": [f"sg-{group}" for group in balancer.security_groups],
    }


def _health(
    scenario: Scenario, plan: Plan, health: Health, of: tuple[LoadBalancer, Listener]
) -> Entry:
    balancer, listener = of
    found = []
    for name in listener.targets:
        eni = plan.eni("host", name)
        zone = f"{scenario.region}{scenario.subnets[eni.subnet].az}"
        port = listener.target_port or scenario.hosts[name].port
        target = {"Id": str(eni.address), "Port": port, "AvailabilityZone": zone}
        interfaces = [f"load-balancer {balancer.name} {subnet}" for subnet in balancer.subnets]
        seen = [health.get(interface, {}).get(name, "reachable") for interface in interfaces]
        zones = [scenario.subnets[subnet].az for subnet in balancer.subnets]
        state = {"State": "healthy"}
        if not balancer.cross_zone and scenario.subnets[eni.subnet].az not in zones:
            # https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html
            state = {"State": "unused", "Reason": "Target.NotInUse"}
        elif "reachable" not in seen:
            state = {"State": "unhealthy", "Reason": "Target.Timeout"}
        found.append({"Target": target, "TargetHealth": state})
    arn = _group_arn(scenario, balancer, listener)
    return {"TargetGroupArn": arn, "TargetHealthDescriptions": found}
