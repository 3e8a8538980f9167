"""A MariaDB that knows its client by name and counts its errors; prints who could log in, and when.

Two network namespaces, as field practice has shown to be needed: without a name for the client's
address the server never counts. `max_connect_errors` is 10.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.runner import run
from probe.settings import parse
from tests.lab.machines import servers
from tests.lab.spawn import Jobs, inside

if TYPE_CHECKING:
    from probe.model import Observation

SERVER, CLIENT = "10.9.0.1", "10.9.0.2"
MOST_ERRORS = 10
NETNS = Path("/run/netns/client")


def main() -> None:
    """Probe a thousand times in a row, then in other ways, then break connections off."""
    network()
    with tempfile.TemporaryDirectory() as name, Jobs(Path(name)) as jobs:
        folder = Path(name)
        hosts = folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n{CLIENT} application.test\n")
        site = servers.Site(
            jobs, Path("/proc/self/ns/net"), folder, (SERVER,), etc={"hosts": hosts}
        )
        servers.mariadb(site, 3306, max_connect_errors=MOST_ERRORS)()
        administer(folder, "CREATE USER app IDENTIFIED BY 'secret'")
        story: dict[str, Any] = {"at first": log_in()}
        seen = probes(50, repeat=20, check="rds", engine="mysql")
        story["after 1000 probes"] = log_in()
        story["probes that passed"] = sum(int(o.detail["passed"].split()[0]) for o in seen)
        probes(5, repeat=10, check="tcp")
        story["after 50 tcp checks"] = log_in()
        others = [
            seen
            for engine in ("postgres", "sqlserver", "oracle")
            for seen in probes(2, repeat=10, check="rds", engine=engine)
        ]
        story["what 60 probes for another engine saw"] = sorted({str(o.failure) for o in others})
        story["after 60 probes for another engine"] = log_in()
        administer(folder, "SET GLOBAL require_secure_transport=ON")
        (insisting, *_) = probes(5, repeat=10, check="rds", engine="mysql")
        administer(folder, "SET GLOBAL require_secure_transport=OFF")
        story["while TLS is required"] = insisting.status
        story["after 50 probes of a server that requires TLS"] = log_in()
        for _ in range(MOST_ERRORS + 2):
            inside(NETNS, lambda: socket.create_connection((SERVER, 3306)).close())
            time.sleep(0.02)
        story["after 12 bare connections"] = log_in()
        (blocked,) = probes(1, check="rds", engine="mysql")
        story["the probe of a blocked client"] = [blocked.failure, blocked.detail["error_code"]]
    print(json.dumps(story))


def network() -> None:
    """Make the client's namespace and the wire to it."""
    for command in (
        "mount -t tmpfs tmpfs /run",
        "ip link set lo up",
        "ip netns add client",
        "ip link add server type veth peer name client netns client",
        f"ip address add {SERVER}/24 dev server",
        "ip link set server up",
        f"ip -n client address add {CLIENT}/24 dev client",
        "ip -n client link set client up",
        "ip -n client link set lo up",
    ):
        subprocess.run(command.split(), check=True)


def administer(folder: Path, statement: str) -> None:
    """Run a statement as root, over the server's own socket."""
    command = [
        "mariadb",
        "--no-defaults",
        "-u",
        "root",
        "-S",
        str(folder / "socket"),
        "-e",
        statement,
    ]
    subprocess.run(command, check=True)


def log_in() -> str:
    """Log in as the application, from the address that it shares with the probe."""
    words = ["mariadb", "--no-defaults", "-h", SERVER, "-u", "app", "-psecret", "-N", "-e"]
    done = subprocess.run(
        ["ip", "netns", "exec", "client", *words, "select 'works'"],
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout + done.stderr).strip()


def probes(times: int, *, repeat: int = 1, **target: Any) -> list[Observation]:
    """Run one check again and again from the client's namespace."""
    event = {"targets": [{"host": SERVER, "port": 3306, **target}], "repeat": repeat}
    settings = parse(event, os.environ)

    def once() -> Observation:
        return run(settings, deadline=time.monotonic() + 30)[0]

    return [inside(NETNS, once) for _ in range(times)]


if __name__ == "__main__":
    main()
