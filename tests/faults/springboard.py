"""No springboard: `python -m tests.faults.springboard` tries every forbidden form with every check.

In a sandbox, whose kernel counts each SYN to an address that must not be dialled: what it counts
is what has passed, whatever a report says. A form has also passed when any attempt on it ended in
another way than by refusal, before a packet could have shown it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe import aws
from probe.model import Failure, Stage
from probe.runner import run
from probe.settings import SettingsError, parse
from tests.checks import sandbox
from tests.checks.servers import Server, answers
from tests.checks.world_of_names import asked
from tests.faults import forms, talks
from tests.faults.names import AAAA, CNAME, A, write
from tests.faults.secure import Keys, behind_tls
from tests.faults.wire import CLIENT, NETNS, SERVER, network
from tests.lab.spawn import inside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from probe.model import Observation
    from probe.settings import Settings

AROUND = {"AWS_REGION": "eu-west-1"}
_INSIDE = "inside"
# Names whose second answer is another one than the first.
_REBINDING = ("rebind.test", "rebind-metadata.test")
_SYN = "tcp flags & (syn | ack) == syn"
_NO_TARGET4 = f"0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, {CLIENT}, 224.0.0.0/3"
_NO_TARGET6 = "::/64, fe80::/10, fd00:ec2::/32"
_COUNTER = f"""table inet springboard {{
  counter passed {{}}
  chain out {{
    type filter hook output priority 0;
    {_SYN} ip daddr {{ {_NO_TARGET4} }} counter name passed
    {_SYN} ip6 daddr {{ {_NO_TARGET6} }} counter name passed
  }}
}}
"""
_ANSWERS: dict[str, tuple[int, str]] = {
    "loopback": (A, "127.0.0.1"),
    "metadata": (A, "169.254.169.254"),
    "credentials": (A, "169.254.170.2"),
    "runtime": (A, "169.254.100.1"),
    "zero": (A, "0.0.0.0"),
    "mapped": (AAAA, "::ffff:169.254.169.254"),
    "loopback6": (AAAA, "::1"),
    "metadata6": (AAAA, "fd00:ec2::254"),
    "nat64": (AAAA, "64:ff9b::a9fe:a9fe"),
    "6to4": (AAAA, "2002:7f00:1::1"),
    "mixed": (A, "127.0.0.1"),
    "good": (A, SERVER),
}


class Trial:
    """The figures, kind by kind, and whatever went through."""

    def __init__(self) -> None:
        self.tried: dict[str, int] = {}
        self.passed: list[str] = []

    def events(self, kind: str, entries: Iterable[dict[str, Any]], **around: str) -> None:
        """Try entries of an event, as many as fit at a time; what is no target was refused."""
        batch: list[tuple[str, Settings]] = []
        for entry in entries:
            self.tried[kind] = self.tried.get(kind, 0) + 1
            try:
                made = parse({"targets": [entry], "timeout_s": 2}, {**AROUND, **around})
            except SettingsError:
                continue
            batch.append((json.dumps(entry), made))
        self._run(kind, batch)

    def _run(self, kind: str, batch: list[tuple[str, Settings]]) -> None:
        for start in range(0, len(batch), 900):
            some = batch[start : start + 900]
            whole = replace(some[0][1], targets=tuple(one.targets[0] for _, one in some))
            before = counted()
            found = run(whole, deadline=time.monotonic() + 120)
            for (words, _), seen in zip(some, found, strict=True):
                if not refused(seen):
                    self.passed.append(f"{kind}: {words}: {seen.stage} {seen.failure}")
            if counted() != before:
                self.passed.append(f"{kind}: the kernel saw {counted() - before} SYNs")

    def one(self, kind: str, words: str, seen: Observation, before: int) -> None:
        """Judge a trial that was run by itself."""
        self.tried[kind] = self.tried.get(kind, 0) + 1
        if counted() != before:
            self.passed.append(f"{kind}: {words}: the kernel saw a SYN; {seen.failure}")


def refused(seen: Observation) -> bool:
    """Whether nothing was dialled but what may be: refused, or never an address at all."""
    return all(
        one.failure is Failure.FORBIDDEN_TARGET
        or one.stage is Stage.RESOLVE
        or one.address == SERVER  # the good half of a mixed answer
        for one in seen.attempts
    )


def counted() -> int:
    """Ask the kernel how many SYNs went to where none may go."""
    words = ["nft", "-j", "list", "counter", "inet", "springboard", "passed"]
    told = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    return int(told["nftables"][-1]["counter"]["packets"])


# --- inside ---


def trials(keys: Keys) -> Trial:
    """Try everything."""
    trial = Trial()
    trial.events("literal or name", (e for host in forms.hosts() for e in forms.entries(host)))
    trial.events("an address of this machine", forms.entries(CLIENT))
    trial.events("URL", ({"check": "http", "url": url} for url in forms.URLS))
    for limit in (SERVER, "good.test, 127.0.0.1, 169.254.0.0/16, ::/0", ".test, localhost"):
        some = (
            e for host in ("127.0.0.1", "2852039166", *forms.NAMES) for e in forms.entries(host)
        )
        trial.events("in the allow-list", some, PROBE_ALLOW=limit)
    _proxies(trial)
    _redirects(trial)
    _rebinding(trial)
    _endpoints(trial, keys)
    return trial


def _proxies(trial: Trial) -> None:
    """Name a proxy that must not be dialled; and have a good one asked for what must not be."""
    for text in forms.FORBIDDEN_IPV4.values():
        if text.startswith("127."):
            continue  # an extension's own proxy stands there
        for host in (text, str(int.from_bytes(socket.inet_aton(text))), f"[::ffff:{text}]"):
            proxy = f"http://{host}:80"
            good = [
                {"check": "http", "url": f"{scheme}://good.test/"} for scheme in ("http", "https")
            ]
            good.append({"check": "logs"})
            trial.events("as a proxy", good, HTTP_PROXY=proxy, HTTPS_PROXY=proxy)
    there = {"HTTP_PROXY": f"http://{SERVER}:9", "HTTPS_PROXY": f"http://{SERVER}:9"}
    literal = [h for t in forms.FORBIDDEN_IPV4.values() for h in forms.of_ipv4(t)]
    literal += ["::1", "fe80::1", "fd00:ec2::254", "localhost", "x.localhost."]
    urls = ({"check": "http", "url": f"http://{_bracketed(host)}/"} for host in literal)
    trial.events("through a proxy", urls, **there)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _redirects(trial: Trial) -> None:
    """Have a server at a good address send the probe on to a bad one, in its protocol's words."""
    for host in ("127.0.0.1:9001", "169.254.169.254", "metadata.test", "[::1]", "2130706433"):
        bad = host.encode()
        for status in ("301 Moved", "302 Found", "303 Other", "307 Again", "308 Forever"):
            head = talks.http(f"Location: http://{host}/latest/meta-data/", status=status)
            _redirect(trial, f"HTTP {status} to {host}", answers(head), "http")
        refresh = talks.http(f"Refresh: 0; url=http://{host}/", f'Alt-Svc: h2="{host}"')
        _redirect(trial, f"Refresh to {host}", answers(refresh), "http")
        _redirect(trial, f"MOVED to {host}", answers(b"-MOVED 1 " + bad + b"\r\n"), "cache")
        _redirect(trial, f"ASK to {host}", answers(b"-ASK 1 " + bad + b"\r\n"), "cache")
        tns = talks.tns(5, b"\x00\x30(ADDRESS=(PROTOCOL=tcp)(HOST=" + bad + b")(PORT=80))")
        _redirect(trial, f"TNS redirect to {host}", answers(tns), "oracle")
        routing = talks.prelogin(b"\x00\x00\x06\x00\x06\xff" + bytes(6) + b"\xe3\x14" + bad)
        _redirect(trial, f"TDS routing to {host}", answers(routing), "sqlserver")
        postgres = b"NE\x00\x00\x00\x14SFATAL\0Mgo to " + bad + b"\0\0"
        _redirect(trial, f"PostgreSQL's words name {host}", answers(postgres), "postgres")
        mysql = talks.greeting() + talks.packet(2, b"\x00\x00\x00\x02\x00\x00\x00mysql://" + bad)
        _redirect(trial, f"MySQL's OK names {host}", answers(mysql), "mysql")


