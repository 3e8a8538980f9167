"""What names come to, against a real resolver library and a resolver that answers oddly."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from probe.connection.resolve import Answer, Resolver, literal
from probe.model import Failure
from tests.checks import sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

    Seen = Mapping[tuple[str, str], Mapping[str, Any]]


@pytest.fixture(scope="module")
def world() -> Seen:
    """Look every name up once, and dial it, in a network of its own."""
    found = sandbox.run("tests.checks.world_of_names", "full")
    return {(o["check"], o["host"]): o for o in found}


@pytest.mark.parametrize(
    ("name", "failure"),
    [
        ("missing.test", "name_not_found"),
        ("empty.test", "no_address"),
        ("broken.test", "server_failure"),
        ("unwilling.test", "server_failure"),
        ("silent.test", "no_answer"),
        ("truncated.test", "no_answer"),
    ],
)
def test_each_way_of_not_resolving_has_its_failure(world: Seen, name: str, failure: str) -> None:
    """NXDOMAIN, an empty answer, SERVFAIL, REFUSED and silence are told apart, for every check."""
    for check in ("dns", "tcp"):
        one = world[check, name]

        assert (one["status"], one["stage"], one["failure"]) == ("fail", "resolve", failure)
        assert one["address"] is None
        assert one["detail"]["nameservers"] == ["127.0.0.1"]
        assert [step["stage"] for step in one["steps"]] == ["resolve"]


def test_the_second_look_tells_the_resolver_s_own_word(world: Seen) -> None:
    """Where getaddrinfo only says "try again", the resolver's own word is in the detail."""
    looks = {
        name: world["dns", name]["detail"].get("second_look")
        for name in ("broken.test", "silent.test", "truncated.test", "missing.test")
    }

    assert looks == {
        "broken.test": {"127.0.0.1": "SERVFAIL"},
        "silent.test": {"127.0.0.1": "no answer"},
        "truncated.test": {"127.0.0.1": "truncated"},
        "missing.test": None,
    }


def test_a_cname_that_leads_to_itself_has_no_address(world: Seen) -> None:
    """A loop of aliases ends, as a failure of the name and not of the network."""
    assert world["dns", "loop.test"]["failure"] in ("no_address", "name_not_found", "no_answer")


def test_a_name_is_looked_up_once_for_all_its_checks(world: Seen) -> None:
    """Two checks of one name share the answer, and its time."""
    assert world["dns", "good.test"]["steps"][0] == world["tcp", "good.test"]["steps"][0]
    assert world["dns", "good.test"]["detail"]["addresses"] == ["192.0.2.1"]


def test_every_address_is_attempted_up_to_a_bound(world: Seen) -> None:
    """Both families are attempted; of a crowd of addresses only the first ones."""
    assert {a["address"] for a in world["tcp", "both.test"]["attempts"]} == {
        "192.0.2.2",
        "2001:db8::1",
    }
    assert len(world["tcp", "crowd.test"]["attempts"]) == 32


def test_a_family_without_a_route_fails_where_there_is_no_other(world: Seen) -> None:
    """Without any route at all every address is unreachable, and that is a failure."""
    one = world["tcp", "both.test"]

    assert (one["status"], one["stage"], one["failure"]) == ("fail", "connect", "unreachable")


def test_a_missing_family_is_skipped_where_the_other_one_works(world: Seen) -> None:
    """An IPv6 address without a way for IPv6 is no failure of a target that IPv4 reaches."""
    one = world["tcp", "dual.test"]

    assert (one["status"], one["stage"], one["address"]) == ("pass", "connect", "127.0.0.1")
    assert {a["address"]: (a["status"], a["failure"]) for a in one["attempts"]} == {
        "127.0.0.1": ("pass", None),
        "2001:db8::1": ("skipped", "unreachable"),
    }
    assert one["detail"]["passed"] == "1 of 1"


def test_an_address_of_this_machine_is_refused_like_loopback(world: Seen) -> None:
    """What listens here is the function's own environment, by whatever address."""
    one = world["tcp", "192.0.2.77"]

    assert (one["status"], one["failure"]) == ("fail", "forbidden_target")
    assert "own" in one["detail"]["error"]


def test_a_name_that_leads_to_a_forbidden_address_is_refused(world: Seen) -> None:
    """A name gains nothing by resolving to metadata or to mapped loopback."""
    for name in ("metadata.test", "mapped.test"):
        one = world["tcp", name]

        assert (one["status"], one["failure"]) == ("fail", "forbidden_target")


@pytest.mark.parametrize("mode", ["absent", "mute"])
def test_a_resolver_that_is_not_there_is_no_answer(mode: str) -> None:
    """Nobody at the resolver's port, or somebody mute there, did not answer; neither failed."""
    (one,) = sandbox.run("tests.checks.world_of_names", mode)

    assert (one["status"], one["stage"], one["failure"]) == ("fail", "resolve", "no_answer")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("10.1", "10.0.0.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("example.com", None),
        ("10.0.0.1.example", None),
        ("fe80::1%eth0", None),
    ],
)
def test_literal_addresses_are_told_from_names(text: str, address: str | None) -> None:
    """What the C library reads as an address is one, in its plain form."""
    assert literal(text) == address


def test_a_look_up_that_hangs_is_given_up_and_replaced() -> None:
    """Names behind a hanging one are still looked up: a lost thread is made good for."""
    release, answers = threading.Event(), []
    done = threading.Event()

    def look(host: str, _: float) -> Answer:
        if host.startswith("slow"):
            release.wait(20)
        return Answer(("192.0.2.1",), 1.0)

    def post(host: str, answer: Answer) -> None:
        answers.append((host, answer))
        if host == "quick.test":
            done.set()

    resolver = Resolver(post, 0.05, look)
    for i in range(8):
        resolver.ask(f"slow{i}.test")
    resolver.ask("quick.test")
    given_up: list[tuple[str, Answer]] = []
    while not done.wait(0.02):
        given_up += resolver.overdue(1e12)
    release.set()
    resolver.close()

    assert {host for host, _ in given_up} == {f"slow{i}.test" for i in range(8)}
    assert {answer.failure for _, answer in given_up} == {Failure.NO_ANSWER}


def test_the_library_s_words_are_what_the_probe_expects() -> None:
    """The codes that the classification rests on exist here."""
    assert len({socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_AGAIN, socket.EAI_FAIL}) == 4
