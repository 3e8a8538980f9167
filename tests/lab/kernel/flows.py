"""Real connections between the places of a network, all at once, and what became of each.

Every host listens on its port and greets with one byte; a flow is `open` when that byte arrived,
so packets passed both ways. Over UDP the host sends back what it gets. As a program
(`python -m tests.lab.kernel.flows`) it reads one JSON object a line, {"scenario": TEXT, "flows":
[{"from", "to", "port", "source_port", "udp"}, ...], "quiet_s": 0.3}, and answers each with
{"outcomes": [...]} or {"error": SENTENCE}.
"""

from __future__ import annotations

import errno
import ipaddress
import json
import os
import resource
import selectors
import socket
import sys
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from tests.lab import sandbox
from tests.lab.kernel import Network, build
from tests.lab.kernel.topology import resolver_addresses as addresses
from tests.lab.scenario import ScenarioError, parse
from tests.lab.spawn import inside

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

GREETING = b"!"
QUIET_S = 0.3  # when nothing has happened for so long, the rest is silent
_BEFORE_RESENDING_S = 0.9
LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Flow:
    """One connection to try."""

    # "function SUBNET", "load-balancer NAME SUBNET", the name of a host, "control" or "outside"
    source: str
    destination: str  # a host, a load balancer, "service NAME", or an address
    port: int | None = None  # None: the port that the host serves
    source_port: int = 0
    udp: bool = False


def run(
    network: Network, flows: Sequence[Flow], *, quiet_s: float = QUIET_S, ports: Iterable[int] = ()
) -> list[str]:
    """Try all flows side by side: open, refused, silent, or the kernel's word for another error.

    `ports` are listened on by every host and service beside its own.
    """
    # Where there is more to do than processors, packets wait for their turn as everything does; but
    # not so long that the kernel sends a lost one again.
    busy = quiet_s * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    with _Trial(network, flows, tuple(ports)) as trial:
        return trial.run(max(quiet_s, min(busy, _BEFORE_RESENDING_S)))


