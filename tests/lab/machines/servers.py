"""The real servers that stand at the end of a packet's way.

Each function starts one kind of server in a namespace and hands back a function that waits until
it listens, so that a scenario's servers all come up side by side. Databases are set up once per
version and copied from then on. Knows nothing of networks.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.lab.machines.certificates import Certificate
    from tests.lab.spawn import Jobs

    Wait = Callable[[], None]
    Command = list[str | Path]

# PostgreSQL refuses to run as uid 0, which the lab is, truly or in its user namespace. A nested
# user namespace that maps the same uid to another number is enough, and needs no second account.
# The number is nobody's, who has a name on every machine: initdb wants to know who it is.
NOT_ROOT = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
TEMPLATES = Path(__file__).parents[3] / ".lab" / "templates"


@dataclass(frozen=True)
class Site:
    """Where a server runs."""

    jobs: Jobs
    netns: Path
    folder: Path  # its own, for data and configuration
    addresses: tuple[str, ...]
    etc: Mapping[str, Path] = field(default_factory=dict)

    def start(self, command: Command, port: int) -> Wait:
        """Start a server that listens on a port of the site's first address, and maybe others."""
        return self.jobs.start_server(self.netns, command, (self.addresses[0], port), etc=self.etc)


class MissingServerError(RuntimeError):
    """A package that the lab needs is not installed."""


