"""The runner always returns, on time, with every target accounted for."""

from __future__ import annotations

import logging
import resource
import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from probe.connection.guard import policy
from probe.connection.resolve import Answer
from probe.model import Failure, Status
from probe.runner import run
from probe.settings import Settings
from probe.target import Target
from tests.checks.servers import answers, hangs, seen, serving, silent_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.connection.link import Link
    from probe.target import Exchange

# What a busy machine may add to any of these; what is held off is seconds.
SLACK_S = 2


def settings(*targets: Target, timeout_s: float = 5, repeat: int = 1, allow: str = "") -> Settings:
    """Make settings that may dial loopback."""
    return Settings(targets, timeout_s, repeat, policy=policy(allow, allow_loopback=True))


def tcp(port: int, exchange: Exchange | None = None, host: str = "127.0.0.1") -> Target:
    """Make a target on loopback."""
    return Target("tcp", f"{host}:{port}", host, port, exchange=exchange)


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Let whatever a test made hang go on at its end."""
    event = threading.Event()
    yield event
    event.set()


def test_what_hangs_is_told_as_its_stage_s_timeout_and_what_waited_as_not_attempted(
    release: threading.Event,
) -> None:
    """With everything hanging at once, each target says where it stood when the time was up."""

    def look(_: str, __: float) -> Answer:
        release.wait(20)
        return Answer(("127.0.0.1",), 1.0)

    def hang(_: Link) -> None:
        release.wait(20)

    with silent_port() as silent, serving(hangs) as server:
        targets = [
            tcp(silent),
            tcp(server.port, hang),
            tcp(server.port, lambda link: void(link.read(1))),
            *(tcp(server.port, host=f"host{i}.test") for i in range(20)),
        ]
        began = time.monotonic()
        found = run(settings(*targets), deadline=began + 0.6, look=look)
        took = time.monotonic() - began

    assert took < 0.6 + SLACK_S
    assert [seen(o)[1:] for o in found[:3]] == [
        ("connect", "timeout"),
        ("exchange", "timeout"),
        ("exchange", "timeout"),
    ]
    assert all(o.detail["cut_short"] for o in found[:3])
    names = [seen(o) for o in found[3:]]
    assert set(names) == {("fail", "resolve", "timeout"), ("skipped", None, "not_attempted")}
    assert names.count(("fail", "resolve", "timeout")) == 8


def void(_: object) -> None:
    """Forget a result."""


@pytest.mark.parametrize("count", [1, 100, 1000])
@pytest.mark.parametrize("left_s", [-1.0, 0.0, 0.05, 0.5])
def test_every_target_is_accounted_for_by_the_deadline(left_s: float, count: int) -> None:
    """However little time and however many targets, the report is complete and on time."""
    with silent_port() as silent, serving(answers(b"x")) as server:
        targets = [tcp(silent if i % 3 else server.port) for i in range(count)]
        began = time.monotonic()
        found = run(settings(*targets), deadline=began + left_s)
        took = time.monotonic() - began

    assert took < max(left_s, 0) + SLACK_S
    assert [o.target for o in found] == [t.label for t in targets]
    assert {o.failure for o in found} <= {None, Failure.TIMEOUT, Failure.NOT_ATTEMPTED}
    if left_s <= 0:
        assert {o.status for o in found} == {Status.SKIPPED}


def test_a_hanging_check_is_given_up_when_its_stage_is_over(release: threading.Event) -> None:
    """A check that ignores its connection's end costs one stage's time, not the whole run's."""

    def hang(_: Link) -> None:
        release.wait(20)

    with serving(hangs) as server:
        found = run(settings(tcp(server.port, hang), timeout_s=0.2), deadline=time.monotonic() + 15)

    assert seen(found[0]) == ("fail", "exchange", "timeout")
    assert "cut_short" not in found[0].detail
    assert not release.is_set()


