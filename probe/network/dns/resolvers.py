"""Which resolver a function asks, and whether its question gets there.

The Amazon resolver answers on a way of its own, which no group and no ACL touches; servers that
DHCP options name are hosts like any other. https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.model import Verdict
from probe.network import places
from probe.network.dns import dns_settings
from probe.network.instances import RUNNING, read_state
from probe.network.vpc import Network, NotRead
from probe.network.walk.path import Destination, Source, walk

if TYPE_CHECKING:
    from probe.model import Path
    from probe.network.addresses import Block
    from probe.network.walk.trace import Trace

DNS = 53
AMAZON, CUSTOM = "amazon", "custom"


@dataclass(frozen=True, slots=True)
class Machine:
    """The instance that has a DNS server's address."""

    id: str
    interface_id: str
    state: str

    @property
    def runs(self) -> bool:
        """Whether it can answer at all."""
        return self.state == RUNNING


def judge(trace: Trace, network: Network, source: Source, vpc_id: str) -> str:
    """Judge the way to the resolver; return whose it is, AMAZON or CUSTOM."""
    servers: tuple[Block, ...] = ()
    with trace.reading(vpc_id, "dhcp-options"):
        servers = dns_settings.servers(network, vpc_id)
    custom = tuple(server for server in servers if not is_amazon(network, vpc_id, server))
    if custom and len(custom) == len(servers):
        _ask(trace, network, source, custom)
        return CUSTOM
    with trace.reading(vpc_id, "dns"):
        if not dns_settings.of_vpc(network, vpc_id).support:
            trace.block(
                "vpc-dns-support-off",
                vpc_id,
                "dns",
                f"DNS support of {vpc_id} is off: the Amazon resolver does not answer",
                facts={"vpc_id": vpc_id},
            )
        else:
            trace.hop("AmazonProvidedDNS", "dns", "allow", "no group and no ACL touches its way")
    return AMAZON


def is_amazon(network: Network, vpc_id: str, server: Block) -> bool:
    """Whether this is the Amazon resolver by one of its addresses: the VPC's base plus two."""
    if server in dns_settings.AMAZON_ADDRESSES:
        return True
    try:
        first = places.vpc(network, vpc_id).blocks[:1]
    except NotRead:
        return False
    return any(server.version == 4 and server.low == block.low + 2 for block in first)


def machine(network: Network, server: Block) -> Machine | None:
    """Return the one instance that has a private address; None where that was not read."""
    try:
        found = places.interfaces_with(network, server)
        if len(found) != 1 or found[0].instance_id is None:
            return None
        state = network.one("Instances", found[0].instance_id, read_state)
    except NotRead:
        return None
    return Machine(found[0].instance_id, found[0].id, state)


def _ask(trace: Trace, network: Network, source: Source, servers: tuple[Block, ...]) -> None:
    """Walk to every server. One that answers is enough; each is asked in turn."""
    paths = [walk(network, source, Destination(str(one), DNS, "udp")) for one in servers]
    words, stopped = [], ""
    for server, path in zip(servers, paths, strict=True):
        word, why = _word(path), f"udp 53: {path.verdict}"
        # Only a way that is open is known to lead to this machine, and to no other of its address.
        host = machine(network, server) if path.verdict is Verdict.REACHABLE else None
        if host is not None and not host.runs:
            word, why = "deny", f"{host.id}, which has {server}, is {host.state}"
            stopped += f"; {why}"
        trace.hop(str(server), "dns-server", word, why)
        words.append(word)
    if "allow" in words:
        return
    for path in paths:
        trace.undetermined += [one for one in path.undetermined if one not in trace.undetermined]
    closed = [path for path, word in zip(paths, words, strict=True) if word == "deny"]
    if closed:
        names = ", ".join(map(str, servers))
        trace.block(
            "custom-resolver-unreachable",
            str(servers[words.index("deny")]),
            "dns-server",
            f"the DNS servers of the DHCP options ({names}) cannot be reached on udp 53{stopped}",
            partial=len(closed) < len(paths),
            facts={
                "servers": [str(server) for server in servers],
                "blockers": [blocker.code for path in closed for blocker in path.blockers],
                "components": [blocker.component for path in closed for blocker in path.blockers],
            },
        )


def _word(path: Path) -> str:
    if path.verdict is Verdict.REACHABLE:
        return "allow"
    return "deny" if path.verdict is Verdict.UNREACHABLE else "unknown"
