"""The databases that are not at hand, and those that answer oddly: small servers in their place."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.checks.servers import answers, check, drain, says, seen, serving

if TYPE_CHECKING:
    import socket

    from tests.checks.servers import Talk

GREETING = (
    b"\x0a8.4.3\0"
    + struct.pack("<I", 7)
    + b"12345678\0"
    + b"\xff\xff"  # capabilities, TLS among them
    + b"\xff\x02\x00\xff\xdf\x15"
    + bytes(10)
    + b"123456789012\0caching_sha2_password\0"
)


def packet(number: int, payload: bytes) -> bytes:
    """Frame a packet of MySQL's."""
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


def error(code: int, words: str = "Words of the server") -> bytes:
    """Make an error packet of MySQL's."""
    return b"\xff" + struct.pack("<H", code) + words.encode()


def mysql(*rounds: bytes) -> Talk:
    """Greet, and answer every packet of the client with the next of these."""
    heard: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        connection.sendall(packet(0, GREETING))
        number = 1
        for payload in rounds:
            head = connection.recv(4, 0x100)  # MSG_WAITALL
            if not head:
                return  # the client has heard enough
            assert head[3] == number
            length = int.from_bytes(head[:3], "little")
            heard.append(connection.recv(length, 0x100) if length else b"")
            connection.sendall(packet(number + 1, payload))
            number += 2
        drain(connection)

    return talk


@pytest.mark.parametrize(
    ("talk", "failure"),
    [
        (mysql(error(1045)), None),
        (mysql(b"\xfemysql_native_password\x0012345678901234567890\0", error(1045)), None),
        (mysql(b"\xfecaching_sha2_password\x0012345678\0", b"\x01\x04", error(1045)), None),
        (mysql(b"\x00\x00\x00\x02\x00\x00\x00"), None),
        (mysql(error(3159, "Connections using insecure transport are prohibited")), None),
        (mysql(error(1203)), "server_busy"),
        (mysql(*[b"\x01\x04"] * 9), "unexpected_answer"),
        (says(packet(0, error(1040))), "server_busy"),
        (says(packet(0, error(1053))), "server_busy"),
        (says(packet(0, error(1129))), "client_blocked"),
        (says(packet(0, error(1130))), "client_blocked"),
        (says(packet(0, error(9999))), "unexpected_answer"),
        (says(packet(0, b"")), "unexpected_answer"),
        (says(packet(0, b"\x09" + GREETING[1:])), "unexpected_answer"),
        (says(b"\xff\xff\xff\x00" + b"\x0a" * 65536), "unexpected_answer"),
        (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "unexpected_answer"),
    ],
)  # fmt: skip
def test_every_way_of_mysql_to_answer_is_understood(talk: Talk, failure: str | None) -> None:
    """Whatever the server asks of a login, it ends in an answer and without a password."""
    with serving(talk) as server:
        observation = check(target("mysql", server.port))

    assert seen(observation) == ("fail" if failure else "pass", "exchange", failure)


def target(engine: str, port: int) -> dict[str, object]:
    """Make a target for an engine."""
    return {"check": "rds", "host": "127.0.0.1", "port": port, "engine": engine}


def test_no_password_ever_crosses_the_wire() -> None:
    """The login names a user that nobody has, and answers every question with nothing."""
    heard = bytearray()

    def talk(connection: socket.socket) -> None:
        connection.sendall(packet(0, GREETING))
        heard.extend(connection.recv(4096))
        connection.sendall(packet(2, b"\xfemysql_clear_password\0"))
        heard.extend(connection.recv(4096))
        connection.sendall(packet(4, error(1045)))
        drain(connection)

    with serving(talk) as server:
        check(target("mysql", server.port))

    assert bytes(heard).endswith(b"lambda-probe\0\0mysql_native_password\0" + packet(3, b""))


