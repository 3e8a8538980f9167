"""A cable with somebody at it: packets that are held up, or lost for what they say.

What the kernel cannot do by rules. Every frame passes from one end to the other, inward being
towards the machine whose cable it is; `judge` says after how many seconds it goes on, or that it
does not.
"""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.lab.spawn import inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.lab.spawn import Jobs

    Judge = Callable[[bytes], float | None]

MACHINE, NETWORK = "machine", "network"  # the two devices in a relay's namespace
# Of linux/if_packet.h. With the header, frames that the network card would have had to cut or to
# sum up pass as they are.
_SOL_PACKET, _PACKET_VNET_HDR, _PACKET_OUTGOING = 263, 15, 4
_ETH_P_ALL = 3
_HEADER = 10  # of struct virtio_net_hdr, before each frame
_LARGEST = 65536 + 64
_TYPE = slice(_HEADER + 12, _HEADER + 14)  # of the frame: EtherType
_IP = (b"\x08\x00", b"\x86\xdd")


def delayed(milliseconds: int) -> Judge:
    """Hold up every packet; the questions by which neighbours are found pass at once."""
    return lambda frame: milliseconds / 1000 if frame[_TYPE] in _IP else 0.0


def refusing(domains: Iterable[str]) -> Judge:
    """Lose TLS greetings and HTTP requests for these domains.

    One with a leading dot is the domain itself and everything below it.
    The connection opens, and what names the domain never arrives, as with a rule that drops.
    https://docs.aws.amazon.com/network-firewall/latest/developerguide/stateful-rule-groups-domain-names.html
    """
    names = b"|".join(
        rb"(?:[a-z0-9.-]+\.)?" + re.escape(name[1:].encode())
        if name.startswith(".")
        else re.escape(name.encode())
        for name in domains
    )
    # In a greeting the name stands between its length, of which one byte is 0, and the next field.
    greeting, request = rb"\x00.(?:" + names + rb")\x00", rb"\r\nHost: (?:" + names + rb")[:\r]"
    told = re.compile(greeting + b"|" + request, re.IGNORECASE | re.DOTALL)
    return lambda frame: None if told.search(frame) else 0.0


def relay(jobs: Jobs, netns: Path, inward: Judge) -> None:
    """Pass frames between the two devices of a namespace until the jobs are closed."""
    machine, network = inside(netns, lambda: (_opened(MACHINE), _opened(NETWORK)))
    for port in (machine, network):
        jobs.on_close(port.close)
    threading.Thread(target=_pass_on, args=(network, machine, inward), daemon=True).start()
    threading.Thread(target=_pass_on, args=(machine, network, lambda _: 0.0), daemon=True).start()


def _opened(device: str) -> socket.socket:
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    port.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
    port.bind((device, _ETH_P_ALL))
    port.settimeout(0.2)  # closing a socket does not always wake who waits on it
    return port


def _pass_on(source: socket.socket, sink: socket.socket, judge: Judge) -> None:
    while source.fileno() >= 0:
        with suppress(OSError):  # a timeout, or closed
            frame, (_, _, kind, *_) = source.recvfrom(_LARGEST)
            after = None if kind == _PACKET_OUTGOING else judge(frame)
            if after:
                threading.Timer(after, _send, (sink, frame)).start()
            elif after is not None:
                sink.send(frame)


def _send(sink: socket.socket, frame: bytes) -> None:
    with suppress(OSError):  # closed with the scenario
        sink.send(frame)
