"""One broken placement for each cause that a change of the configuration mends.

The tests of all fixes go over this table: each must open its path, be valid for the AWS CLI and for
CloudFormation, and open nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.network.world import ANYWHERE, permission, route, tcp
from tests.remedy.case import (
    DYNAMODB,
    INTERNET,
    LOGS,
    WEB,
    Case,
    placement,
    with_internet,
    with_nat,
)
from tests.remedy.cases_between import BETWEEN
from tests.remedy.cases_devices import DEVICES
from tests.remedy.cases_twins import TWINS

if TYPE_CHECKING:
    from collections.abc import Callable

EVERYTHING_OUT = (100, "out", "-1", "allow", ANYWHERE, None)
EVERYTHING_IN = (100, "in", "-1", "allow", ANYWHERE, None)


def private() -> Case:
    """Build the placement that works: a private subnet behind a NAT gateway."""
    case = with_nat(placement())
    case.routes("rtb-app").append(route(ANYWHERE, "nat-a"))
    return case


def web(case: Case) -> Case:
    """Add a public web server as a target, asked for by name."""
    case.wants(WEB, INTERNET, host="api.example.com")
    return case


def database(case: Case) -> Case:
    """Add the database as a target."""
    case.wants("rds db.example.internal:5432", "10.0.2.10", 5432, host="db.example.internal")
    return case


def dynamodb(case: Case) -> Case:
    """Add DynamoDB as a target."""
    case.wants("dynamodb orders", DYNAMODB, service="dynamodb")
    return case


def logs(case: Case) -> Case:
    """Add the CloudWatch Logs API as a target."""
    case.wants("logs", LOGS, service="logs", host="logs.eu-west-1.amazonaws.com")
    return case


def no_route_to_internet() -> Case:
    """Build an isolated subnet in a VPC that has a public one."""
    return web(with_internet(placement()))


def public_subnet() -> Case:
    """Put the function into a public subnet."""
    case = web(with_internet(placement()))
    case.function(["subnet-public"])
    return case


def blackhole_route() -> Case:
    """Let the default route lead to something that is gone."""
    case = web(with_internet(placement()))
    case.routes("rtb-app").append(route(ANYWHERE, "nat-gone", State="blackhole"))
    return case


def nat_gateway_in_state(state: str) -> Case:
    """Break the NAT gateway."""
    case = web(private())
    case.entry("NatGateways", "nat-a")["State"] = state
    return case


def nat_gateway_private() -> Case:
    """Make the NAT gateway a private one."""
    case = web(with_internet(placement()))
    case.nat("subnet-public", public=None)
    case.routes("rtb-app").append(route(ANYWHERE, "nat-a"))
    return case


def nat_subnet_isolated() -> Case:
    """Take the way out from the NAT gateway's own subnet."""
    case = web(private())
    case.routes("rtb-public").pop()
    return case


def gateway_detached() -> Case:
    """Detach the internet gateway."""
    case = web(private())
    case.entry("InternetGateways", "igw-a")["Attachments"] = []
    return case


def own_group_closed() -> Case:
    """Take all outbound rules from the function's group."""
    case = database(web(private()))
    case.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = []
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-fn")]
    return case


def target_group_closed() -> Case:
    """Let the database's group admit another port only."""
    case = database(private())
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(3306, group="sg-fn")]
    return case


def endpoint_group_closed() -> Case:
    """Give the service an interface endpoint whose group admits nobody."""
    case = placement()
    case.group("sg-endpoint")
    case.interface("eni-endpoint", "10.0.1.50", "subnet-app", ["sg-endpoint"], kind="vpc_endpoint")
    case.endpoint(
        "logs",
        kind="Interface",
        NetworkInterfaceIds=["eni-endpoint"],
        SubnetIds=["subnet-app"],
        Groups=[{"GroupId": "sg-endpoint"}],
        PrivateDnsEnabled=True,
    )
    case.wants("logs", "10.0.1.50", service="logs", host="logs.eu-west-1.amazonaws.com")
    return case


def prefix_list_missing() -> Case:
    """Let the function's group out to the VPC only, beside a gateway endpoint."""
    case = dynamodb(placement())
    case.endpoint("dynamodb", RouteTableIds=["rtb-app"])
    case.routes("rtb-app").append(route("pl-ddb", "vpce-a"))
    case.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = [tcp(443, cidr="10.0.0.0/16")]
    return case


def acl_blocks_request() -> Case:
    """Deny the way out in the function's subnet, by a rule before the one that allows."""
    case = web(private())
    deny = (50, "out", "6", "deny", "203.0.113.0/24", (443, 443))
    case.acl("acl-app", "vpc-a", [deny, EVERYTHING_OUT, EVERYTHING_IN], subnets=["subnet-app"])
    return case


