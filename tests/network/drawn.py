"""Networks drawn at random with hypothesis: every component, sound or ailing in some way."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.network.world import ANYWHERE, INTERNET, World, permission, route, tcp

DATABASE, ACROSS, BESIDE = "10.0.2.10", "10.8.1.10", "10.0.3.10"
DYNAMODB, LOGS, LOGS_PRIVATE = "52.94.5.10", "54.239.1.1", "10.0.5.20"
TARGETS: list[tuple[str, int, dict[str, Any]]] = [
    (INTERNET, 443, {}),
    (DATABASE, 5432, {}),
    (ACROSS, 5432, {}),
    (BESIDE, 443, {}),
    (DYNAMODB, 443, {"service": "dynamodb"}),
    (LOGS, 443, {"service": "logs"}),
    (LOGS_PRIVATE, 443, {"service": "logs"}),
    ("172.20.1.1", 443, {}),
]
DEFAULTS = ("igw-a", "nat-a", "eni-nat", "vpce-fw", "tgw-1", "vgw-a")
CIDRS = ("10.0.0.0/16", "10.0.1.0/24", "10.0.1.0/25", "10.8.0.0/16", ANYWHERE, "203.0.113.0/24")
PORTS = ((443, 443), (5432, 5432), (0, 65535), (1024, 65535), (32768, 65535))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a network: two VPCs, every way between them and out, ailments here and there."""
    world = World()
    _places(world)
    _gateways(world, draw)
    _filters(world, draw)
    _tables(world, draw)
    if draw(st.booleans()):
        address = draw(st.sampled_from(["10.0.1.30", "10.0.1.200"]))
        world.interface("eni-fn", address, "subnet-app", ["sg-fn"], kind="lambda")
    return world


def _places(world: World) -> None:
    world.vpc()
    world.vpc("10.8.0.0/16", "vpc-b")
    for name, cidr in {
        "subnet-app": "10.0.1.0/24",
        "subnet-data": "10.0.2.0/24",
        "subnet-lb": "10.0.3.0/24",
        "subnet-ends": "10.0.5.0/24",
        "subnet-fw": "10.0.6.0/24",
        "subnet-tgw": "10.0.7.0/24",
        "subnet-public": "10.0.9.0/24",
    }.items():
        world.subnet(name, cidr)
    world.subnet("subnet-b", "10.8.1.0/24", vpc="vpc-b")
    world.prefix_list("pl-ddb", "dynamodb", ["52.94.5.0/24"])


def _gateways(world: World, draw: st.DrawFn) -> None:
    world.igw()
    if not draw(st.booleans()):
        world.lists["InternetGateways"][0]["Attachments"] = []
    world.nat("subnet-public", State=draw(st.sampled_from(["available", "failed", "deleted"])))
    world.interface(
        "eni-nat",
        "10.0.9.20",
        "subnet-public",
        ["sg-nat"],
        SourceDestCheck=draw(st.booleans()),
        Attachment={"InstanceId": "i-nat"},
        public=draw(st.sampled_from([None, "198.51.100.8"])),
    )
    world.instance("i-nat", draw(st.sampled_from(["running", "stopped"])))
    world.endpoint("fw", name="vpce-fw", kind="GatewayLoadBalancer", SubnetIds=["subnet-fw"])
    if draw(st.booleans()):
        world.firewall("vpce-fw")
    world.peering("pcx-ab", "vpc-a", "vpc-b")
    status = draw(st.sampled_from(["active", "deleted"]))
    world.entry("VpcPeeringConnections", "pcx-ab")["Status"] = {"Code": status}
    world.transit("tgw-1", "tgw-rtb-1", vpc_a=["subnet-tgw"], vpc_b=["subnet-b"])
    state = draw(st.sampled_from(["attached", "detached"]))
    world.lists["VpnGateways"].append(
        {"VpnGatewayId": "vgw-a", "VpcAttachments": [{"VpcId": "vpc-a", "State": state}]}
    )
    if draw(st.booleans()):
        world.endpoint("dynamodb", name="vpce-ddb")
    if draw(st.booleans()):
        world.endpoint(
            "logs",
            name="vpce-logs",
            kind="Interface",
            NetworkInterfaceIds=["eni-logs"],
            State=draw(st.sampled_from(["available", "rejected"])),
            PrivateDnsEnabled=draw(st.booleans()),
        )
    world.interface("eni-logs", LOGS_PRIVATE, "subnet-ends", ["sg-db"], kind="vpc_endpoint")
    hostnames = draw(st.booleans())
    world.entry("VpcAttributes", "vpc-a")["EnableDnsHostnames"] = {"Value": hostnames}


