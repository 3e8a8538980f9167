"""One place for the whole lab: namespaces of its own, so that nothing of it is ever left behind.

The program starts itself again inside new network, mount and process namespaces. When it ends, or
is killed, the kernel ends everything in there. Works as root, and without where the kernel lets
users have namespaces of their own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

_INSIDE = "LAMBDA_PROBE_LAB"
_TOOLS = {"unshare": "util-linux", "ip": "iproute2", "nft": "nftables", "nsenter": "util-linux"}


class SandboxError(RuntimeError):
    """This machine cannot run the lab. Its text says what is missing, in one sentence."""


def wrap(command: list[str]) -> list[str]:
    """Give the words that run a command inside a new sandbox.

    The machine's own `/run` is hidden behind an empty one, so that `/run/netns` is the lab's; so is
    its shared memory, of which databases that are killed leave theirs behind until there is none.
    """
    _check()
    options = ["--net", "--mount", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        options = ["--user", "--map-root-user", *options]
    set_up = (
        "mount -t tmpfs -o mode=755 lab /run && mkdir /run/netns"
        " && mount -t tmpfs -o mode=1777 lab /dev/shm"
        ' && ip link set lo up && exec "$@"'
    )
    return ["unshare", *options, "--", "sh", "-c", set_up, "sh", *command]


def enter(module: str) -> None:
    """Start `python -m module` again inside a sandbox, unless that is where this already runs."""
    if is_inside():
        return
    command = wrap([sys.executable, "-m", module, *sys.argv[1:]])
    done = subprocess.run(command, env={**os.environ, _INSIDE: "1"}, check=False)
    sys.exit(done.returncode)


def is_inside() -> bool:
    """Tell whether this process runs in a sandbox."""
    return os.environ.get(_INSIDE) == "1"


def environment() -> dict[str, str]:
    """Give the environment for a command that `wrap` puts into a sandbox."""
    return {**os.environ, _INSIDE: "1"}


def _check() -> None:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = sorted(
        {package for tool, package in _TOOLS.items() if not shutil.which(tool, path=path)}
    )
    if missing:
        raise SandboxError(
            f"The lab needs {', '.join(missing)}: run `apt-get install -y {' '.join(missing)}`."
        )
    if os.geteuid() != 0 and not _users_may():
        raise SandboxError(
            "The lab needs network namespaces, and this kernel gives them to root only: run it as"
            " root, or set kernel.unprivileged_userns_clone=1 and"
            " kernel.apparmor_restrict_unprivileged_userns=0."
        )


def _users_may() -> bool:
    words = ["unshare", "--user", "--map-root-user", "--net", "--mount", "true"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