def _redirect(trial: Trial, words: str, talk: Any, way: str) -> None:
    with standing(talk) as port:
        entry: dict[str, Any] = {"check": way, "host": SERVER, "port": port}
        if way == "http":
            entry = {"check": "http", "url": f"http://{SERVER}:{port}/"}
        elif way != "cache":
            entry = {"check": "rds", "engine": way, "host": SERVER, "port": port}
        before = counted()
        settings = parse({"targets": [entry], "timeout_s": 0.5}, AROUND)
        (seen,) = run(settings, deadline=time.monotonic() + 20)
        trial.one("redirect", words, seen, before)
        if seen.address != SERVER or seen.failure is Failure.FORBIDDEN_TARGET:
            trial.passed.append(f"redirect: {words}: the trial missed its server")


def _rebinding(trial: Trial) -> None:
    """Answer well once and badly from then on."""
    for name in _REBINDING:
        for entry in forms.entries(name):
            FIRST_TIME.add(name)
            before = counted()
            settings = parse({"targets": [entry] * 3, "repeat": 2, "timeout_s": 0.3}, AROUND)
            for seen in run(settings, deadline=time.monotonic() + 20):
                trial.one("rebinding", json.dumps(entry), seen, before)


def _endpoints(trial: Trial, keys: Keys) -> None:
    """Let a signed call be led away by the environment, where the plain one was answered well."""
    os.environ.update(AWS_ACCESS_KEY_ID="AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY="x")
    healthy = behind_tls(keys.trusted.issue(SERVER), answers(talks.http("x-amzn-RequestId: 1")))
    signed = (
        ("AWS_ENDPOINT_URL_DYNAMODB", {"check": "dynamodb", "table": "orders"}),
        ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", {"check": "logs", "signed": True}),
        ("AWS_ENDPOINT_URL", {"check": "aws", "service": "sts", "action": "GetCallerIdentity"}),
    )
    hosts = ["127.0.0.1:9001", "2130706433", "169.254.169.254", "[::1]", "[::ffff:169.254.170.2]"]
    hosts += ["0", "0x7f.1", *(name for name in forms.NAMES if name != "mixed.test")]
    with standing(healthy) as port:
        for host in (*hosts, *_REBINDING):
            for variable, entry in signed:
                FIRST_TIME.discard(host)
                os.environ[variable] = f"http://{host}"
                aws.prober.cache_clear()
                settings = parse({"targets": [entry], "timeout_s": 2}, {**AROUND, **os.environ})
                (one,) = settings.targets
                one = replace(one, host=SERVER, port=port)
                before = counted()
                (seen,) = run(replace(settings, targets=(one,)), deadline=time.monotonic() + 20)
                trial.one("AWS_ENDPOINT_URL", f"{variable}={host}", seen, before)
                del os.environ[variable]


@contextmanager
def standing(talk: Any) -> Iterator[int]:
    """Serve at the good address, at the far end of the wire."""
    server = inside(NETNS, lambda: Server(talk, SERVER))
    try:
        yield server.port
    finally:
        server.close()


FIRST_TIME: set[str] = set()


def resolver() -> None:
    """Answer on port 53."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 53))
    while True:
        query, peer = sock.recvfrom(4096)
        name, kind, question = asked(query)
        sock.sendto(write(query[:2], question, records(name, kind)), peer)


def records(name: str, kind: int) -> list[tuple[int, bytes]]:
    """Find what a name has of a kind."""
    if name == "alias.test":
        return (
            [(CNAME, b"\x09localhost\x00"), (A, socket.inet_aton("127.0.0.1"))] if kind == A else []
        )
    if name in _REBINDING:
        if kind != A:
            return []
        bad = "127.0.0.1" if name == "rebind.test" else "169.254.169.254"
        address = SERVER if name in FIRST_TIME else bad
        FIRST_TIME.discard(name)
        return [(A, socket.inet_aton(address))]
    of, text = _ANSWERS.get(name.removesuffix(".test"), (0, ""))
    if of != kind:
        return []
    more = [(A, socket.inet_aton(SERVER))] if name == "mixed.test" else []
    family = socket.AF_INET if kind == A else socket.AF_INET6
    return [*more, (kind, socket.inet_pton(family, text))]


def main_inside() -> None:
    """Build the world, prove that it counts, and try."""
    network()
    subprocess.run(["ip", "route", "add", "169.254.0.0/16", "dev", "near"], check=True)
    subprocess.run(["nft", "-f", "-"], input=_COUNTER, text=True, check=True)
    with tempfile.TemporaryDirectory() as name:
        sandbox.put("/etc/resolv.conf", "nameserver 127.0.0.1\n", Path(name))
        sandbox.put("/etc/nsswitch.conf", "hosts: files dns\n", Path(name))
        sandbox.put("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n", Path(name))
        threading.Thread(target=resolver, daemon=True).start()
        keys = Keys(Path(name))
        os.environ.update(keys.environment())
        trial = trials(keys)
        before = counted()
        dialled = parse(
            {"targets": [{"check": "tcp", "host": "127.0.0.1", "port": 9}]},
            AROUND,
            allow_loopback=True,
        )
        run(dialled, deadline=time.monotonic() + 5)
        told = {"tried": trial.tried, "passed": trial.passed, "counts": counted() - before}
    print(json.dumps(told))


def main() -> int:
    """Run in a sandbox and print the table."""
    told = sandbox.run("tests.faults.springboard", _INSIDE, seconds=600)
    for kind, count in told["tried"].items():
        print(f"{kind:30} {count:6} tried")
    print(f"\ntried: {sum(told['tried'].values())}\npassed: {len(told['passed'])}")
    print("\n".join(told["passed"][:50]))
    return int(bool(told["passed"]))


if __name__ == "__main__":
    if sys.argv[1:] == [_INSIDE]:
        main_inside()
    else:
        sys.exit(main())