def acl_without_room() -> Case:
    """Deny the way out by the first rule that there can be."""
    case = web(private())
    deny = (1, "out", "-1", "deny", "203.0.113.0/24", None)
    case.acl("acl-app", "vpc-a", [deny, EVERYTHING_OUT, EVERYTHING_IN], subnets=["subnet-app"])
    return case


def acl_blocks_return() -> Case:
    """Let requests out of the function's subnet and no answers in."""
    case = web(private())
    inside = (100, "in", "-1", "allow", "10.0.0.0/16", None)
    case.acl("acl-app", "vpc-a", [EVERYTHING_OUT, inside], subnets=["subnet-app"])
    return case


def acl_narrows_return() -> Case:
    """Let answers in on the ports of a Linux host only."""
    case = web(private())
    narrow = (100, "in", "6", "allow", ANYWHERE, (32768, 60999))
    case.acl("acl-app", "vpc-a", [EVERYTHING_OUT, narrow], subnets=["subnet-app"])
    return case


def acl_of_the_target() -> Case:
    """Close the database's subnet both ways."""
    case = database(private())
    case.entry("SecurityGroups", "sg-db")["IpPermissions"] = [tcp(5432, group="sg-fn")]
    case.acl("acl-data", "vpc-a", [], subnets=["subnet-data"])
    return case


def gateway_endpoint_missing() -> Case:
    """Ask for DynamoDB from an isolated subnet."""
    return dynamodb(with_internet(placement()))


def gateway_endpoint_elsewhere() -> Case:
    """Associate the gateway endpoint with another table only."""
    case = dynamodb(placement())
    case.endpoint("dynamodb", RouteTableIds=["rtb-data"])
    case.table("rtb-data", "vpc-a", {"pl-ddb": "vpce-a"}, subnets=["subnet-data"])
    return case


def interface_endpoint_missing() -> Case:
    """Ask for the Logs API from an isolated subnet."""
    return logs(with_internet(placement()))


def interface_endpoint_unused() -> Case:
    """Give DynamoDB an interface endpoint, which its usual name never leads to."""
    case = dynamodb(placement())
    case.group("sg-endpoint", ingress=[tcp(443, group="sg-fn")])
    case.interface("eni-endpoint", "10.0.1.50", "subnet-app", ["sg-endpoint"], kind="vpc_endpoint")
    case.endpoint(
        "dynamodb",
        kind="Interface",
        NetworkInterfaceIds=["eni-endpoint"],
        SubnetIds=["subnet-app"],
        Groups=[{"GroupId": "sg-endpoint"}],
        DnsEntries=[{"DnsName": "vpce-a.dynamodb.eu-west-1.vpce.amazonaws.com"}],
    )
    return case


def endpoint_without_private_dns() -> Case:
    """Give the Logs API an endpoint, and leave its private DNS off."""
    case = endpoint_with_private_dns()
    case.entry("VpcEndpoints", "vpce-a")["PrivateDnsEnabled"] = False
    return case


def endpoint_with_private_dns() -> Case:
    """Give the Logs API an endpoint that admits the function; the name led past it."""
    case = logs(placement())
    case.group("sg-endpoint", ingress=[tcp(443, group="sg-fn")])
    case.interface("eni-endpoint", "10.0.1.50", "subnet-app", ["sg-endpoint"], kind="vpc_endpoint")
    case.endpoint(
        "logs",
        kind="Interface",
        NetworkInterfaceIds=["eni-endpoint"],
        SubnetIds=["subnet-app"],
        Groups=[{"GroupId": "sg-endpoint"}],
        PrivateDnsEnabled=True,
    )
    return case


def dns_attribute_off(attribute: str) -> Case:
    """Turn off a DNS attribute that private DNS needs."""
    case = endpoint_with_private_dns()
    case.entry("VpcAttributes", "vpc-a")[attribute] = {"Value": False}
    return case


def nat_subnet_acl() -> Case:
    """Let requests out of the NAT gateway's subnet and no answers in."""
    case = web(private())
    inside = (100, "in", "-1", "allow", "10.0.0.0/16", None)
    case.acl("acl-nat", "vpc-a", [EVERYTHING_OUT, inside], subnets=["subnet-public"])
    return case


def endpoint_in_no_zone() -> Case:
    """Leave an interface endpoint without any subnet."""
    case = logs(placement())
    case.group("sg-endpoint", ingress=[tcp(443, group="sg-fn")])
    case.endpoint(
        "logs",
        kind="Interface",
        Groups=[{"GroupId": "sg-endpoint"}],
        PrivateDnsEnabled=True,
    )
    return case


def own_dns_server() -> Case:
    """Name a DNS server of the VPC's own, and let the function's group out on 443 only."""
    case = private()
    case.dhcp("dopt-own", ["10.0.2.53"])
    case.entry("Vpcs", "vpc-a")["DhcpOptionsId"] = "dopt-own"
    case.group("sg-dns", ingress=[permission("udp", 53, cidr="10.0.0.0/16")])
    case.interface("eni-dns", "10.0.2.53", "subnet-data", ["sg-dns"])
    case.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = [tcp(443, cidr=ANYWHERE)]
    case.asks("dns api.example.com", "api.example.com")
    return case


