"""Where the probe and its peer run side by side: a thousand addresses behind one web server.

Namespaces of this run alone: here stands who measures, in `far` stands who answers. Three ways
lead there: a plain one, one where every packet is dropped, and a wire with a known delay.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.lab.machines.servers import program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAIN, SILENT, DELAYED = "10.91", "10.92", "10.93"  # and sixteen bits for the target
DELAY_S = 0.05
_NETWORK = """
ip netns add far
ip link add near0 type veth peer name far0 netns far
ip addr add 10.90.0.1/24 dev near0
ip link set near0 up
ip -n far addr add 10.90.0.2/24 dev far0
ip -n far link set far0 up
ip -n far link set lo up
ip route add 10.91.0.0/16 via 10.90.0.2
ip route add 10.92.0.0/16 via 10.90.0.2
ip -n far route add local 10.91.0.0/16 dev lo
ip -n far route add local 10.92.0.0/16 dev lo
ip -n far route add local 10.93.0.0/16 dev lo
ip netns exec far nft add table ip quiet
ip netns exec far nft add chain ip quiet input { type filter hook input priority 0 ; }
ip netns exec far nft add rule ip quiet input ip daddr 10.92.0.0/16 drop
ip netns exec far sysctl -qw net.core.somaxconn=8192 net.ipv4.tcp_max_syn_backlog=8192
sysctl -qw net.ipv4.ip_local_port_range=10000\t65000
"""
_WIRE = """
ip addr add 10.94.0.1/30 dev wire0
ip link set wire0 txqueuelen 10000 up
ip route add 10.93.0.0/16 dev wire0
ip -n far addr add 10.94.0.2/30 dev wire1
ip -n far link set wire1 txqueuelen 10000 up
"""
_SERVER = """
user root root; daemon off; master_process off; pid {folder}/pid; error_log stderr crit;
worker_rlimit_nofile 20000;
events {{ worker_connections 8192; multi_accept on; }}
http {{
  access_log off; tcp_nodelay on;
  {temporary}
  server {{ listen 80 backlog=8192; location / {{ default_type text/plain; return 200 "ok\\n"; }} }}
}}
"""


def addresses(way: str, count: int) -> list[str]:
    """Name the targets behind a way."""
    return [f"{way}.{index // 250}.{index % 250 + 1}" for index in range(count)]


def _do(commands: str) -> None:
    for line in commands.strip().splitlines():
        subprocess.run(line.split(" "), check=True)


@contextlib.contextmanager
def built(folder: Path) -> Iterator[None]:
    """Build the network and start the server; it ends with the sandbox at the latest."""
    _do(_NETWORK)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {folder / kind};" for kind in kinds)
    file = folder / "nginx.conf"
    file.write_text(_SERVER.format(folder=folder, temporary=temporary))
    command = [program("nginx"), "-e", "stderr", "-p", folder, "-c", file]
    with subprocess.Popen(["ip", "netns", "exec", "far", *map(str, command)]) as server:
        try:
            _until_it_answers()
            yield
        finally:
            server.terminate()


def _until_it_answers() -> None:
    words = ["ip", "netns", "exec", "far", "ss", "-Hltn", "sport", "=", ":80"]
    for _ in range(200):
        if subprocess.run(words, check=True, capture_output=True).stdout:
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise RuntimeError("nginx does not listen")


class Wire:
    """The wire with a delay, and what it said of itself in the end."""

    late_us = ""  # at the median, at the 99th percentile, at most


@contextlib.contextmanager
def wire() -> Iterator[Wire]:
    """Lay the wire to the delayed targets."""
    command = [sys.executable, "-m", "tests.bench.relay", "far", str(DELAY_S)]
    pipe = subprocess.PIPE
    found = Wire()
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as relay:
        assert relay.stdin
        assert relay.stdout
        assert relay.stdout.readline() == "ready\n"
        _do(_WIRE)
        relay.stdin.write("!")
        relay.stdin.flush()
        yield found
        relay.stdin.close()
        found.late_us = " / ".join(relay.stdout.read().split())
