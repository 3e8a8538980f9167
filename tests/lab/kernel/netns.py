"""Making a topology real: namespaces, cables, commands and filters. Needs a sandbox of its own.

As few processes as possible: one `ip` for all cables, and for each namespace one `ip` and one
`nft`, several namespaces at a time.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.spawn import CLONE_NEWNET, inside

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.lab.kernel.spaces import Space, Topology

RUN = Path("/run/netns")
_MS_BIND = 4096
_MNT_DETACH = 2
_SYSCTLS = {
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    "net/ipv4/conf/lo/rp_filter": "0",
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
    "net/ipv6/conf/default/accept_dad": "0",
    "net/ipv6/conf/default/accept_ra": "0",
    "net/ipv6/conf/default/addr_gen_mode": "1",
}
_FORWARDING = {"net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "1"}
_NO_IPV6 = {"net/ipv6/conf/default/disable_ipv6": "1"}


class KernelError(RuntimeError):
    """The kernel, or a tool that talks to it, refused something."""


def make(topology: Topology, prefix: str) -> dict[str, Path]:
    """Make all namespaces; give the file that names each."""
    RUN.mkdir(parents=True, exist_ok=True)
    paths = {name: RUN / f"{prefix}{name}" for name in topology.spaces}
    _create_all((space, paths[space.name]) for space in topology.spaces.values())
    cables = "\n".join(
        f"link add {device} netns {prefix}{one} type veth"
        f" peer name {other_device} netns {prefix}{other}"
        for one, device, other, other_device in topology.links
    )
    _run(["ip", "-batch", "-"], cables)
    with ThreadPoolExecutor(max_workers=4) as pool:
        under_way = [
            pool.submit(inside, paths[space.name], partial(_furnish, space))
            for space in topology.spaces.values()
        ]
        for done in under_way:
            done.result()
    return paths


def remove(paths: Iterable[Path]) -> None:
    """Let namespaces go; the kernel ends each when its last process and socket is gone."""
    libc = ctypes.CDLL(None, use_errno=True)
    for path in paths:
        libc.umount2(os.fsencode(path), _MNT_DETACH)
        path.unlink(missing_ok=True)


def _create_all(wanted: Iterable[tuple[Space, Path]]) -> None:
    """Work on a thread that is not used again, since it ends up in the last namespace."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            for space, path in wanted:
                _create(space, path)
        except BaseException as error:  # noqa: BLE001 - carried to the thread that asked
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def _create(space: Space, path: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise KernelError(f"no new network namespace: {os.strerror(ctypes.get_errno())}")
    settings = dict(_SYSCTLS)
    settings |= _FORWARDING if space.forwards else {}
    settings |= {} if space.ipv6 else _NO_IPV6
    for name, value in {**settings, **space.sysctls}.items():
        Path("/proc/sys", name).write_text(value)
    path.touch()
    own = f"/proc/self/task/{threading.get_native_id()}/ns/net"
    if libc.mount(os.fsencode(own), os.fsencode(path), None, _MS_BIND, None) != 0:
        raise KernelError(f"{path}: {os.strerror(ctypes.get_errno())}")


def _furnish(space: Space) -> None:
    """Set up one namespace from inside."""
    _run(["ip", "-batch", "-"], "\n".join(space.commands))
    if space.commands6:
        _run(["ip", "-6", "-batch", "-"], "\n".join(space.commands6))
    filters = "\n".join(space.filters)
    if filters.strip():
        apply_filters(filters)


def apply_filters(filters: str) -> None:
    """Load nftables into the namespace of this thread."""
    _run(["nft", "-f", "-"], filters)


def _run(command: list[str], lines: str) -> None:
    done = subprocess.run(command, input=lines + "\n", capture_output=True, text=True, check=False)
    if done.returncode:
        words = " ".join(done.stderr.split())
        raise KernelError(f"{' '.join(command)}: {words}\n{lines}")
