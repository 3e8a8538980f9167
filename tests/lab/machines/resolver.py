"""DNS servers: dnsmasq with the records of one view, or one that does not do its duty."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.lab.machines.servers import program

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from tests.lab.machines.servers import Site

SERVFAIL = 2
UNKNOWN = "local=/#/"  # what is not known here does not exist


def dnsmasq(
    site: Site,
    records: Mapping[str, Collection[str]],
    missing: Collection[str] = (),
    empty: Collection[str] = (),
    forwards: Mapping[str, str] | None = None,
) -> Callable[[], None]:
    """Answer with the records and say NXDOMAIN to everything else; `empty` ones have no address.

    `forwards`: domains of which the server at an address is asked; "" is every domain.
    """
    lines = [
        "no-resolv",
        "no-hosts",
        f"pid-file={site.folder / 'pid'}",
        "bind-interfaces",
        "except-interface=none",
        UNKNOWN,
        *(f"listen-address={address}" for address in site.addresses),
        *(f"server=/{domain or '#'}/{server}" for domain, server in (forwards or {}).items()),
    ]
    if "" in (forwards or {}):
        lines.remove(UNKNOWN)
    for name, found in records.items():
        if name in empty:
            lines.append(f"txt-record={name}")
        elif name.startswith("*."):
            lines += [f"address=/{name.removeprefix('*.')}/{address}" for address in found]
        elif name not in missing:
            lines += [f"host-record={name},{address}" for address in found]
    configuration = site.folder / "dnsmasq.conf"
    configuration.write_text("\n".join(lines) + "\n")
    command: list[str | Path] = [
        program("dnsmasq"),
        "--no-daemon",
        f"--conf-file={configuration}",
    ]
    return site.jobs.start_server(site.netns, command, (site.addresses[0], 53))


def faulty(site: Site, *, answers: bool) -> None:
    """Answer SERVFAIL to everything, or stay silent."""
    for address in site.addresses:
        udp = site.jobs.listen(site.netns, address, 53, udp=True)
        site.jobs.listen(site.netns, address, 53)  # accepts in the kernel, and nobody answers
        if answers:
            threading.Thread(target=_fail, args=(udp,), daemon=True).start()


def _fail(listener: socket.socket) -> None:
    listener.settimeout(0.2)  # closing a socket does not wake who waits on it
    while listener.fileno() >= 0:
        try:
            query, client = listener.recvfrom(4096)
        except OSError:  # a timeout, or closed with the scenario
            continue
        if len(query) >= 12:
            # The same message with the response bit set, recursion available, and the code.
            flags = bytes((query[2] | 0x80, 0x80 | SERVFAIL))
            listener.sendto(query[:2] + flags + query[4:], client)


def resolv_conf(folder: Path, servers: Iterable[str]) -> Path:
    """Write the file that says which servers to ask."""
    file = folder / "resolv.conf"
    file.write_text("".join(f"nameserver {server}\n" for server in servers))
    return file