def postgres(site: Site, port: int, certificate: Certificate, *, max_connections: int = 20) -> Wait:
    """PostgreSQL, speaking TLS to who asks for it, as RDS does."""
    programs = _postgres_programs()
    data = site.folder / "data"
    _from_template(
        f"postgres-{programs.parent.name}", data, lambda folder: _initdb(programs, folder)
    )
    key = data / "server.key"
    key.write_bytes(certificate.key.read_bytes())
    key.chmod(0o600)
    settings = {
        "listen_addresses": ",".join(site.addresses),
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",
        "shared_buffers": "1MB",
        "autovacuum": "off",
        "max_connections": max_connections,
        "superuser_reserved_connections": 0,
        "authentication_timeout": 600,
        "max_wal_senders": 0,
        "max_worker_processes": 0,
        "ssl": "on",
        "ssl_cert_file": certificate.chain,
        "ssl_key_file": key,
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command: Command = [*NOT_ROOT, programs / "postgres", "-D", data, *options]
    return site.start(command, port)


def mariadb(
    site: Site, port: int, *, max_connections: int = 20, max_connect_errors: int = 100
) -> Wait:
    """MariaDB. With a hosts file in `site.etc` it knows its clients by name.

    Only then does it count a client's broken handshakes and, in the end, block its host.
    https://dev.mysql.com/doc/refman/8.4/en/host-cache.html
    """
    data = site.folder / "data"
    _from_template(f"mariadb-{_version('mariadbd')}", data, _install_mariadb)
    names = [] if "hosts" in site.etc else ["--skip-name-resolve"]
    # RDS's own user may come from anywhere; without such a user a server greets nobody from afar.
    users = site.folder / "users.sql"
    users.write_text("CREATE USER IF NOT EXISTS 'lab'@'%' IDENTIFIED BY 'not-a-secret';\n")
    command: Command = [
        program("mariadbd"),
        "--no-defaults",
        "--user=root",
        f"--datadir={data}",
        f"--socket={site.folder / 'socket'}",
        f"--pid-file={site.folder / 'pid'}",
        f"--init-file={users}",
        f"--port={port}",
        f"--bind-address={','.join(site.addresses)}",
        f"--max-connections={max_connections}",
        f"--max-connect-errors={max_connect_errors}",
        "--connect-timeout=600",
        "--innodb-buffer-pool-size=8M",
        "--innodb-log-file-size=4M",
        "--innodb-flush-method=nosync",
        "--key-buffer-size=64K",
        "--aria-pagecache-buffer-size=256K",
        *names,
    ]
    return site.start(command, port)


def redis(site: Site, port: int, *, password: str | None = None, max_clients: int = 100) -> Wait:
    """Redis; with a password its answer to a stranger is NOAUTH, which is an answer."""
    command: Command = [
        program("redis-server"),
        "--port",
        str(port),
        "--dir",
        site.folder,
        "--maxclients",
        str(max_clients),
    ]
    command += [
        "--bind",
        *site.addresses,
        "--protected-mode",
        "no",
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    if password:
        command += ["--requirepass", password]
    return site.start(command, port)


def nginx(
    site: Site,
    port: int,
    *,
    certificate: Certificate | None = None,
    status: int = 200,
    refuses: bool = False,
) -> Wait:
    """nginx, with TLS where there is a certificate, answering everything with one status.

    `refuses`: it ends every handshake with an alert.
    """
    secure = (
        f"ssl_certificate {certificate.chain}; ssl_certificate_key {certificate.key};"
        if certificate
        else ""
    )
    if refuses:
        secure += " ssl_reject_handshake on;"
    answer = f'location / {{ default_type text/plain; return {status} "lab\\n"; }}'
    return _nginx(site, port, f"{secure} {answer}", "ssl" if certificate else "")


def proxy(site: Site, port: int, targets: Sequence[str]) -> Wait:
    """Nginx as a load balancer of HTTP; without targets it answers 503, as AWS's does.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
    """
    if not targets:
        return nginx(site, port, status=503)
    upstream = " ".join(f"server {target};" for target in targets)
    answer = "proxy_connect_timeout 2s; location / { proxy_pass http://targets; }"
    return _nginx(site, port, answer, "", f"upstream targets {{ {upstream} }}")


def _nginx(site: Site, port: int, server: str, more: str, beside: str = "") -> Wait:
    folder = site.folder
    temporary = " ".join(
        f"{kind}_temp_path {folder / kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    listen = " ".join(
        f"listen {f'[{a}]' if ':' in a else a}:{port} {more};" for a in site.addresses
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"user root root; daemon off; master_process off; pid {folder / 'pid'}; error_log stderr;\n"
        "events { worker_connections 64; }\n"
        f"http {{ access_log off; {temporary}\n{beside}\nserver {{ {listen}\n{server} }} }}\n"
    )
    command: Command = [program("nginx"), "-e", "stderr", "-p", folder, "-c", configuration]
    return site.start(command, port)


def _from_template(name: str, destination: Path, make: Callable[[Path], None]) -> None:
    """Copy a prepared data directory, preparing it once for every run on this machine.

    One lab prepares it while the others wait; the finished directory appears under its name in one
    rename, so that nobody sees a half-made one.
    """
    template = TEMPLATES / name
    if not template.is_dir():
        TEMPLATES.mkdir(parents=True, exist_ok=True)
        with (TEMPLATES / f".{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not template.is_dir():
                with tempfile.TemporaryDirectory(dir=TEMPLATES, prefix=f".{name}-") as scratch:
                    made = Path(scratch) / "data"
                    make(made)
                    made.rename(template)
    subprocess.run(["cp", "-r", "--reflink=auto", template, destination], check=True)
    destination.chmod(0o700)


def _initdb(programs: Path, folder: Path) -> None:
    options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    command: Command = [*NOT_ROOT, programs / "initdb", "-D", folder, *options, "--wal-segsize=1"]
    subprocess.run(command, check=True, capture_output=True)


def _install_mariadb(folder: Path) -> None:
    options = ["--user=root", "--auth-root-authentication-method=normal", "--skip-test-db"]
    command: Command = [
        program("mariadb-install-db"),
        "--no-defaults",
        f"--datadir={folder}",
        *options,
    ]
    subprocess.run([*command, "--innodb-log-file-size=4M"], check=True, capture_output=True)


def _postgres_programs() -> Path:
    """Find the newest server; Debian keeps it out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if found:
        return found[-1].parent
    return program("postgres").resolve().parent


def _version(name: str) -> str:
    answer = subprocess.run([program(name), "--version"], check=True, capture_output=True)
    return answer.stdout.decode().split("Ver ")[-1].split()[0]


def program(name: str) -> Path:
    """Find a program, or say what is missing."""
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")
    if not found:
        raise MissingServerError(f"{name} is not installed; run: make setup")
    return Path(found)
