"""What a drawing may have beside the common parts: IPv6, firewalls, load balancers and the like.

Each part is laid over a document that `draw` made, and leaves it one that AWS would accept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.random import draw_wider

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.lab.random.draw import Document

PORTS = (443, 5432, 8080)
OFFICES = ["203.0.113.0/28", "172.31.0.0/24"]


def add(random: Random, document: Document) -> None:
    """Lay over a document whatever the dice say."""
    for part, odds in PARTS.items():
        if random.random() < odds:
            part(random, document)


def _of_main(document: Document, key: str) -> list[str]:
    return [name for name, words in document[key].items() if words.get("vpc", "main") == "main"]


def ipv6(random: Random, document: Document) -> None:
    """Give the VPC a second family, in most of its subnets."""
    document["vpc"]["ipv6_cidr"] = "2600:1f00:1::/56"
    document["egress_only_internet_gateway"] = random.random() < 0.7
    everywhere = random.random() < 0.7
    for at, name in enumerate(_of_main(document, "subnets")):
        if everywhere or random.random() < 0.7:
            document["subnets"][name]["ipv6_cidr"] = f"2600:1f00:1:{at}::/64"
    document["function"]["ipv6"] = everywhere
    for host in document["hosts"].values():
        if "ipv6_cidr" in document["subnets"].get(host.get("subnet"), {}):
            host["ipv6"] = random.random() < 0.8
    public = {"server": "tcp", "port": 443, "public_ipv6": "2600:9000::10"}
    document["hosts"]["six.example.com"] = public
    ways = ["blackhole"]
    ways += ["egress-only-internet-gateway"] * 3 * document["egress_only_internet_gateway"]
    ways += ["internet-gateway"] * 2 * bool(document["internet_gateway"])
    for name in _of_main(document, "route_tables"):
        if random.random() < 0.8:
            document["route_tables"][name]["routes"]["::/0"] = random.choice(ways)
    _rules_6(random, document)


def _rules_6(random: Random, document: Document) -> None:
    ranges = ("::/0", "2600:1f00:1::/56", "2600:1f00:1:1::/64")
    for name in _of_main(document, "security_groups"):
        group = document["security_groups"][name]
        for direction, preposition in (("ingress", "from"), ("egress", "to")):
            if direction in group and random.random() < 0.6:
                rule = {"tcp": random.choice(PORTS), preposition: random.choice(ranges)}
                group[direction].append(rule)
    for acl in document["nacls"].values():
        for direction, preposition in (("inbound", "from"), ("outbound", "to")):
            if direction in acl and random.random() < 0.8:
                ports = random.choice(("all", "443", "1024-65535", "1024-30000"))
                action = random.choice(("allow", "allow", "deny"))
                acl[direction].append(
                    {action: f"tcp {ports} {preposition} {random.choice(ranges)}"}
                )
                acl[direction].append({"allow": f"all {preposition} ::/0"})


def regional_nat(random: Random, document: Document) -> None:
    """Give the VPC a regional NAT gateway, and some tables a way to it."""
    wide: Document = {"vpc": "main", "mode": "regional"}
    if random.random() < 0.3:
        wide["zones"] = random.sample("abc", 2)
    if random.random() < 0.2:
        wide["routes"] = {}
    document["nat_gateways"]["wide"] = wide
    for name in _of_main(document, "route_tables"):
        if random.random() < 0.6:
            document["route_tables"][name]["routes"]["0.0.0.0/0"] = "wide"


def prefix_list(random: Random, document: Document) -> None:
    """Give some tables and groups a customer's prefix list."""
    document["prefix_lists"] = {"offices": OFFICES}
    for name in _of_main(document, "route_tables"):
        routes = document["route_tables"][name]["routes"]
        if routes and random.random() < 0.6:
            ways = [way for way in routes.values() if way != "egress-only-internet-gateway"]
            routes["offices"] = random.choice([*ways, "blackhole"])
    for group in document["security_groups"].values():
        if "egress" in group and random.random() < 0.4:
            group["egress"].append({"tcp": random.choice(PORTS), "to": "offices"})
        if random.random() < 0.2:
            group["ingress"].append({"tcp": random.choice(PORTS), "from": "offices"})


def exclusions(random: Random, document: Document) -> None:
    """Free a subnet or a VPC from Block Public Access, where it is on."""
    mode = document.get("block_public_access", "block-bidirectional")
    freed = random.sample([*document["subnets"], "main"], 2)
    words = ("allow-bidirectional", "allow-egress")
    document["block_public_access"] = {
        "mode": mode,
        "exclusions": {name: random.choice(words) for name in freed},
    }


def public_hosts(random: Random, document: Document) -> None:
    """Give some machines of the VPC an address in the internet."""
    if not document["internet_gateway"]:
        return
    for host in document["hosts"].values():
        if host.get("subnet") in _of_main(document, "subnets") and random.random() < 0.4:
            host["public"] = True


def balancer(random: Random, document: Document) -> None:
    """Put a load balancer before one of the machines."""
    own = _of_main(document, "subnets")
    hosts = [name for name, host in document["hosts"].items() if host.get("subnet") in own]
    front: Document = {
        "subnets": random.sample(own, 1),
        "listeners": {80: {"targets": [random.choice(hosts)]}},
        "cross_zone": random.random() < 0.7,
    }
    if random.random() < 0.6:
        groups = _of_main(document, "security_groups")
        front["security_groups"] = random.sample(groups, min(2, len(groups)))
    document["load_balancers"] = {"front": front}


def firewall(random: Random, document: Document) -> None:
    """Put a firewall between the internet gateway and the subnets on one table, both ways."""
    if not document["internet_gateway"]:
        return
    tables = {
        name: words["routes"]
        for name, words in document["route_tables"].items()
        if words.get("vpc") == "main" and words["routes"].get("0.0.0.0/0") == "internet-gateway"
    }
    if not tables:
        return
    behind = random.choice(list(tables))
    main = document["route_tables"][behind].get("main", False)
    inside = {
        words["cidr"]: "wall"
        for words in document["subnets"].values()
        if words["vpc"] == "main" and words.get("route_table", behind if main else "") == behind
    }
    tables[behind]["0.0.0.0/0"] = "wall"
    document["route_tables"]["wall-t"] = {
        "vpc": "main",
        "routes": {"0.0.0.0/0": "internet-gateway"},
    }
    document["route_tables"]["edge"] = {
        "gateway": "internet-gateway",
        "vpc": "main",
        "routes": inside,
    }
    document["subnets"]["wall-s"] = {
        "vpc": "main", "cidr": "10.0.8.0/24", "az": "a", "route_table": "wall-t",
    }  # fmt: skip
    rules = ("tcp 443 to 203.0.113.0/24", "tcp 5432", "tcp 1-1023", "udp", "all to 3.0.0.0/8")
    document["firewalls"] = {
        "wall": {
            "subnet": "wall-s",
            "rules": [
                {random.choice(("pass", "drop", "reject")): random.choice(rules)}
                for _ in range(random.randint(0, 2))
            ],
            "otherwise": random.choice(("pass", "pass", "drop")),
            "state": random.choice(("available",) * 7 + ("failed",)),
        }
    }


PARTS: dict[Callable[[Random, Any], None], float] = {
    ipv6: 0.3,
    regional_nat: 0.15,
    prefix_list: 0.25,
    exclusions: 0.12,
    public_hosts: 0.25,
    balancer: 0.25,
    firewall: 0.3,
    **draw_wider.PARTS,
}
