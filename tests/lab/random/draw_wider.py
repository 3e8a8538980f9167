"""What a drawing may have of names, and of other networks: the parts that reach beyond one VPC.

Each part is laid over a document, as those in `draw_more` are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.lab.random.draw import Document

SPLIT = "market.example.com"  # a public name, which a private zone may hide


def _of(document: Document, key: str, vpc: str) -> list[str]:
    return [
        name
        for name, words in document[key].items()
        if words.get("vpc", "main") == vpc and "gateway" not in words
    ]


def names(random: Random, document: Document) -> None:
    """Make some machines databases, hide a public name, and turn off what answers names."""
    hosts = [name for name, host in document["hosts"].items() if "subnet" in host]
    for name in hosts:
        host = document["hosts"][name]
        if random.random() < 0.4:
            host |= {"rds": True, "server": "postgres"}
            home = document["subnets"][host["subnet"]]["vpc"]
            if home == "other" and random.random() < 0.6:
                document["vpcs"]["other"]["internet_gateway"] = True
                host |= {"publicly_accessible": True, "public": True}
    if random.random() < 0.4:
        plain = [name for name in hosts if "rds" not in document["hosts"][name]]
        for name in plain[:1]:
            document["hosts"][name]["names"] = [SPLIT]
    for peering in document.get("peerings", {}).values():
        peering["dns_resolution"] = random.random() < 0.5
    for vpc in (document["vpc"], *document.get("vpcs", {}).values()):
        if random.random() < 0.06:
            vpc["dns_support"] = False
        if random.random() < 0.1:
            vpc["dns_hostnames"] = False


def transit_tables(random: Random, document: Document) -> None:
    """Give attachments tables of their own, with static routes over what is propagated."""
    for gateway in document.get("transit_gateways", {}).values():
        names = list(gateway["attachments"])
        tables: Document = {f"of-{name}": {"routes": {}} for name in names}
        for name in names:
            attachment = gateway["attachments"][name]
            attachment["table"] = random.choice((f"of-{name}",) * 8 + ("none",))
            attachment["propagates"] = [t for t in tables if random.random() < 0.85]
            if random.random() < 0.08:
                attachment["state"] = random.choice(("pendingAcceptance", "rejected", "failed"))
        for table in tables.values():
            for cidr in ("172.31.0.0/16", "172.31.1.0/24", "10.0.0.0/16", "10.0.1.0/24"):
                if random.random() < 0.2:
                    home = "att-other" if cidr.startswith("172") else "att-main"
                    leads = (home, home, "blackhole", names[0])
                    table["routes"][cidr] = random.choice(leads)
        gateway["route_tables"] = tables


def references(random: Random, document: Document) -> None:
    """Let rules name groups across a transit gateway; where that is off they name them in vain."""
    for gateway in document.get("transit_gateways", {}).values():
        gateway["references"] = random.random() < 0.7
        for vpc, other in (("main", "other"), ("other", "main")):
            theirs = _of(document, "security_groups", other)
            for name in _of(document, "security_groups", vpc):
                group = document["security_groups"][name]
                if random.random() < 0.4:
                    group["ingress"].append({"tcp": "all", "from": random.choice(theirs)})


def central_way_out(random: Random, document: Document) -> None:
    """Lead the internet traffic of some subnets over the transit gateway to the other VPC's NAT.

    https://docs.aws.amazon.com/vpc/latest/tgw/transit-gateway-nat-igw.html
    """
    if "transit_gateways" not in document:
        return
    document["vpcs"]["other"]["internet_gateway"] = True
    document["nat_gateways"]["shared"] = {"vpc": "other", "subnet": "hub-out"}
    out = {"0.0.0.0/0": "internet-gateway"}
    if random.random() < 0.85:
        out["10.0.0.0/15"] = "tgw"
    document["route_tables"]["hub-t"] = {"vpc": "other", "routes": out}
    # In a zone that leads straight back: of several other zones AWS takes any, the kernel one.
    door = document["transit_gateways"]["tgw"]["attachments"]["att-main"]["subnets"][0]
    document["subnets"]["hub-out"] = {
        "vpc": "other", "cidr": "172.31.9.0/24", "az": document["subnets"][door]["az"],
        "route_table": "hub-t",
    }  # fmt: skip
    for name in _of(document, "route_tables", "other"):
        if name != "hub-t" and random.random() < 0.85:
            document["route_tables"][name]["routes"]["0.0.0.0/0"] = "shared"
    gateway = document["transit_gateways"]["tgw"]
    for table in gateway["route_tables"].values():
        table.setdefault("routes", {})["0.0.0.0/0"] = "att-other"
    for name in _of(document, "route_tables", "main"):
        if random.random() < 0.5:
            document["route_tables"][name]["routes"]["0.0.0.0/0"] = "tgw"


def premises(random: Random, document: Document) -> None:
    """Put a machine behind a virtual private gateway, with routes that are learned or written."""
    document["virtual_private_gateway"] = random.choice((True, True, "detached"))
    document["on_premises"] = ["192.168.0.0/16"]
    document["hosts"]["mainframe"] = {"server": "tcp", "port": 443, "on_premises": "192.168.7.7"}
    for name in _of(document, "route_tables", "main"):
        table: Any = document["route_tables"][name]
        table["propagated"] = random.random() < 0.5
        if random.random() < 0.3:
            wide = random.choice(("192.168.0.0/16", "192.168.7.0/24", "192.168.0.0/17"))
            table["routes"][wide] = random.choice(("virtual-private-gateway", "blackhole"))


def ipv6_across(random: Random, document: Document) -> None:
    """Give the other VPC a second family as well, and routes for it both ways."""
    if "other" not in document.get("vpcs", {}) or "ipv6_cidr" not in document["vpc"]:
        return
    document["vpcs"]["other"]["ipv6_cidr"] = "2600:1f00:2::/56"
    for at, name in enumerate(_of(document, "subnets", "other")):
        document["subnets"][name]["ipv6_cidr"] = f"2600:1f00:2:{at}::/64"
    for host in document["hosts"].values():
        if host.get("subnet") in _of(document, "subnets", "other"):
            host["ipv6"] = random.random() < 0.8
    ways = ["pcx"] * ("peerings" in document) + ["tgw"] * ("transit_gateways" in document)
    for vpc, far in (("main", "2600:1f00:2::/56"), ("other", "2600:1f00:1::/56")):
        for name in _of(document, "route_tables", vpc):
            if random.random() < 0.85:
                document["route_tables"][name]["routes"][far] = random.choice(ways)
    for group in document["security_groups"].values():
        if random.random() < 0.3:
            group["ingress"].append({"tcp": "all", "from": "2600:1f00::/32"})


def inner_firewall(random: Random, document: Document) -> None:
    """Put a firewall between the subnets on one table and the NAT gateway that it leads to.

    https://docs.aws.amazon.com/network-firewall/latest/developerguide/arch-igw-ngw.html
    """
    tables = document["route_tables"]
    nats = document["nat_gateways"]
    subnets = document["subnets"]
    behind = [name for name, words in tables.items() if words["routes"].get("0.0.0.0/0") in nats]
    behind = [name for name in behind if tables[name].get("vpc", "main") == "main"]
    if not behind or "firewalls" in document:
        return
    chosen = random.choice(behind)
    nat = tables[chosen]["routes"]["0.0.0.0/0"]
    home = nats[nat].get("subnet")
    if home is None:
        return
    back = subnets[home].get("route_table")
    if back is None or back == chosen:
        return
    tables[chosen]["routes"]["0.0.0.0/0"] = "inner"
    tables["inner-t"] = {"vpc": "main", "routes": {"0.0.0.0/0": nat}}
    subnets["inner-s"] = {
        "vpc": "main", "cidr": "10.0.7.0/24", "az": "a", "route_table": "inner-t",
    }  # fmt: skip
    for words in list(subnets.values()):
        if words.get("route_table") == chosen and random.random() < 0.97:
            tables[back]["routes"][words["cidr"]] = "inner"
    rules = ("tcp 443 to 203.0.113.0/24", "tcp 5432", "tcp 1-1023 from 10.0.1.0/24", "udp")
    document["firewalls"] = {
        "inner": {
            "subnet": "inner-s",
            "rules": [
                {random.choice(("pass", "drop", "reject")): random.choice(rules)}
                for _ in range(random.randint(0, 2))
            ],
            "otherwise": random.choice(("pass", "pass", "drop")),
        }
    }


PARTS: dict[Callable[[Random, Any], None], float] = {
    names: 0.5,
    transit_tables: 0.5,
    references: 0.5,
    central_way_out: 0.4,
    premises: 0.15,
    ipv6_across: 0.6,
    inner_firewall: 0.25,
}