def _permissions(draw: st.DrawFn) -> list[dict[str, Any]]:
    peers = [{"cidr": cidr} for cidr in CIDRS]
    peers += [{"group": "sg-fn"}, {"group": "sg-db"}, {"prefix_list": "pl-ddb"}]
    rule = st.builds(
        lambda ports, peer: permission("-1", None, **peer) if ports is None else tcp(ports, **peer),
        st.sampled_from([None, (443, 443), (5432, 5432), (0, 65535)]),
        st.sampled_from(peers),
    )
    return draw(st.lists(rule, max_size=3))


def _filters(world: World, draw: st.DrawFn) -> None:
    for name in ("sg-fn", "sg-nat", "sg-db"):
        open_out = draw(st.booleans())
        egress = None if open_out else _permissions(draw)
        world.group(name, ingress=_permissions(draw), egress=egress)
    world.group("sg-b", vpc="vpc-b", ingress=_permissions(draw))
    world.interface("eni-db", DATABASE, "subnet-data", ["sg-db"])
    world.interface("eni-b", ACROSS, "subnet-b", ["sg-b"])
    world.balancer("front")
    world.interface("eni-lb", BESIDE, "subnet-lb", ["sg-db"], Description="ELB net/front/1")
    if draw(st.booleans()):
        world.target("front", DATABASE, draw(st.sampled_from(["healthy", "unhealthy"])))
    for index, subnet in enumerate(("subnet-app", "subnet-data", "subnet-public", "subnet-b")):
        if draw(st.integers(0, 2)) == 0:
            vpc = world.entry("Subnets", subnet)["VpcId"]
            world.acl(f"acl-{index}", vpc, _acl_rules(draw), subnets=[subnet])


def _acl_rules(draw: st.DrawFn) -> list[Any]:
    rule = st.tuples(
        st.integers(1, 9).map(lambda number: number * 100),
        st.sampled_from(["in", "out"]),
        st.sampled_from(["6", "-1"]),
        st.sampled_from(["allow", "allow", "allow", "deny"]),
        st.sampled_from(CIDRS),
        st.sampled_from(PORTS),
    )
    return draw(st.lists(rule, max_size=6, unique_by=lambda one: (one[0], one[1])))


def _tables(world: World, draw: st.DrawFn) -> None:
    targets = st.sampled_from(DEFAULTS)
    app: dict[str, str] = {}
    if draw(st.booleans()):
        app[ANYWHERE] = draw(targets)
    if draw(st.booleans()):
        app["10.8.0.0/16"] = draw(st.sampled_from(["pcx-ab", "tgw-1"]))
    if draw(st.booleans()):
        app["pl-ddb"] = "vpce-ddb"
    if draw(st.booleans()):
        app["10.0.2.0/24"] = "vpce-fw"
    world.table("rtb-app", "vpc-a", app, subnets=["subnet-app"])
    public = {ANYWHERE: draw(st.sampled_from(["igw-a", "igw-a", "nat-a"]))}
    if draw(st.booleans()):
        public["10.0.1.0/24"] = "vpce-fw"
    world.table("rtb-public", "vpc-a", public, subnets=["subnet-public"])
    world.table("rtb-fw", "vpc-a", {ANYWHERE: "nat-a"}, subnets=["subnet-fw"])
    back = (
        {"10.0.0.0/16": draw(st.sampled_from(["pcx-ab", "tgw-1"]))} if draw(st.booleans()) else {}
    )
    world.table("rtb-b", "vpc-b", back, subnets=["subnet-b"])
    if draw(st.integers(0, 3)) == 0:
        world.routes("rtb-app").append(route("203.0.113.0/24", "pcx-gone", State="blackhole"))
