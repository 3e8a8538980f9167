"""Broken NAT instances, load balancers and VPN gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.network.entries import database
from tests.network.world import ANYWHERE, permission, route, tcp
from tests.remedy.case import INTERNET, WEB, Case, placement, with_internet, with_nat
from tests.remedy.cases_between import peered

if TYPE_CHECKING:
    from collections.abc import Callable


def nat_instance(*, state: str = "running", **interface: Any) -> Case:
    """Lead the function to a NAT instance."""
    case = with_internet(placement())
    case.group("sg-nat", ingress=[permission("-1", None, cidr="10.0.0.0/16")])
    case.interface(
        "eni-nat",
        "10.0.9.9",
        "subnet-public",
        ["sg-nat"],
        public=interface.pop("public", "198.51.100.7"),
        Attachment={"InstanceId": "i-nat"},
        **{"SourceDestCheck": False, **interface},
    )
    case.instance("i-nat", state)
    blackhole = {} if state == "running" else {"State": "blackhole"}
    case.routes("rtb-app").append(route(ANYWHERE, "eni-nat", **blackhole))
    case.wants(WEB, INTERNET, host="api.example.com")
    return case


def target_instance_stopped() -> Case:
    """Ask an instance that a schedule has stopped."""
    case = placement()
    case.subnet("subnet-svc", "10.0.12.0/24")
    case.group("sg-svc", ingress=[tcp(27000, group="sg-fn")])
    attached = {"InstanceId": "i-svc"}
    case.interface("eni-svc", "10.0.12.9", "subnet-svc", ["sg-svc"], Attachment=attached)
    case.instance("i-svc", "stopped")
    case.wants("tcp 10.0.12.9:27000", "10.0.12.9", 27000)
    return case


def nat_instance_closed() -> Case:
    """Let the NAT instance's group admit nobody."""
    case = nat_instance()
    case.entry("SecurityGroups", "sg-nat")["IpPermissions"] = []
    return case


def walled_in() -> Case:
    """Lead the function through a firewall, whose own subnet has the function's route table."""
    case = with_nat(placement())
    case.subnet("subnet-wall", "10.0.6.0/28")
    case.endpoint("fw", name="vpce-fw", kind="GatewayLoadBalancer", SubnetIds=["subnet-wall"])
    case.firewall("vpce-fw")
    tag = {"Key": "Firewall", "Value": "arn:firewall"}  # as AWS marks the endpoints it makes
    case.entry("VpcEndpoints", "vpce-fw")["Tags"] = [tag]
    case.routes("rtb-app").append(route(ANYWHERE, "vpce-fw"))
    case.entry("RouteTables", "rtb-app")["Associations"].append(
        {"RouteTableId": "rtb-app", "SubnetId": "subnet-wall", "Main": False}
    )
    case.routes("rtb-public").append(route("10.0.1.0/24", "vpce-fw"))
    case.wants(WEB, INTERNET, host="api.example.com")
    return case


def listed(kind: str, *domains: str) -> Case:
    """Lead the function through a firewall that reads names, and ask for two of them."""
    case = with_nat(placement())
    case.subnet("subnet-wall", "10.0.6.0/28")
    case.endpoint("fw", name="vpce-fw", kind="GatewayLoadBalancer", SubnetIds=["subnet-wall"])
    types = ["TLS_SNI", "HTTP_HOST"]
    source = {"Targets": list(domains), "TargetTypes": types, "GeneratedRulesType": kind}
    case.firewall("vpce-fw", {"RulesSourceList": source})
    case.lists["Firewalls"][0]["Firewall"]["VpcId"] = "vpc-a"
    case.entry("VpcEndpoints", "vpce-fw")["Tags"] = [{"Key": "Firewall", "Value": "arn:firewall"}]
    case.routes("rtb-app").append(route(ANYWHERE, "vpce-fw"))
    case.table("rtb-wall", "vpc-a", {ANYWHERE: "nat-a"}, subnets=["subnet-wall"])
    case.routes("rtb-public").append(route("10.0.1.0/24", "vpce-fw"))
    for host in ("api.example.com", "www.example.com"):
        case.wants(f"http https://{host}/", INTERNET, host=host, speaks="tls")
    return case


def balanced(*, port: int = 443, admits: bool = True, healthy: bool = True) -> Case:
    """Put an internal load balancer before a host."""
    case = placement()
    case.group("sg-lb", ingress=[tcp(443, group="sg-fn"), tcp(8443, group="sg-fn")])
    case.group("sg-host", ingress=[tcp(8443, group="sg-lb")] if admits else [])
    case.interface("eni-lb", "10.0.2.80", "subnet-data", ["sg-lb"], Description="ELB net/orders/1")
    case.interface("eni-host", "10.0.2.81", "subnet-data", ["sg-host"])
    case.balancer("orders", port=port, SecurityGroups=["sg-lb"])
    reason = None if healthy else "Target.Timeout"
    case.target("orders", "10.0.2.81", "healthy" if healthy else "unhealthy", reason)
    case.wants("http https://orders.example.internal/", "10.0.2.80")
    case.ports.add(8443)
    return case


