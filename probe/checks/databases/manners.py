"""Who speaks first is heard first: a MySQL that is met by mistake must not count it against us.

MySQL and MariaDB greet unasked, and take whatever another protocol says for a handshake that broke
off, which they count (`probe.checks.databases.mysql`). So where the port does not vouch for the
engine, the probe listens for a moment before it says anything.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.checks.databases import mysql
from probe.connection.recognise import MYSQL, recognise
from probe.failure import Failed
from probe.model import Failure, Stage

if TYPE_CHECKING:
    from probe.connection.link import Link
    from probe.target import Exchange

# A greeting is under way when the connection stands. One that comes later, because the server
# first looks for the client's name, is missed.
_MOMENT_S = 0.1


@dataclass(frozen=True, slots=True)
class Listening:
    """Another engine's exchange, for a port on which a MySQL may listen."""

    exchange: Exchange

    def __call__(self, link: Link) -> None:
        """Listen with the clock stopped. None of these engines says anything unasked."""
        link.pause()
        heard = link.overhear(_MOMENT_S + link.facts.get("rtt_ms", 0.0) / 500)
        link.enter(Stage.EXCHANGE)
        if not heard:
            self.exchange(link)
            return
        looks = recognise(heard)
        if looks == MYSQL:
            with suppress(Failed, OSError):
                mysql.exchange(link)
        link.facts["looks_like"] = looks
        raise Failed(Failure.UNEXPECTED_ANSWER, "the server speaks before it is spoken to")
