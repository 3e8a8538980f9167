"""What runs on the hosts of a scenario: for each the server that it names, in its condition."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.machines import resolver, servers, talkers
from tests.lab.machines.servers import Site
from tests.lab.spawn import inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from tests.lab.kernel.network import Place
    from tests.lab.machines.certificates import Certificate
    from tests.lab.machines.trust import Trust
    from tests.lab.parts import Host
    from tests.lab.spawn import Jobs

    Wait = Callable[[], None]

# Connection slots of a busy server, which the lab itself takes up.
SLOTS = 10


@dataclass(frozen=True)
class Machines:
    """Starts the servers of hosts."""

    jobs: Jobs
    folder: Path
    trust: Trust
    hosts_file: Path  # names for private addresses, as the Amazon resolver gives to databases
    records: Callable[[str], Mapping[str, tuple[str, ...]]]  # host -> what its DNS server knows

    def start(self, host: Host, place: Place, name: str, clients: Iterable[Place]) -> Wait | None:
        """Start the server of a host; hand back what waits until it is ready, if it has to."""
        if host.state == "stopped" or host.server == "none":
            return None
        folder = self.folder / host.name
        folder.mkdir()
        addresses = tuple(str(a) for a in (place.address, place.ipv6) if a)
        site = Site(self.jobs, place.netns, folder, addresses)
        if host.server in talkers.TALKS:
            for address in addresses:
                listener = self.jobs.listen(place.netns, address, host.port)
                talkers.serve(self.jobs, listener, talkers.TALKS[host.server])
            return None
        wait = self._server(host, site, name)

        def ready() -> None:
            wait()
            if host.busy:
                self._occupy(host, place)
            if host.blocks_clients:
                _offend(host, place, clients)

        return ready

    def _server(self, host: Host, site: Site, name: str) -> Wait:
        if host.server == "postgres":
            slots = SLOTS if host.busy else 20
            return servers.postgres(
                site, host.port, self.trust.rds.issue(name), max_connections=slots
            )
        if host.server == "mariadb":
            named = Site(
                site.jobs, site.netns, site.folder, site.addresses, {"hosts": self.hosts_file}
            )
            return servers.mariadb(
                named,
                host.port,
                max_connections=SLOTS if host.busy else 20,
                max_connect_errors=1 if host.blocks_clients else 100,
            )
        if host.server == "redis":
            password = "not-a-secret" if host.password else None
            return servers.redis(
                site, host.port, password=password, max_clients=SLOTS if host.busy else 100
            )
        if host.server == "dns":
            return resolver.dnsmasq(site, self.records(host.name))
        secure = self._certificate(host, name, site) if host.server == "https" else None
        return servers.nginx(
            site,
            host.port,
            certificate=secure,
            status=host.status,
            refuses=host.tls == "refused",
        )

    def _certificate(self, host: Host, name: str, site: Site) -> Certificate | None:
        names = (name, *host.names, *site.addresses)
        if host.tls == "off":
            return None
        if host.tls == "wrong-host":
            return self.trust.public.issue("other.example.org")
        if host.tls == "untrusted":
            return self.trust.stranger.issue(*names)
        return self.trust.public.issue(*names, expired=host.tls == "expired")

    def _occupy(self, host: Host, place: Place) -> None:
        """Take up every connection slot from the machine itself."""
        hello = _HELLO.get(host.server, b"")
        # MariaDB keeps one slot more, for an administrator.
        for _ in range(SLOTS + 1):
            connection = _connect(place, place, host.port)
            self.jobs.on_close(connection.close)
            connection.sendall(hello)
            connection.settimeout(5)
            connection.recv(1)


_LOGIN = b"user\0postgres\0database\0postgres\0\0"
# What makes a server speak that waits for its client. MariaDB speaks first.
_HELLO = {
    "postgres": struct.pack(">II", 8 + len(_LOGIN), 3 << 16) + _LOGIN,
    "redis": b"PING\r\n",
}


def _offend(host: Host, place: Place, clients: Iterable[Place]) -> None:
    """Break off handshakes from the clients' addresses until the server blocks them."""
    for client in clients:
        for _ in range(3):
            with _connect(client, place, host.port) as connection:
                connection.settimeout(5)
                connection.recv(1)


def _connect(client: Place, server: Place, port: int) -> socket.socket:
    address = str(server.address)
    return inside(client.netns, lambda: socket.create_connection((address, port), timeout=5))