def own_dns_server_stopped() -> Case:
    """Stop the instance that has the address of the VPC's only DNS server."""
    case = own_dns_server()
    case.entry("SecurityGroups", "sg-fn")["IpPermissionsEgress"] = [
        permission("-1", None, cidr=ANYWHERE)
    ]
    case.entry("NetworkInterfaces", "eni-dns")["Attachment"] = {"InstanceId": "i-dns"}
    case.lists["Instances"] = [{"InstanceId": "i-dns", "State": {"Name": "stopped"}}]
    return case


def dns_firewall() -> Case:
    """Block a domain with DNS Firewall."""
    case = private()
    case.lists["FirewallRuleGroupAssociations"] = [
        {"Id": "assoc-a", "FirewallRuleGroupId": "fw-a", "VpcId": "vpc-a", "Priority": 101}
    ]
    block = {
        "FirewallDomainListId": "list-a",
        "Priority": 10,
        "Action": "BLOCK",
        "BlockResponse": "NXDOMAIN",
    }
    case.lists["FirewallRules"] = [{"FirewallRuleGroupId": "fw-a", "FirewallRules": [block]}]
    case.lists["FirewallDomains"] = [
        {"FirewallDomainListId": "list-a", "Domains": ["*.example.com."]}
    ]
    case.asks("dns api.example.com", "api.example.com")
    return case


def failed_endpoint() -> Case:
    """Let the interface endpoint for the Logs API have failed."""
    case = endpoint_with_private_dns()
    case.entry("VpcEndpoints", "vpce-a")["State"] = "failed"
    return case


def failed_gateway_endpoint() -> Case:
    """Let the gateway endpoint for DynamoDB have failed."""
    case = dynamodb(placement())
    case.endpoint("dynamodb", RouteTableIds=["rtb-app"], State="failed")
    case.routes("rtb-app").append(route("pl-ddb", "vpce-a"))
    return case


CASES: dict[str, tuple[str, Callable[[], Case]]] = {
    "isolated subnet": ("no-route-to-internet", no_route_to_internet),
    "public subnet": ("public-subnet-no-public-ip", public_subnet),
    "blackhole": ("blackhole-route", blackhole_route),
    "failed NAT": ("nat-gateway-failed", lambda: nat_gateway_in_state("failed")),
    "deleted NAT": ("nat-gateway-deleted", lambda: nat_gateway_in_state("deleted")),
    "NAT without a way out": ("nat-subnet-no-internet-route", nat_subnet_isolated),
    "detached gateway": ("internet-gateway-detached", gateway_detached),
    "own group": ("own-security-group-blocks", own_group_closed),
    "target's group": ("target-security-group-blocks", target_group_closed),
    "endpoint's group": ("endpoint-security-group-blocks", endpoint_group_closed),
    "no prefix list": ("egress-lacks-prefix-list", prefix_list_missing),
    "ACL, request": ("nacl-blocks-request", acl_blocks_request),
    "ACL without room": ("nacl-blocks-request", acl_without_room),
    "ACL, answers": ("nacl-blocks-return", acl_blocks_return),
    "ACL, narrow": ("nacl-narrows-return-ports", acl_narrows_return),
    "ACL of the target": ("nacl-blocks-request", acl_of_the_target),
    "private NAT": ("nat-gateway-private", nat_gateway_private),
    "ACL of the NAT's subnet": ("nat-subnet-nacl-blocks", nat_subnet_acl),
    "endpoint in no zone": ("endpoint-not-in-zone", endpoint_in_no_zone),
    "own DNS server": ("custom-resolver-unreachable", own_dns_server),
    "own DNS server stopped": ("custom-resolver-unreachable", own_dns_server_stopped),
    "DNS Firewall": ("dns-firewall-blocks", dns_firewall),
    "no gateway endpoint": ("gateway-endpoint-missing", gateway_endpoint_missing),
    "gateway endpoint elsewhere": ("gateway-endpoint-not-associated", gateway_endpoint_elsewhere),
    "no interface endpoint": ("interface-endpoint-missing", interface_endpoint_missing),
    "endpoint failed": ("endpoint-not-available", failed_endpoint),
    "gateway endpoint failed": ("endpoint-not-available", failed_gateway_endpoint),
    "endpoint unused": ("interface-endpoint-unused", interface_endpoint_unused),
    "private DNS off": ("endpoint-private-dns-off", endpoint_without_private_dns),
    "DNS support off": ("vpc-dns-support-off", lambda: dns_attribute_off("EnableDnsSupport")),
    "DNS hostnames off": ("vpc-dns-hostnames-off", lambda: dns_attribute_off("EnableDnsHostnames")),
    **BETWEEN,
    **TWINS,
    **DEVICES,
}
