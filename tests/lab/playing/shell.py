"""A user's shell beside the network, with an `aws` on its PATH that reaches the lab.

The `aws` on its PATH hands its words to this process, where `awscli` makes the call: a fix of nine
commands is then a matter of a second.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.lab.aws import awscli
from tests.lab.spawn import enter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tests.lab.spawn import Jobs

LIMIT_S = 120
_AWS = """#!{python} -SE
import json, socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect({path!r})
link.sendall(json.dumps(sys.argv[1:]).encode())
link.shutdown(socket.SHUT_WR)
code, text = json.loads(b"".join(iter(lambda: link.recv(65536), b"")))
if text:
    print(text, file=sys.stderr if code else sys.stdout)
sys.exit(code)
"""


class Shell:
    """Runs commands in a namespace with an environment."""

    def __init__(
        self, folder: Path, netns: Path, etc: Mapping[str, Path], variables: Mapping[str, str]
    ) -> None:
        self._folder, self._netns, self._etc = folder, netns, etc
        self._variables = variables

    def serve_aws(self, jobs: Jobs, client: Callable[[str], Any]) -> None:
        """Put an `aws` on the PATH."""
        path = str(self._folder / "aws.sock")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        jobs.on_close(listener.close)
        jobs.accept(listener, lambda connection: _serve(connection, client))
        program = self._folder / "bin" / "aws"
        program.parent.mkdir()
        program.write_text(_AWS.format(python=sys.executable, path=path))
        program.chmod(0o755)

    def run(
        self, command: Sequence[str], cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one command."""
        search = f"{self._folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        return subprocess.run(
            [*enter(self._netns, self._etc), *command],
            cwd=cwd,
            env={"PATH": search, "LANG": "C.UTF-8", **self._variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )

    def script(self, lines: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run lines of shell, ending at the first that fails."""
        return self.run(["sh", "-euc", "\n".join(lines)])


def _serve(connection: socket.socket, client: Callable[[str], Any]) -> None:
    with connection:
        words = b"".join(iter(lambda: connection.recv(65536), b""))
        code, text = awscli.execute(json.loads(words), client)
        connection.sendall(json.dumps([code, text]).encode())
