"""Drawing networks at random: valid by AWS's rules, and often broken in a place or two.

A drawing is a plain document in the scenario vocabulary, so that it can be printed, kept, cut
down and read by people. The odds are chosen so that about half of all flows pass: a network in
which nothing works, or everything does, tells two readings of AWS's rules apart in no place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

Document = dict[str, Any]

PORTS = (443, 5432, 8080)
ZONES = "abc"
INTERNET = {"partner.example.com": "203.0.113.10", "market.example.com": "198.51.100.20"}
EPHEMERAL = ("1024-65535", "1024-65535", "1024-65535", "32768-65535", "1024-30000")


def draw(random: Random) -> Document:
    """Draw one network with a function in it and a host for every kind of target."""
    return _Drawing(random).document()


class _Drawing:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.peered = self.chance(0.5)
        self.transit = self.chance(0.35)
        self.vpcs = ["main", *(["other"] if self.peered or self.transit else [])]
        self.subnets = self._subnets()
        self.groups = {
            vpc: [f"{vpc}-g{i}" for i in range(random.randint(2, 4))] for vpc in self.vpcs
        }
        self.nats = [f"nat{i}" for i in range(random.choice((0, 1, 1, 1, 1, 2)))]
        self.nat_instance = self.chance(0.25)

    def chance(self, odds: float) -> bool:
        return self.random.random() < odds

    def of(self, vpc: str) -> list[str]:
        return [name for name, subnet in self.subnets.items() if subnet["vpc"] == vpc]

    def document(self) -> Document:
        """Put the drawing together; each part is drawn in a fixed order, so a seed is a network."""
        internet = self.random.choices((True, "detached", False), (18, 1, 1))[0]
        found: Document = {
            "about": "Drawn at random.",
            "vpc": {"cidr": "10.0.0.0/16", "secondary_cidrs": ["10.1.0.0/16"]},
            "internet_gateway": internet,
            "subnets": self.subnets,
            "nacls": self._nacls(),
            "security_groups": self._security_groups(),
            "hosts": self._hosts(),
        }
        if "other" in self.vpcs:
            found["vpcs"] = {"other": {"cidr": "172.31.0.0/16"}}
        if self.peered:
            state = self.random.choices(("active", "pending-acceptance"), (9, 1))[0]
            found["peerings"] = {"pcx": {"between": ["main", "other"], "state": state}}
        if self.transit:
            found["transit_gateways"] = {"tgw": self._transit_gateway()}
        found["route_tables"] = self._route_tables(internet=bool(internet))
        public = self._public(found["route_tables"])
        found["nat_gateways"] = self._nat_gateways(public)
        if self.nat_instance:
            found["nat_instances"] = {"natbox": self._nat_instance(public)}
        found["endpoints"] = self._endpoints(list(found["route_tables"]))
        mode = self.random.choices(("off", "block-bidirectional", "block-ingress"), (18, 1, 1))[0]
        if mode != "off":
            found["block_public_access"] = mode
        found["function"] = {
            "subnets": self.of("main"),
            "security_groups": self._some(self.groups["main"], 1, 2),
        }
        return found

    def _some(self, items: list[str], least: int, most: int) -> list[str]:
        return self.random.sample(items, min(len(items), self.random.randint(least, most)))

    def _subnets(self) -> dict[str, Document]:
        found: dict[str, Document] = {}
        for vpc, prefix, count in (("main", "10.0", 4), ("other", "172.31", 2)):
            if vpc not in self.vpcs:
                continue
            for i in range(self.random.randint(2, count)):
                base = "10.1" if vpc == "main" and i == 3 else prefix
                zone = self.random.choice(ZONES)
                found[f"{vpc}-s{i}"] = {"vpc": vpc, "cidr": f"{base}.{i}.0/24", "az": zone}
        return found

    # --- routes -----------------------------------------------------------------------------

    def _route_tables(self, *, internet: bool) -> dict[str, Document]:
        """Draw tables, and put every subnet on one: named, or the main one by saying nothing."""
        tables: dict[str, Document] = {}
        for vpc in self.vpcs:
            names = [f"{vpc}-t{i}" for i in range(self.random.randint(2, 3))]
            for name in names:
                tables[name] = {"vpc": vpc, "routes": self._routes(vpc, internet=internet)}
            if vpc == "main" and internet and self.chance(0.85):
                tables[names[-1]]["routes"]["0.0.0.0/0"] = "internet-gateway"
            if self.chance(0.5):
                tables[names[0]]["main"] = True
            for subnet in self.of(vpc):
                if self.chance(0.92):
                    table = self.random.choice([*names, *names, *names[:-1]])
                    self.subnets[subnet]["route_table"] = table
        return tables

    def _routes(self, vpc: str, *, internet: bool) -> Document:
        routes: Document = {}
        ways = ["blackhole"] * self.chance(0.4)
        if vpc == "main":
            ways += ["internet-gateway"] * bool(internet)
            ways += self.nats * 5 + (["natbox"] * 3 if self.nat_instance else [])
        across = [
            *(["pcx"] if self.peered else []),
            *(["tgw"] if self.transit else []),
        ]
        if ways and self.chance(0.9):
            routes["0.0.0.0/0"] = self.random.choice(ways)
        if ways and self.chance(0.2):
            routes["203.0.113.0/24"] = self.random.choice([*ways, "blackhole"])
        if across and self.chance(0.9):
            wide = "172.31.0.0/16" if vpc == "main" else "10.0.0.0/16"
            routes[wide] = self.random.choice([*across * 8, "blackhole"])
            if vpc == "other" and self.chance(0.8):
                routes["10.1.0.0/16"] = self.random.choice(across)
            if self.chance(0.2):
                narrow = "172.31.1.0/24" if vpc == "main" else "10.0.1.0/24"
                routes[narrow] = self.random.choice([*across, "blackhole"])
        return routes

    def _transit_gateway(self) -> Document:
        attachments = {}
        for vpc in self.vpcs:
            zones: dict[str, str] = {}
            for subnet in self.of(vpc):
                zones.setdefault(self.subnets[subnet]["az"], subnet)
            places = self._some(list(zones.values()), max(1, len(zones) - 1), len(zones))
            attachments[f"att-{vpc}"] = {"subnets": places}
        if self.chance(0.25):
            attachments["att-main"]["propagates"] = []
        tables: Document = {"default": {}}
        if self.chance(0.25):
            leads = self.random.choice(("blackhole", "att-other"))
            tables["default"] = {"routes": {"172.31.1.0/24": leads}}
        return {"attachments": attachments, "route_tables": tables}

    def _public(self, tables: dict[str, Document]) -> list[str]:
        """List the subnets that lead to the internet gateway, where a NAT may do its work."""
        main = next((name for name in tables if tables[name].get("main")), "")
        found = []
        for subnet in self.of("main"):
            table = tables.get(self.subnets[subnet].get("route_table", main), {"routes": {}})
            found += [subnet] * (table["routes"].get("0.0.0.0/0") == "internet-gateway")
        return found

    def _place(self, public: list[str]) -> str:
        return self.random.choice(public if public and self.chance(0.85) else self.of("main"))

    def _nat_gateways(self, public: list[str]) -> dict[str, Document]:
        found = {}
        for name in self.nats:
            found[name] = {"subnet": self._place(public)}
            if self.chance(0.08):
                found[name]["state"] = self.random.choice(("failed", "deleted", "pending"))
            if self.chance(0.08):
                found[name]["connectivity"] = "private"
        return found

    def _nat_instance(self, public: list[str]) -> Document:
        return {
            "subnet": self._place(public),
            "security_groups": self._some(self.groups["main"], 1, 2),
            "source_dest_check": self.chance(0.2),
            "state": self.random.choices(("running", "stopped"), (9, 1))[0],
        }

    def _endpoints(self, tables: list[str]) -> dict[str, Document]:
        found: dict[str, Document] = {}
        own = [table for table in tables if table.startswith("main-")]
        if self.chance(0.6):
            found["ddb"] = {
                "vpc": "main",
                "service": "dynamodb",
                "route_tables": self._some(own, 0, 3),
            }
        if self.chance(0.5):
            zones: dict[str, str] = {}
            for subnet in self.of("main"):
                zones.setdefault(self.subnets[subnet]["az"], subnet)
            found["logs"] = {
                "service": "logs",
                "subnets": self._some(list(zones.values()), 1, 2),
                "security_groups": self._some(self.groups["main"], 1, 2),
            }
        return found

    # --- filters ----------------------------------------------------------------------------

    def _security_groups(self) -> dict[str, Document]:
        found: dict[str, Document] = {}
        for vpc, names in self.groups.items():
            for name in names:
                group: Document = {"vpc": vpc, "ingress": self._ingress(vpc)}
                if self.chance(0.3):
                    group["egress"] = self._egress(vpc)
                found[name] = group
        return found

    def _ports(self) -> Document:
        if self.chance(0.4):
            return {"protocol": "all"}
        if self.chance(0.3):
            return {"tcp": self.random.choice(("1-1023", "400-9000", "5000-65535"))}
        if self.chance(0.1):
            return {"udp": self.random.choice(PORTS)}
        return {"tcp": self.random.choice(PORTS)}

    def _ingress(self, vpc: str) -> list[Document]:
        peers = ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24", "10.0.1.0/24", *self.groups[vpc]]
        if self.peered:
            peers += [name for other in self.vpcs if other != vpc for name in self.groups[other]]
        count = self.random.randint(0, 4)
        rules = [{**self._ports(), "from": self.random.choice(peers)} for _ in range(count)]
        return rules + [{"tcp": "all", "from": "0.0.0.0/0"}] * self.chance(0.5)

    def _egress(self, vpc: str) -> list[Document]:
        peers = ["0.0.0.0/0", "10.0.0.0/16", "172.31.0.0/16", "203.0.113.0/24", "dynamodb"]
        peers += self.groups[vpc]
        count = self.random.randint(0, 4)
        rules = [{**self._ports(), "to": self.random.choice(peers)} for _ in range(count)]
        return rules + [{"tcp": "all", "to": "0.0.0.0/0"}] * self.chance(0.5)

    def _nacls(self) -> dict[str, Document]:
        found: dict[str, Document] = {}
        for subnet, words in self.subnets.items():
            if not self.chance(0.25):
                continue
            name = f"nacl-{subnet}"
            found[name] = {"vpc": words["vpc"]}
            words["nacl"] = name
            for direction, preposition in (("inbound", "from"), ("outbound", "to")):
                if self.chance(0.7):
                    found[name][direction] = self._entries(preposition)
        return found

    def _entries(self, preposition: str) -> list[Document]:
        entries: list[Document] = []
        ranges = ("0.0.0.0/0", "10.0.0.0/8", "172.31.0.0/16", "203.0.113.0/24", "10.0.2.0/24")
        for _ in range(self.random.randint(0, 3)):
            ports = self.random.choice(("443", "5432", "1-1023", "1024-65535", "all"))
            cidr = self.random.choice(ranges)
            action = self.random.choices(("allow", "deny"), (2, 1))[0]
            entries.append({action: f"tcp {ports} {preposition} {cidr}"})
        if self.chance(0.7):
            ports = self.random.choice(EPHEMERAL)
            entries.append({"allow": f"tcp {ports} {preposition} 0.0.0.0/0"})
        self.random.shuffle(entries)
        if self.chance(0.75):
            entries.append({"allow": f"all {preposition} 0.0.0.0/0"})
        return entries

    # --- targets ----------------------------------------------------------------------------

    def _hosts(self) -> dict[str, Document]:
        found: dict[str, Document] = {
            name: {"server": "tcp", "port": 443, "public": address}
            for name, address in INTERNET.items()
        }
        for subnet, words in self.subnets.items():
            groups = self._some(self.groups[words["vpc"]], 1, 2)
            port = self.random.choice(PORTS)
            host = {"server": "tcp", "port": port, "subnet": subnet, "security_groups": groups}
            found[f"host-{subnet}"] = host
        return found