def balanced_by_a_confined_group() -> Case:
    """Let the load balancer out to nobody."""
    case = balanced(healthy=False)
    case.entry("SecurityGroups", "sg-lb")["IpPermissionsEgress"] = []
    return case


def balanced_across_acl() -> Case:
    """Put the host into a subnet whose ACL lets nothing in, health checks neither."""
    case = balanced(healthy=False)
    case.subnet("subnet-host", "10.0.3.0/24", zone="b")
    case.lists["NetworkInterfaces"].pop()
    case.interface("eni-host", "10.0.3.81", "subnet-host", ["sg-host"])
    case.acl(
        "acl-host", "vpc-a", [(100, "out", "-1", "allow", ANYWHERE, None)], subnets=["subnet-host"]
    )
    behind = case.lists["TargetHealthDescriptions"][0]["TargetHealthDescriptions"]
    behind.clear()
    # As a network load balancer calls a health check without an answer.
    case.target("orders", "10.0.3.81", "unhealthy", "Target.FailedHealthChecks")
    return case


def answered_publicly() -> Case:
    """Leave DNS resolution of the peering connection off: the name led to the public address."""
    case = peered()
    case.lists["VpcPeeringConnections"][0]["AccepterVpcInfo"]["PeeringOptions"] = {}
    host = "far.abc.eu-west-1.rds.amazonaws.com"
    case.lists["DBInstances"].append(
        database(host, "sg-far", vpc="vpc-b", subnet="subnet-far", PubliclyAccessible=True)
    )
    far = case.entry("NetworkInterfaces", "eni-far")
    far |= {
        "Description": "RDSNetworkInterface",
        "RequesterId": "amazon-rds",
        "Association": {"PublicIp": "203.0.113.50"},
    }
    case.targets.clear()
    case.wants(f"rds {host}:5432", "203.0.113.50", 5432, host=host)
    return case


def answered_publicly_without_peering() -> Case:
    """Leave the two VPCs apart: the name cannot but give the public address."""
    case = answered_publicly()
    case.lists["VpcPeeringConnections"] = []
    case.routes("rtb-app").pop()
    case.routes("rtb-far").pop()
    return case


def vpn_detached() -> Case:
    """Lead a network outside AWS to a virtual private gateway that is detached."""
    case = placement()
    case.lists["VpnGateways"].append({"VpnGatewayId": "vgw-a", "VpcAttachments": []})
    case.routes("rtb-app").append(route("192.168.0.0/16", "vgw-a", State="blackhole"))
    case.wants("tcp 192.168.1.1:443", "192.168.1.1")
    return case


def being_made() -> Case:
    """Ask a load balancer that is still being made."""
    case = balanced()
    case.lists["LoadBalancers"][0]["State"] = {"Code": "provisioning"}
    return case


DEVICES: dict[str, tuple[str, Callable[[], Case]]] = {
    "instance stopped": ("target-instance-stopped", target_instance_stopped),
    "NAT instance stopped": ("nat-instance-stopped", lambda: nat_instance(state="stopped")),
    "NAT instance checks": (
        "nat-instance-source-dest-check",
        lambda: nat_instance(SourceDestCheck=True),
    ),
    "NAT instance closed": ("nat-instance-security-group-blocks", nat_instance_closed),
    "NAT instance hidden": ("public-subnet-no-public-ip", lambda: nat_instance(public=None)),
    "allow list": ("firewall-rule-blocks", lambda: listed("ALLOWLIST", ".example.net")),
    "deny list": (
        "firewall-rule-blocks",
        lambda: listed("DENYLIST", "bad.example", ".example.com", "www.example.com"),
    ),
    "firewall in a circle": ("routing-loop", walled_in),
    "no listener": ("load-balancer-no-listener", lambda: balanced(port=8443)),
    "behind the balancer": (
        "load-balancer-target-security-group-blocks",
        lambda: balanced(admits=False, healthy=False),
    ),
    "the balancer's own group": (
        "load-balancer-security-group-blocks",
        balanced_by_a_confined_group,
    ),
    "ACL behind the balancer": ("nacl-blocks-request", balanced_across_acl),
    "public answer": ("peering-dns-resolution-off", answered_publicly),
    "public answer, VPCs apart": (
        "public-answer-for-private-target",
        answered_publicly_without_peering,
    ),
}

# What no walk can see open again: a network outside AWS, and waiting.
UNSEEN: dict[str, tuple[str, Callable[[], Case]]] = {
    "VPN detached": ("virtual-private-gateway-detached", vpn_detached),
    "balancer being made": ("load-balancer-not-active", being_made),
}