class _Trial:
    def __init__(self, network: Network, flows: Sequence[Flow], ports: tuple[int, ...]) -> None:
        self.network = network
        self.selector = selectors.DefaultSelector()
        self.sockets: list[socket.socket] = []
        self.outcomes = ["silent"] * len(flows)
        self.left = 0
        listen: dict[Path, set[tuple[str, int]]] = {}
        for path, address, port in self._servers(ports):
            listen.setdefault(path, set()).add((address, port))
        for path, places in listen.items():
            for server in inside(path, partial(_listeners, places)):
                self._watch(server, "serve")
        by_source: dict[Path, list[tuple[int, Flow]]] = {}
        for at, flow in enumerate(flows):
            by_source.setdefault(self._source(flow.source), []).append((at, flow))
        for path, some in by_source.items():
            clients = inside(path, partial(self._clients, some))
            for (at, flow), client in zip(some, clients, strict=True):
                self._connect(at, flow, client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.selector.close()
        for opened in self.sockets:
            opened.close()

    def _servers(self, ports: tuple[int, ...]) -> Iterable[tuple[Path, str, int]]:
        scenario = self.network.scenario
        for name, place in self.network.hosts.items():
            host = scenario.hosts[name]
            silent = host.server == "none" or any(
                fault.at == name and fault.kind == "stopped" for fault in scenario.faults
            )
            for address in (place.address, place.ipv6):
                if address and not silent:
                    for port in {host.port, *ports}:
                        yield place.netns, str(address), port
        for vpc, place in self.network.resolvers.items():
            if vpc and scenario.vpcs[vpc].dns_support:
                yield from ((place.netns, str(a), 53) for a in addresses(scenario.vpcs[vpc]))
        for service in self.network.services:
            for port in {443, *ports}:
                yield service.place.netns, str(service.place.address), port

    def _source(self, name: str) -> Path:
        kind, *rest = name.split()
        if kind == "function":
            return self.network.functions[rest[0]].netns
        if kind == "load-balancer":
            balancer = self.network.scenario.load_balancers[rest[0]]
            places = self.network.load_balancers[rest[0]]
            return places[balancer.subnets.index(rest[1])].netns
        if name in self.network.hosts:
            return self.network.hosts[name].netns
        return {"control": self.network.control, "outside": self.network.outside}[name].netns

    def _destination(self, flow: Flow) -> tuple[str, int]:
        name = flow.destination
        if name in self.network.hosts:
            place, port = self.network.hosts[name], self.network.scenario.hosts[name].port
        elif name in self.network.load_balancers:
            place = self.network.load_balancers[name][0]
            port = next(iter(self.network.scenario.load_balancers[name].listeners))
        elif name.startswith("service "):
            wanted = name.removeprefix("service ")
            place = next(s.place for s in self.network.services if s.service == wanted)
            port = 443
        else:
            return str(ipaddress.ip_address(name)), flow.port or 443
        return str(place.address or place.ipv6), flow.port or port

    def _clients(self, some: list[tuple[int, Flow]]) -> list[socket.socket]:
        return [self._client(flow) for _, flow in some]

    def _client(self, flow: Flow) -> socket.socket:
        address, _ = self._destination(flow)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        client = socket.socket(family, socket.SOCK_DGRAM if flow.udp else socket.SOCK_STREAM)
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # of one that listens
        # Closing sends a reset, so that thousands of flows leave no TIME_WAIT behind.
        if not flow.udp:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        if flow.source_port:
            client.bind(("", flow.source_port))
        return client

    def _connect(self, at: int, flow: Flow, client: socket.socket) -> None:
        code = client.connect_ex(self._destination(flow))
        if flow.udp and not code:
            client.send(GREETING)
        if code not in (0, errno.EINPROGRESS):
            self.outcomes[at] = _word(code)
            client.close()
            return
        self.left += 1
        self._watch(client, at)

    def _watch(self, opened: socket.socket, what: int | str) -> None:
        self.sockets.append(opened)
        self.selector.register(opened, selectors.EVENT_READ, what)

    def run(self, quiet_s: float) -> list[str]:
        started = time.monotonic()
        while self.left and time.monotonic() - started < LIMIT_S:
            # A look that found nothing, not a clock: on a busy machine we may have slept ourselves.
            happened = self.selector.select(quiet_s)
            if not happened:
                break
            for key, _ in happened:
                opened = key.fileobj
                assert isinstance(opened, socket.socket)
                if key.data == "serve":
                    self._serve(opened)
                else:
                    self._conclude(opened, key.data)
        return self.outcomes

    def _serve(self, server: socket.socket) -> None:
        try:
            if server.type == socket.SOCK_DGRAM:
                server.sendto(*server.recvfrom(100))
                return
            accepted, _ = server.accept()
        except OSError:
            return
        accepted.setblocking(False)
        self.sockets.append(accepted)
        accepted.send(GREETING)

    def _conclude(self, client: socket.socket, at: int) -> None:
        self.selector.unregister(client)
        self.left -= 1
        code = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.outcomes[at] = _word(code)
            return
        try:
            self.outcomes[at] = "open" if client.recv(1) == GREETING else "closed"
        except OSError as error:
            self.outcomes[at] = _word(error.errno or 0)


def _listeners(places: Iterable[tuple[str, int]]) -> list[socket.socket]:
    kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM)
    return [_listener(address, port, kind) for address, port in places for kind in kinds]


def _listener(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = socket.socket(family, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind((address, port))
    if kind == socket.SOCK_STREAM:
        server.listen(512)
    server.setblocking(False)
    return server


def _word(code: int) -> str:
    words = {errno.ECONNREFUSED: "refused", errno.ETIMEDOUT: "silent", errno.ECONNRESET: "reset"}
    return words.get(code, errno.errorcode.get(code, str(code)))


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Build one network, try its flows, and let it go."""
    try:
        scenario = parse(request["scenario"], "scenario")
    except ScenarioError as error:
        return {"error": str(error)}
    flows = [
        Flow(f["from"], f["to"], f.get("port"), f.get("source_port", 0), f.get("udp", False))
        for f in request["flows"]
    ]
    with build(scenario, resolvers=request.get("resolvers", False)) as network:
        return {"outcomes": run(network, flows, quiet_s=request.get("quiet_s", QUIET_S))}


def allow_many_files() -> None:
    """Raise the limit of open sockets to what the machine grants."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    """Answer requests until there are no more."""
    sandbox.enter("tests.lab.kernel.flows")
    allow_many_files()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
