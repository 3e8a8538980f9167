"""A port that accepts connections: `{"check": "tcp", "host": "...", "port": 6379, "tls": false}`.

With `tls` also a handshake whose certificate is believed. The rest of what a server says is left
unread, with one exception: MySQL counts a connection that says nothing as an error of the client's
host, so on its port the probe takes leave as the `rds` check does.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from probe.checks.databases import mysql
from probe.connection.tls import STANDARD
from probe.failure import Failed
from probe.target import Check, Target

if TYPE_CHECKING:
    from probe.connection.link import Link
    from probe.reading import Fields
    from probe.target import Surroundings

MYSQL = 3306
# https://dev.mysql.com/doc/refman/8.4/en/host-cache.html
NOT_MYSQL = "another port than MySQL's 3306, which counts what it does not understand"


def _parse(fields: Fields, _: Surroundings) -> Target:
    host = fields.host("host")
    port = fields.port("port")
    tls = fields.flag("tls")
    polite = port == MYSQL
    if polite and tls:
        raise fields.wrong("tls", "absent on MySQL's port, which begins in the clear")
    return Target(
        "tcp",
        place(host, port),
        host,
        port,
        exchange=_take_leave if polite else None,
        tls=STANDARD if tls else None,
        gentle=polite,
    )


def place(host: str, port: int) -> str:
    """Write host and port as people do."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _take_leave(link: Link) -> None:
    """Whatever happens now, the port was open."""
    with suppress(Failed, OSError):
        mysql.exchange(link)


CHECK = Check(
    "tcp",
    ("host", "port", "tls"),
    _parse,
    "the port accepts connections; with `tls`, its certificate is trusted",
)
