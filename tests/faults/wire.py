"""Faults of the wire between two namespaces: loss, a lost first SYN, a path-MTU black hole.

The kernel here need not have netem: nftables drops by chance, by what it has not seen yet, or by
size. Prints the results as JSON; wants to run in namespaces: see `tests.checks.sandbox`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from probe.model import Failure
from tests.checks.servers import Server, answers, hangs, says
from tests.faults import talks
from tests.faults.case import DIALLING, Expected, Result, listed, observe, said, same
from tests.faults.secure import Keys, behind_tls
from tests.lab.spawn import inside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probe.model import Observation
    from tests.checks.servers import Talk
    from tests.lab.machines.certificates import Certificate

SERVER, CLIENT = "10.9.0.1", "10.9.0.2"
NETNS = Path("/run/netns/far")
# More than any of the small answers, and less than a certificate or a page's head.
LARGEST = 900
_TABLE = "table inet faults"
_HOOK = "type filter hook input priority 0"


def main() -> None:
    """Make the wire, put healthy servers at its end, and meet one fault after another."""
    network()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        keys = Keys(Path(name))
        # A certificate of the usual size, where the lab's own fit into one small packet.
        good = keys.trusted.issue(SERVER, *(f"name-{i}.{'x' * 40}.example" for i in range(40)))
        os.environ.update(keys.environment())
        servers = {
            way: inside(NETNS, partial(Server, talk, SERVER))
            for way, talk in _servers(good).items()
        }
        for server in servers.values():
            stack.callback(server.close)
        places = {way: (SERVER, server.port) for way, server in servers.items()}
        found = meet("a healthy wire", places, (), same("pass", DIALLING))
        found += lossy(places)
        found += meet("the first SYN is lost", places, _first_syn(), same("pass", DIALLING))
        found += meet("a path-MTU black hole", places, _black_hole(), _too_large())
    print(json.dumps([asdict(one) for one in found]))


def _servers(certificate: Certificate) -> dict[str, Talk]:
    """Serve every way: small answers to databases, a large head to who asks for a page."""
    large = answers(talks.http("X-Large: " + "v" * 3000, "x-amzn-RequestId: 1"))
    pong = answers(b"+PONG\r\n")
    return {
        "http": large,
        **{way: behind_tls(certificate, large) for way in ("https", "dynamodb", "logs", "aws")},
        "postgres": talks.then(b"N", answers(b"R\x00\x00\x00\x08\x00\x00\x00\x0a")),
        "mysql": says(talks.greeting() + talks.packet(2, b"\xff\x15\x04denied")),
        "sqlserver": answers(talks.prelogin(b"\x00\x00\x06\x00\x06\xff\x10\x00\x10\x55\x00\x00")),
        "oracle": answers(talks.tns(2)),
        "tcp": hangs,
        "tcp+tls": behind_tls(certificate, hangs),
        "cache": pong,
        "cache+tls": behind_tls(certificate, pong),
    }


def meet(
    fault: str,
    places: dict[str, tuple[str, int]],
    rules: Sequence[str],
    expected: dict[str, Expected],
) -> list[Result]:
    """Lay one fault on the wire and meet it with every way."""
    with _Filter(rules):
        seen = observe(places, timeout_s=3)
    return [
        Result(
            fault, way, said(one) if _told(fault, one) else "no word of it", listed(expected[way])
        )
        for way, one in zip(places, seen, strict=True)
    ]


def _told(fault: str, seen: Observation) -> bool:
    """Look for a lost SYN in the facts: without it a loss looks like a slow host."""
    return "SYN" not in fault or seen.attempts[0].detail.get("syn_retransmits", 0) >= 1


def lossy(places: dict[str, tuple[str, int]]) -> list[Result]:
    """Lose a share of all packets: what fails is told as silence, and nothing else is made up."""
    found: list[Result] = []
    for share in (10, 30):
        with _Filter([f"tcp dport >= 0 numgen random mod 100 < {share} drop"]):
            seen = observe(places, timeout_s=2, repeat=4)
        for way, one in zip(places, seen, strict=True):
            honest = all(attempt.failure in (None, Failure.TIMEOUT) for attempt in one.attempts)
            word = "counted" if honest and "passed" in one.detail else said(one)
            found.append(Result(f"loss of {share} %", way, word, ("counted",)))
    return found


def _first_syn() -> list[str]:
    flow = "tcp sport . tcp dport"
    return [f"tcp flags & (syn | ack) == syn {flow} != @known add @known {{ {flow} }} drop"]


def _black_hole() -> list[str]:
    return [f"meta length > {LARGEST} drop"]


def _too_large() -> dict[str, Expected]:
    """Certificates and pages do not come through; a database's few bytes do."""
    secure = ("https", "dynamodb", "logs", "aws", "tcp+tls", "cache+tls")
    return {
        way: "tls timeout" if way in secure else "exchange timeout" if way == "http" else "pass"
        for way in DIALLING
    }


class _Filter:
    """Rules at the near end, for what comes in, and at the far end likewise."""

    def __init__(self, rules: Sequence[str]) -> None:
        known = "set known { type inet_service . inet_service; flags dynamic; }"
        chain = "".join(f"{rule}\n" for rule in rules)
        self._text = f"{_TABLE} {{\n{known}\nchain c {{\n{_HOOK};\n{chain}}}\n}}\n"

    def __enter__(self) -> None:
        for words in _EACH_END:
            subprocess.run([*words, "nft", "-f", "-"], input=self._text, text=True, check=True)

    def __exit__(self, *_: object) -> None:
        for words in _EACH_END:
            subprocess.run([*words, "nft", "delete", *_TABLE.split()], check=True)


_EACH_END: tuple[list[str], ...] = ([], ["ip", "netns", "exec", "far"])


def network() -> None:
    """Make the far namespace and the wire to it, without offloading: a packet is what it looks."""
    for command in (
        "mount -t tmpfs tmpfs /run",
        "ip link set lo up",
        "ip netns add far",
        "ip link add near gso_max_segs 1 type veth peer name far netns far",
        f"ip address add {CLIENT}/24 dev near",
        "ip link set near up",
        "ip -n far link set far gso_max_segs 1",
        f"ip -n far address add {SERVER}/24 dev far",
        "ip -n far link set far up",
        "ip -n far link set lo up",
    ):
        subprocess.run(command.split(), check=True, stdout=sys.stderr)


if __name__ == "__main__":
    main()
