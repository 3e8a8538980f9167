"""What a server's first bytes look like, in one word: a hint that returns none of them."""

from __future__ import annotations

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"HTTP/", "http"),
    (b"SSH-", "ssh"),
    (b"220", "smtp or ftp"),
    (b"\x15\x03", "a TLS alert"),
    (b"\x16\x03", "a TLS handshake"),
    (b"+OK", "pop3"),
    (b"* OK", "imap"),
    (b"AMQP", "amqp"),
    (b"RFB ", "vnc"),
    (b"ERROR\r\n", "memcached"),
    (b"-ERR", "redis"),
    (b"<", "html or xml"),
)
NOTHING, UNKNOWN, MYSQL = "nothing", "no known protocol", "mysql"
UNTOLD = (NOTHING, UNKNOWN)


def recognise(data: bytes) -> str:
    """Name a protocol by its first bytes."""
    if not data:
        return NOTHING
    for beginning, name in _BEGINNINGS:
        if data.startswith(beginning):
            return name
    if data[4:5] == b"\x0a" and data[3:4] == b"\x00":
        return MYSQL
    return UNKNOWN
