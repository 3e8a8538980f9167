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
    from collections.abc import Callable
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
_REQUEST = re.compile(rb"[A-Z]+ [^\r]+ HTTP/1\.1\r\n(?:.*\r\n)?Host: ([^:\r]*)", re.DOTALL)


def delayed(milliseconds: int) -> Judge:
    """Hold up every packet; the questions by which neighbours are found pass at once."""
    return lambda frame: milliseconds / 1000 if frame[_TYPE] in _IP else 0.0


def listening(refuses: Callable[[str], bool]) -> Judge:
    """Lose TLS greetings and HTTP requests for hosts that are refused.

    The connection opens, and what names the host never arrives, as with a rule that drops.
    """

    def judge(frame: bytes) -> float | None:
        name = asked_for(frame)
        return None if name is not None and refuses(name) else 0.0

    return judge


def asked_for(frame: bytes) -> str | None:
    """Read whom the first words of a connection are for: "" for nobody, None where it is no word.

    https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2
    """
    said = _payload(frame)
    if said[:1] == b"\x16" and said[5:6] == b"\x01":
        return _server_name(said[5 + 4 + 2 + 32 :])
    if request := _REQUEST.match(said):
        return request[1].decode("latin-1").lower()
    return None


def _payload(frame: bytes) -> bytes:
    """Take what TCP carries."""
    packet = frame[_TYPE.stop :]
    if frame[_TYPE] == _IP[0] and packet[9:10] == b"\x06":
        packet = packet[4 * (packet[0] & 15) :]
    elif frame[_TYPE] == _IP[1] and packet[6:7] == b"\x06":
        packet = packet[40:]
    else:
        return b""
    return packet[4 * (packet[12] >> 4) :]


def _server_name(rest: bytes) -> str:
    """Read the name in a greeting, from the session's id on; "" where there is none."""
    for size in (1, 2, 1):  # the session's id, ciphers, compressions
        rest = rest[size + int.from_bytes(rest[:size]) :]
    rest = rest[2:]
    while len(rest) > 4:
        length = int.from_bytes(rest[2:4])
        if rest[:2] == b"\0\0":
            return rest[9 : 4 + length].decode("latin-1").lower()
        rest = rest[4 + length :]
    return ""


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