def test_a_login_that_everybody_has_is_left_at_once() -> None:
    """Where an anonymous account lets the probe in, it says goodbye in the protocol's own word."""
    heard = bytearray()

    def talk(connection: socket.socket) -> None:
        connection.sendall(packet(0, GREETING))
        connection.recv(4096)
        connection.sendall(packet(2, b"\x00\x00\x00\x02\x00\x00\x00"))
        while more := connection.recv(4096):
            heard.extend(more)

    with serving(talk) as server:
        observation = check(target("mysql", server.port))
        server.close()

    assert seen(observation) == ("pass", "exchange", None)
    assert bytes(heard) == packet(0, b"\x01")


def test_mysql_tells_its_version_and_that_it_offers_tls() -> None:
    """The greeting's facts are in the detail."""
    with serving(mysql(error(1045))) as server:
        detail = check(target("mysql", server.port)).detail

    assert (detail["server_version"], detail["tls_offered"], detail["login_error"]) == (
        "8.4.3",
        True,
        1045,
    )


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"N", "closed"),
        (b"NR\x00\x00\x00\x17\x00\x00\x00\x0aSCRAM-SHA-256\0\0", None),
        (b"NE\x00\x00\x00\x1cSFATAL\0C28000\0Mno entry\0\0"[:30] + b"\0" * 9, None),
        (b"E\x00\x00\x00\x14SFATAL\0C57P03\0\0\0", "server_busy"),
        (b"NE\x00\x00\x00\x14SFATAL\0C53300\0\0\0", "server_busy"),
        (b"NX\x00\x00\x00\x08....", "unexpected_answer"),
        (b"NR\xff\xff\xff\xff", "unexpected_answer"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "unexpected_answer"),
    ],
)
def test_every_way_of_postgres_to_answer_is_understood(answer: bytes, failure: str | None) -> None:
    """A request to authenticate is an answer, and so is an error; being full is told."""

    def talk(connection: socket.socket) -> None:
        connection.recv(8)
        connection.sendall(answer[:1])
        if answer[:1] == b"N" and len(answer) > 1:
            connection.recv(4096)
        connection.sendall(answer[1:])
        connection.shutdown(1)
        drain(connection)

    with serving(talk) as server:
        observation = check(target("postgres", server.port))

    assert seen(observation) == ("fail" if failure else "pass", "exchange", failure)


PRELOGIN = b"\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff" + b"\x10\x00\x10\x55\x00\x00" + b"\x03"


def tds(kind: int, body: bytes) -> bytes:
    """Frame a message of SQL Server's."""
    return struct.pack("!BBHHBB", kind, 1, 8 + len(body), 0, 1, 0) + body


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (tds(4, PRELOGIN), None),
        (tds(4, b"\x01\x00\x06\x00\x01\xff\x00"), "unexpected_answer"),
        (tds(4, b"\x00\xff\xff\xff\xff\xff"), "unexpected_answer"),
        (tds(4, b""), "unexpected_answer"),
        (tds(0x12, PRELOGIN), "unexpected_answer"),
        (b"\x04\x01\xff\xff" + bytes(70_000), "unexpected_answer"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "unexpected_answer"),
    ],
)
def test_sql_server_introduces_itself(answer: bytes, failure: str | None) -> None:
    """A PRELOGIN answer with a version is SQL Server; anything else is not."""
    with serving(answers(answer)) as server:
        observation = check(target("sqlserver", server.port))

    assert seen(observation) == ("fail" if failure else "pass", "exchange", failure)
    if not failure:
        assert observation.detail["server_version"] == "16.0.4181"
        assert observation.detail["encryption"] == "required"


def test_the_prelogin_is_one_that_a_server_can_read() -> None:
    """The request's own option table leads to a version and an encryption byte within it."""
    heard = bytearray()

    def talk(connection: socket.socket) -> None:
        heard.extend(connection.recv(4096))
        connection.sendall(tds(4, PRELOGIN))
        drain(connection)

    with serving(talk) as server:
        check(target("sqlserver", server.port))
    body = bytes(heard[8:])
    options = {body[i]: struct.unpack_from("!HH", body, i + 1) for i in (0, 5)}

    assert heard[0] == 0x12
    assert struct.unpack_from("!H", heard, 2) == (len(heard),)
    assert body[10] == 0xFF
    assert options == {0: (11, 6), 1: (17, 1)}
    assert len(body) == 18


