"""MySQL and MariaDB: the greeting, and a login for a user that does not exist.

Never only the greeting: the server counts a handshake that breaks off as an error of the client's
host, and after `max_connect_errors` of them refuses that host, the application beside the probe
included. A login that is denied ends the handshake properly and is not counted.
https://dev.mysql.com/doc/refman/8.4/en/host-cache.html
The login is in the clear, since it holds no secret; a server that insists on TLS says so in words,
which is an answer too.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from probe.connection.recognise import recognise
from probe.failure import Failed
from probe.model import Failure
from probe.words import printable, scrub

if TYPE_CHECKING:
    from probe.connection.link import Link

_LONGEST = 4096
_PROTOCOL = 10
_ERROR, _OK, _SWITCH, _MORE = 0xFF, 0x00, 0xFE, 0x01
# CLIENT_LONG_PASSWORD, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH
# https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html
_CAPABILITIES = 0x1 | 0x200 | 0x8000 | 0x80000
_SSL = 0x800
_UTF8 = 33
_QUIT = b"\x01\x00\x00\x00\x01"
_MOST_ROUNDS = 6
# https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
_BUSY = frozenset({1040, 1053, 1203, 1226})  # too many connections; shutting down; per-user limits
_BLOCKED = frozenset({1129, 1130})  # host blocked; host not allowed


def exchange(link: Link) -> None:
    """Have the server greet, and take leave of it."""
    number, greeting = _packet(link)
    if greeting[:1] == bytes([_ERROR]):
        raise _refusal(link, greeting)
    if greeting[:1] != bytes([_PROTOCOL]) or b"\0" not in greeting:
        link.facts["looks_like"] = recognise(greeting)
        raise Failed(Failure.UNEXPECTED_ANSWER, "the greeting is not MySQL's")
    version, _, rest = greeting[1:].partition(b"\0")
    link.facts["server_version"] = printable(version, 60)
    link.facts["tls_offered"] = bool(int.from_bytes(rest[13:15], "little") & _SSL)
    _write(link, number + 1, _login())
    _be_denied(link)


def _login() -> bytes:
    """HandshakeResponse41 with an empty password, which every method takes for a plain attempt."""
    return (
        struct.pack("<IIB23x", _CAPABILITIES, 1 << 24, _UTF8)
        + b"lambda-probe\0"  # no such user
        + b"\0"  # no password
        + b"mysql_native_password\0"
    )


def _be_denied(link: Link) -> None:
    """Answer until the server has spoken its last word, whatever it is."""
    for _ in range(_MOST_ROUNDS):
        number, packet = _packet(link)
        first = packet[0] if packet else _ERROR
        if first == _ERROR:
            code = _code(packet)
            link.facts["login_error"] = code  # 1045, access denied, as a rule
            if code in _BUSY | _BLOCKED:
                raise _refusal(link, packet)
            return
        if first == _OK:  # somebody let everybody in
            link.facts["login_error"] = None
            link.send(_QUIT)
            return
        # Asked for another method, or for more: still no password.
        _write(link, number + 1, b"" if first == _SWITCH else b"\0")
    raise Failed(Failure.UNEXPECTED_ANSWER, "the login has no end")


def _refusal(link: Link, packet: bytes) -> Failed:
    code = _code(packet)
    link.facts["error_code"], link.facts["message"] = code, scrub(printable(packet[3:], 160))
    if code in _BUSY:
        return Failed(Failure.SERVER_BUSY, "the server takes no connection just now")
    if code in _BLOCKED:
        return Failed(Failure.CLIENT_BLOCKED, "the server refuses this client's address")
    return Failed(Failure.UNEXPECTED_ANSWER, "the server greets with an error")


def _code(packet: bytes) -> int:
    return int.from_bytes(packet[1:3], "little")


def _packet(link: Link) -> tuple[int, bytes]:
    head = link.read(4)
    length, number = int.from_bytes(head[:3], "little"), head[3]
    if length > _LONGEST:
        link.facts["looks_like"] = recognise(head)
        raise Failed(Failure.UNEXPECTED_ANSWER, "the packet is too long to be of a MySQL handshake")
    return number, link.read(length)


def _write(link: Link, number: int, payload: bytes) -> None:
    link.send(len(payload).to_bytes(3, "little") + bytes([number & 0xFF]) + payload)