def test_a_check_that_crashes_is_unclassified_and_the_others_report(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A mistake in one check costs that check's result only; the log has the traceback."""

    def crash(_: Link) -> None:
        raise ValueError("https://user:CANARY@example.com/ was not expected")

    with serving(hangs) as server, caplog.at_level(logging.ERROR):
        found = run(
            settings(tcp(server.port, crash), tcp(server.port)), deadline=time.monotonic() + 10
        )

    assert [seen(o) for o in found] == [
        ("fail", "exchange", "unclassified"),
        ("pass", "connect", None),
    ]
    assert "ValueError" in found[0].detail["error"]
    assert "in crash" in caplog.text
    assert "CANARY" not in caplog.text + str(found)


def test_a_thousand_silent_targets_cost_one_timeout_and_few_descriptors() -> None:
    """They wait side by side: neither a second timeout would fit nor a thousand descriptors."""
    most = Most()
    with silent_port() as silent, most:
        found = run(settings(*[tcp(silent)] * 1000, timeout_s=2), deadline=time.monotonic() + 3.6)

    assert {seen(o) for o in found} == {("fail", "connect", "timeout")}
    assert [o for o in found if "cut_short" in o.detail] == []
    assert most.descriptors <= 900
    assert most.threads <= 60


def test_connections_that_were_parked_are_told_like_any_other() -> None:
    """A server that lets nobody in at first, then everybody: all pass, with the time it took."""
    with socket.socket() as listener, ExitStack() as crowd:
        port = full(listener, crowd)
        # As late as the first SYN, sent again after a second, allows: a busy machine dials slowly.
        threading.Timer(0.9, listener.listen, (2000,)).start()
        found = run(settings(*[tcp(port)] * 900), deadline=time.monotonic() + 8)

    assert {seen(o) for o in found} == {("pass", "connect", None)}
    assert all(o.detail["syn_retransmits"] >= 1 for o in found)
    # The kernel sends a SYN again after a second; the round trip of that one is not the wait.
    assert all(o.steps[0].ms >= 900 > o.detail["rtt_ms"] for o in found)


def full(listener: socket.socket, crowd: ExitStack) -> int:
    """Fill a listener's queue, so that it drops every further SYN."""
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    address = listener.getsockname()
    for _ in range(4):
        one = crowd.enter_context(socket.socket())
        one.setblocking(False)
        one.connect_ex(address)
    return int(address[1])


class Most:
    """Watch what this process holds while something runs."""

    def __enter__(self) -> Self:
        self.descriptors = self.threads = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            held = sum(1 for _ in Path("/proc/self/fd").iterdir())
            self.descriptors = max(self.descriptors, held)
            self.threads = max(self.threads, threading.active_count())

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def test_many_checks_that_talk_share_few_threads() -> None:
    """Hundreds of conversations are held by a bounded number of threads, and all come to an end."""
    most = Most()
    with serving(answers(b"+PONG\r\n")) as server, most:

        def ask(link: Link) -> None:
            link.send(b"?")
            link.read(7)

        found = run(
            settings(*[tcp(server.port, ask)] * 200, repeat=2), deadline=time.monotonic() + 30
        )

    assert {seen(o) for o in found} == {("pass", "exchange", None)}
    assert {o.detail["passed"] for o in found} == {"2 of 2"}


def test_a_name_outside_the_allow_list_is_never_looked_up() -> None:
    """The look-up itself would carry the name to whoever serves its zone."""
    asked = []

    def look(host: str, _: float) -> Answer:
        asked.append(host)
        return Answer(("127.0.0.1",), 1.0)

    with serving(hangs) as server:
        found = run(
            settings(
                tcp(server.port, host="good.test"),
                tcp(server.port, host="data.evil.test"),
                allow="good.test",
            ),
            deadline=time.monotonic() + 10,
            look=look,
        )

    assert [seen(o) for o in found] == [
        ("pass", "connect", None),
        ("fail", "resolve", "forbidden_target"),
    ]
    assert asked == ["good.test"]


def test_the_address_that_was_judged_is_the_one_that_is_dialled() -> None:
    """A name that would answer differently the second time is only asked once."""
    turns = iter([("127.0.0.1",), ("169.254.169.254",)])

    def look(_: str, __: float) -> Answer:
        return Answer(next(turns), 1.0)

    with serving(hangs) as server:
        found = run(
            settings(tcp(server.port, host="twice.test"), repeat=3),
            deadline=time.monotonic() + 10,
            look=look,
        )

    assert [a.address for a in found[0].attempts] == ["127.0.0.1"] * 3


def test_attempts_of_a_repeated_check_come_from_all_over_the_ports() -> None:
    """A range of ports that is closed is met by chance, not by the order they are handed out."""
    low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    with serving(hangs) as server:
        found = run(settings(tcp(server.port), repeat=40), deadline=time.monotonic() + 10)

    ports = sorted(int(a.detail["source_port"]) for a in found[0].attempts)
    assert ports[-1] - ports[0] > (high - low) // 2


def test_a_bad_address_among_good_ones_is_refused_alone() -> None:
    """Each resolved address is judged by itself, and one that is refused fails the whole."""

    def look(_: str, __: float) -> Answer:
        return Answer(("127.0.0.1", "169.254.169.254"), 1.0)

    with serving(hangs) as server:
        (found,) = run(
            settings(tcp(server.port, host="mixed.test")),
            deadline=time.monotonic() + 10,
            look=look,
        )

    assert seen(found) == ("fail", "connect", "forbidden_target")
    assert [a.status.value for a in found.attempts] == ["pass", "fail"]
    assert found.detail["passed"] == "1 of 2"


def test_a_process_without_file_descriptors_still_reports() -> None:
    """When nothing can be opened at all, every target says so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    targets = [tcp(9), tcp(10)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        found = run(settings(*targets), deadline=time.monotonic() + 5)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert [seen(o)[2] for o in found] == ["unclassified", "unclassified"]
    assert "Too many open files" in found[0].detail["error"]
