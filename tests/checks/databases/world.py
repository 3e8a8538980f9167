"""A sandbox with real databases; prints what the probe saw of each."""

from __future__ import annotations

import json
import os
import socket
import struct
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.report.document import encode
from probe.runner import run
from probe.settings import parse
from tests.checks import sandbox
from tests.lab.machines import servers
from tests.lab.machines.certificates import Authority
from tests.lab.spawn import Jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.model import Observation

HERE = Path("/proc/self/ns/net")
MARIADB_HOLDS = 10  # the least that it can be told
POSTGRES, MARIADB, REDIS, LOCKED_REDIS = 5432, 3307, 6379, 6380


def main() -> None:
    """Start one of each, look at each, then use their connections up and look again."""
    sandbox.loopback_up()
    with tempfile.TemporaryDirectory() as name, Jobs(Path(name)) as jobs:
        for wait in list(start(jobs, Path(name))):
            wait()
        seen = {
            "postgres": check("rds", POSTGRES, engine="postgres", repeat=3),
            "postgres as tcp": check("tcp", POSTGRES),
            "postgres as mysql": check("rds", POSTGRES, engine="mysql", timeout_s=0.5),
            "postgres as cache": check("cache", POSTGRES, timeout_s=2),
            "mariadb": check("rds", MARIADB, engine="mariadb", repeat=3),
            "mariadb as postgres": check("rds", MARIADB, engine="postgres", timeout_s=2),
            "mariadb as oracle": check("rds", MARIADB, engine="oracle", timeout_s=2),
            "redis": check("cache", REDIS),
            "redis with a password": check("cache", LOCKED_REDIS),
            "redis with tls": check("cache", REDIS, tls=True, timeout_s=2),
            "redis as sqlserver": check("rds", REDIS, engine="sqlserver", timeout_s=0.5),
        }
        with ExitStack() as crowd:
            for _ in range(4):
                crowd.enter_context(postgres_session())
            seen["full postgres"] = check("rds", POSTGRES, engine="postgres")
        with ExitStack() as crowd:
            for _ in range(MARIADB_HOLDS + 2):
                one = socket.create_connection(("127.0.0.1", MARIADB))
                crowd.enter_context(one).recv(100)
            seen["full mariadb"] = check("rds", MARIADB, engine="mysql")
        check("rds", POSTGRES, engine="postgres", repeat=20, timeout_s=5)
        sessions = sessions_of_postgres()
        before = log_of_postgres(Path(name))
        want_passwords(Path(name) / "postgres" / "data")
        seen["postgres with passwords"] = check("rds", POSTGRES, engine="postgres", repeat=3)
        log = log_of_postgres(Path(name)).removeprefix(before)
    told = {key: encode(one) for key, one in seen.items()}
    print(json.dumps({"seen": told, "log": log, "sessions": sessions}))


def start(jobs: Jobs, folder: Path) -> Iterator[servers.Wait]:
    """Start every server."""

    def site(name: str) -> servers.Site:
        own = folder / name
        own.mkdir()
        return servers.Site(jobs, HERE, own, ("127.0.0.1",))

    certificate = Authority(folder, "Database CA").issue("db.example.com")
    yield servers.postgres(site("postgres"), POSTGRES, certificate, max_connections=4)
    yield servers.mariadb(site("mariadb"), MARIADB, max_connections=MARIADB_HOLDS)
    yield servers.redis(site("redis"), REDIS)
    yield servers.redis(site("locked"), LOCKED_REDIS, password="secret")


def check(
    kind: str, port: int, *, repeat: int = 1, timeout_s: float = 5, **more: Any
) -> Observation:
    """Run one check of one server."""
    target = {"check": kind, "host": "127.0.0.1", "port": port, **more}
    event = {"targets": [target], "repeat": repeat, "timeout_s": timeout_s}
    settings = parse(event, os.environ, allow_loopback=True)
    return run(settings, deadline=time.monotonic() + 30)[0]


def postgres_session() -> socket.socket:
    """Log in as the superuser, whom the server trusts, and stay."""
    words = b"user\0postgres\0\0"
    sock = socket.create_connection(("127.0.0.1", POSTGRES))
    sock.sendall(struct.pack("!II", 8 + len(words), 3 << 16) + words)
    answer = b""
    while not answer.endswith(b"Z\x00\x00\x00\x05I"):
        if not (more := sock.recv(4096)):
            sock.close()
            raise ConnectionResetError("the server lets nobody in")
        answer += more
    return sock


def sessions_of_postgres() -> int:
    """Count the sessions that can be opened at once, right after a run of probes."""
    with ExitStack() as stack:
        for count in range(4):
            try:
                stack.enter_context(postgres_session())
            except OSError:
                return count
        return 4


def want_passwords(data: Path) -> None:
    """Have the server ask everybody for a password, as a database in production does."""
    words = b"select pg_reload_conf()\0"
    with postgres_session() as session:
        (data / "pg_hba.conf").write_text("host all all all scram-sha-256\n")
        session.sendall(b"Q" + struct.pack("!I", 4 + len(words)) + words)
        session.recv(4096)
    time.sleep(0.5)


def log_of_postgres(folder: Path) -> str:
    """Find the server's log by its words."""
    logs = [path.read_text(errors="replace") for path in folder.glob("*.log")]
    return next(log for log in logs if "PostgreSQL" in log)


if __name__ == "__main__":
    main()