@pytest.mark.parametrize("kind", [2, 4, 5, 11, 12])
def test_any_word_of_an_oracle_listener_proves_it(kind: int) -> None:
    """Accept, refuse, redirect, resend and marker all come from a listener."""
    with serving(answers(struct.pack("!HHBBH", 8, 0, kind, 0, 0))) as server:
        assert seen(check(target("oracle", server.port))) == ("pass", "exchange", None)


@pytest.mark.parametrize(
    "answer",
    [
        struct.pack("!HHBBH", 8, 0, 6, 0, 0),
        struct.pack("!HHBBH", 7, 0, 2, 0, 0),
        struct.pack("!HHBBH", 60000, 0, 2, 0, 0),
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
)
def test_other_words_are_not_oracle_s(answer: bytes) -> None:
    """Other types and impossible lengths are an unexpected answer."""
    with serving(answers(answer)) as server:
        observation = check(target("oracle", server.port))

    assert seen(observation) == ("fail", "exchange", "unexpected_answer")


def test_the_connect_tells_where_its_data_is() -> None:
    """The CONNECT packet's length, data length and data offset agree with its bytes."""
    heard = bytearray()

    def talk(connection: socket.socket) -> None:
        heard.extend(connection.recv(4096))
        connection.sendall(struct.pack("!HHBBH", 8, 0, 4, 0, 0))
        drain(connection)

    with serving(talk) as server:
        check(target("oracle", server.port))
    length, offset = struct.unpack_from("!HH", heard, 24)

    assert struct.unpack_from("!H", heard) == (len(heard),)
    assert heard[4] == 1
    assert bytes(heard[offset : offset + length]) == b"(CONNECT_DATA=(COMMAND=ping))"


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"+PONG\r\n", None),
        (b"-NOAUTH Authentication required.\r\n", None),
        (b"-NOPERM this user has no permissions\r\n", None),
        (b"-ERR unknown command\r\n", None),
        (b"-LOADING Redis is loading the dataset in memory\r\n", "server_busy"),
        (b"-ERR max number of clients reached\r\n", "server_busy"),
        (b"-DENIED Redis is running in protected mode\r\n", "client_blocked"),
        (b"ERROR\r\n", "unexpected_answer"),
        (b"HTTP/1.1 400 Bad Request\r\n", "unexpected_answer"),
        (b"$4\r\nPONG\r\n", "unexpected_answer"),
    ],
)
def test_a_cache_s_answers_are_told_apart(answer: bytes, failure: str | None) -> None:
    """An answer of the protocol passes, also one that asks for a password; busy is busy."""
    with serving(answers(answer)) as server:
        observation = check({"check": "cache", "host": "127.0.0.1", "port": server.port})

    assert seen(observation) == ("fail" if failure else "pass", "exchange", failure)


@pytest.mark.parametrize("kind", ["postgres", "mysql", "sqlserver", "oracle", "cache"])
def test_no_answer_whatsoever_breaks_a_check(kind: str) -> None:
    """Foreign bytes make an observation, never a mistake of ours."""
    script: list[bytes] = [b""]

    def talk(connection: socket.socket) -> None:
        connection.sendall(script[0])
        connection.shutdown(1)
        drain(connection)

    with serving(talk) as server:
        aim = target(kind, server.port)
        if kind == "cache":
            aim = {"check": "cache", "host": "127.0.0.1", "port": server.port}

        @settings(max_examples=60)
        @given(st.binary(max_size=120))
        def hold(noise: bytes) -> None:
            script[0] = BEGINNINGS[kind][: len(noise) % 9] + noise
            failure = seen(check(aim))[2]
            assert failure in (None, *EXPECTED)

        hold()


BEGINNINGS = {
    "postgres": b"NR\x00\x00\x00\x08",
    "mysql": packet(0, GREETING),
    "sqlserver": tds(4, PRELOGIN),
    "oracle": struct.pack("!HHBBH", 8, 0, 2, 0, 0),
    "cache": b"+PONG\r\n",
}
EXPECTED = (
    "closed",
    "reset",
    "unexpected_answer",
    "server_busy",
    "client_blocked",
    "tls_failed",
    "not_tls",
)
