"""No secrets: `python -m tests.faults.canaries` plants one everywhere, and searches every output.

Every canary is a word of its own. The servers that the probe meets hear what it sends and say it
again, in heads, bodies, errors and certificates. Searched is what leaves: the answer, the log with
its metrics, every form of the report, what the command line prints, snapshots, exceptions.
"""

from __future__ import annotations

import base64
import io
import itertools
import json
import logging
import os
import subprocess
import sys
import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from moto.server import ThreadedMotoServer

from tests.checks.servers import drain, serving
from tests.faults import talks
from tests.faults.case import HERE
from tests.faults.secure import Keys, behind_tls

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from tests.checks.servers import Talk

ROOT = Path(__file__).parents[2]
FORMS = ("text", "json", "html", "svg", "junit", "sarif", "github")
_RUN = """
import json, sys, time
from probe import handler
from awslambdaric.lambda_context import LambdaContext
for line in sys.stdin:
    kind, event = json.loads(line)
    context = LambdaContext("request-1", {}, {}, int(time.time() * 1000) + 30000, "arn")
    print("ANSWER " + json.dumps(getattr(handler, kind)(event, context)))
"""


class Canaries:
    """The words that were planted, and where."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.planted: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        """Make one for a place."""
        word = f"CANARY{next(self._numbers):03}feather"
        self.planted[word] = place
        return word

    def found_in(self, output: str) -> Iterator[str]:
        """Find every canary that an output holds, also inside base64, as headers carry it."""
        for word in self.planted:
            if any(form in output for form in (word, *_in_base64(word))):
                yield word


def _in_base64(word: str) -> Iterator[str]:
    """Give the letters that a word leaves in base64 behind 0, 1 and 2 other bytes."""
    for before in range(3):
        letters = base64.b64encode(b"x" * before + word.encode()).decode().rstrip("=")
        yield letters[(0, 2, 3)[before] : -1]


class Outputs:
    """Everything that left, under the name of its way out."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def add(self, name: str, text: str) -> None:
        """Keep one."""
        self.texts[name] = text

    def run(self, name: str, words: list[str], environment: dict[str, str], **options: Any) -> str:
        """Run a command and keep what it prints."""
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
            **options,
        )
        self.add(f"{name}: stdout", done.stdout)
        self.add(f"{name}: stderr", done.stderr)
        return done.stdout


def echoing(canary: Canaries, kind: str) -> Talk:
    """Hear a request, and say all of it again, beside secrets of the server's own."""
    body = canary(f"body of {kind}")
    user, query = canary(f"user info of Location of {kind}"), canary(f"query of Location of {kind}")
    own = [
        f"Set-Cookie: session={canary(f'cookie of {kind}')}",
        f"WWW-Authenticate: Bearer {canary(f'challenge of {kind}')}",
        f"X-Internal: {canary(f'header of {kind}')}",
        f"Location: https://me:{user}@h/?a={query}",
    ]

    def talk(connection: socket.socket) -> None:
        heard = connection.recv(65536).decode("latin-1")
        words = " ".join(heard.split())
        secrets = [line.rpartition(" ")[2] for line in heard.splitlines() if "uthorization" in line]
        head = [
            f"HTTP/1.1 418 {words}",
            f"x-amzn-RequestId: {' '.join(secrets)}",
            f"Location: /{words}",
            *own,
        ]
        connection.sendall("\r\n".join([*head, "", body * 50]).encode("latin-1"))
        drain(connection)

    return talk


def hostile(canary: Canaries) -> dict[str, Talk]:
    """Say secrets in the words of every protocol that has words for them."""
    api = json.dumps({"__type": "AccessDeniedException", "message": "KEYS"})

    def api_error(connection: socket.socket) -> None:
        heard = " ".join(connection.recv(65536).decode("latin-1").split())
        said = api.replace("KEYS", json.dumps(f"{heard} {_AWS}")[1:-1]).encode()
        head = talks.http(
            f"x-amzn-RequestId: {_AWS[-40:]}", f"Content-Length: {len(said)}", status="400 Bad"
        )
        connection.sendall(head + said)
        drain(connection)

    word = (
        f"password={canary('words of a database')} Bearer {canary('token of a database')}".encode()
    )
    url = f"redis://me:{canary('URL in the words of a cache')}@h".encode()
    return {
        "postgres": talks.then(b"N", talks.then(_postgres_error(word), drain)),
        "mysql": talks.then(talks.packet(0, b"\xff\x50\x04#08004" + word), drain, asked=False),
        "cache": talks.then(b"-ERR " + url + b"\r\n", drain),
        "api": api_error,
    }


def _postgres_error(words: bytes) -> bytes:
    fields = b"SFATAL\0C28000\0M" + words + b"\0\0"
    return b"E" + (4 + len(fields)).to_bytes(4, "big") + fields


_AWS = ""  # what signs the calls, once it has been planted


def environment_of(canary: Canaries, keys: Keys) -> dict[str, str]:
    """Plant a canary in every variable that Lambda, an SDK or a user puts a secret into."""
    global _AWS  # noqa: PLW0603 - the servers echo it
    names = (
        "AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_LAMBDA_METADATA_TOKEN DB_PASSWORD API_KEY"
        " AWS_CONTAINER_AUTHORIZATION_TOKEN DATABASE_URL NETRC PGPASSWORD MYSQL_PWD REDISCLI_AUTH"
        ""
    )
    variables = {name: f"{canary(f'variable {name}')}/with/more/to/it" for name in names.split()}
    variables["AWS_ACCESS_KEY_ID"] = f"ASIA{canary('variable AWS_ACCESS_KEY_ID')}"
    _AWS = " ".join(variables[name] for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))
    base = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    lambdas = {
        "AWS_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": "probe",
        "HOME": "/nonexistent",
    }
    return {**base, **lambdas, **keys.environment(), **variables}


def targets_of(canary: Canaries, ports: dict[str, int]) -> list[dict[str, Any]]:
    """Plant a canary in every part of a target that may hold one."""

    def secret_url(scheme: str, port: int) -> str:
        user, word = canary(f"user of {scheme}"), canary(f"password of {scheme}")
        query, fragment = canary(f"query of {scheme}"), canary(f"fragment of {scheme}")
        flag = canary(f"query without a value of {scheme}")
        return f"{scheme}://{user}:{word}@{HERE}:{port}/p?token={query}&{flag}#{fragment}"

    rds = {"check": "rds", "host": HERE}
    return [
        {"check": "http", "url": secret_url("http", ports["http"])},
        {"check": "http", "url": secret_url("https", ports["https"])},
        {"check": "http", "url": secret_url("http", ports["closed"])},
        {"check": "http", "url": secret_url("https", ports["http"])},
        {**rds, "engine": "postgres", "port": ports["postgres"]},
        {**rds, "engine": "mysql", "port": ports["mysql"]},
        {"check": "cache", "host": HERE, "port": ports["cache"]},
    ]


def mistaken(canary: Canaries) -> Iterator[Any]:
    """Put secrets where they do not belong: each event is one sentence, and holds no value."""
    for entry in (
        {"check": "tcp", "port": 1, "host": f"me:{canary('host with user info')}@h/"},
        {"check": "http", "url": f"ftp://me:{canary('URL of another scheme')}@h/"},
        {"check": "dns", "name": f"{canary('name with a blank')} x"},
        {"check": "logs", "region": canary("region")},
        {"check": "dynamodb", "table": f"?{canary('table')}"},
        {"check": "rds", "host": "h", "engine": canary("engine")},
        {"check": "tcp", "host": "h", "port": canary("port")},
        {"check": "aws", "service": "s3", "action": canary("action")},
        {"check": "http", "url": "http://h", "expect_status": canary("status")},
        {"check": canary("check")},
    ):
        yield {"targets": [entry]}
    yield {"targets": canary("targets")}
    yield {"timeout_s": canary("timeout_s"), "targets": []}
    yield canary("the event itself")


def probing(canary: Canaries, keys: Keys, outputs: Outputs, folder: Path) -> None:
    """Let the function and the command line probe servers that say everything again."""
    environment = environment_of(canary, keys)
    with ExitStack() as stack:
        bad = hostile(canary)
        ports = {name: stack.enter_context(serving(talk)).port for name, talk in bad.items()}
        plain = stack.enter_context(serving(echoing(canary, "http")))
        secured = stack.enter_context(serving(behind_tls(keys.good, echoing(canary, "https"))))
        ports |= {"http": plain.port, "https": secured.port, "closed": 9}
        event = {"targets": targets_of(canary, ports), "timeout_s": 1}
        path = folder / "event.json"
        path.write_text(json.dumps(event))
        run = ["-m", "probe.cli", "run", str(path), "--allow-loopback"]
        for form in FORMS:
            outputs.run(f"run as {form}", [*run, "--format", form], environment)
        saved = folder / "report.json"
        saved.write_text(outputs.texts["run as json: stdout"])
        outputs.run("show", ["-m", "probe.cli", "show", str(saved)], environment)
        user, word = canary("user of a proxy"), canary("password of a proxy")
        proxy = f"http://{user}:{word}@{HERE}:{ports['http']}"
        led = {**environment, "HTTP_PROXY": proxy, "HTTPS_PROXY": proxy}
        for form in ("json", "text"):
            outputs.run(f"run through a proxy as {form}", [*run, "--format", form], led)
        broken = {
            **environment,
            "HTTPS_PROXY": f"socks5://me:{canary('user info of a bad proxy')}@h",
        }
        outputs.run("run with a bad proxy", [*run, "--format", "json"], broken)
        _function(canary, outputs, environment, [event, *mistaken(canary)])
        _signed(outputs, environment, ports)
        _bad_variables(canary, outputs, environment)


def _function(
    canary: Canaries, outputs: Outputs, environment: dict[str, str], events: list[Any]
) -> None:
    """Invoke both handlers with everything; loopback is refused here, names and words are not."""
    public = {"targets": [_public(canary, "a name")]}
    lines = [json.dumps(["probe", one]) for one in (*events, public)]
    lines += [json.dumps(["diagnose", one]) for one in events]
    lines.append(json.dumps(["diagnose", {"function": "orders", **public}]))
    dead = {
        **environment,
        "AWS_ENDPOINT_URL": f"http://me:{canary('user info of AWS_ENDPOINT_URL')}@{HERE}:9",
    }
    outputs.run("the function", ["-c", _RUN], dead, input="\n".join(lines))


def _public(canary: Canaries, where: str) -> dict[str, Any]:
    """Name a host that nobody has, with secrets beside the name."""
    word, query = canary(f"password in {where}"), canary(f"query in {where}")
    return {"check": "http", "url": f"https://u:{word}@name.invalid/?k={query}"}


def _signed(outputs: Outputs, environment: dict[str, str], ports: dict[str, int]) -> None:
    """Send signed calls to a server that says the keys again; TLS stands before it."""
    script = (
        "import os, sys, time, json\n"
        "from dataclasses import replace\n"
        "from probe.settings import parse\n"
        "from probe.runner import run\n"
        "from probe.report.document import encode\n"
        "entry = {'check': 'dynamodb', 'table': 'orders'}\n"
        "made = parse({'targets': [entry]}, os.environ, allow_loopback=True)\n"
        f"one = replace(made.targets[0], host='{HERE}', port={ports['https']})\n"
        "for seen in run(replace(made, targets=(one,)), deadline=time.monotonic() + 20):\n"
        "    print(json.dumps(encode(seen)))\n"
    )
    led = {**environment, "AWS_ENDPOINT_URL": f"http://{HERE}:{ports['api']}"}
    said = outputs.run("a signed call", ["-c", script], led)
    assert '"signed": "DescribeTable"' in said, (said, outputs.texts["a signed call: stderr"])


def _bad_variables(canary: Canaries, outputs: Outputs, environment: dict[str, str]) -> None:
    """Put secrets into the probe's own variables, where they cannot be used."""
    for name in (
        "PROBE_TARGETS",
        "PROBE_TIMEOUT_S",
        "PROBE_REPEAT",
        "PROBE_ALLOW",
        "PROBE_MAX_TARGETS",
    ):
        bad = {**environment, name: f"{canary(f'variable {name}')} ://"}
        event = (
            {} if name == "PROBE_TARGETS" else {"targets": [{"check": "dns", "name": "x.invalid"}]}
        )
        outputs.run(f"a bad {name}", ["-c", _RUN], bad, input=json.dumps(["probe", event]))


def reading(canary: Canaries, keys: Keys, outputs: Outputs, folder: Path) -> None:
    """Read a function whose configuration is full of secrets, from an AWS of our own."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)  # moto's own log is nobody's output
    server = ThreadedMotoServer(HERE, 0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        secrets = {f"SECRET_{i}": canary(f"function variable {i}") for i in range(5)}
        secrets |= {
            "PROBE_TARGETS": json.dumps([_public(canary, "PROBE_TARGETS")]),
            "HTTPS_PROXY": f"http://u:{canary('proxy of the function')}@proxy.invalid:1",
        }
        _create(url, secrets)
        environment = {**environment_of(canary, keys), "AWS_ENDPOINT_URL": url}
        environment |= {"AWS_REGION": "eu-west-1"}
        snapshot = folder / "snapshot.json"
        words = ["-m", "probe.cli", "snapshot", "orders", "-o", str(snapshot)]
        outputs.run("snapshot", words, environment)
        outputs.add("the snapshot", snapshot.read_text())
        for form in FORMS:
            words = ["-m", "probe.cli", "diagnose", "orders", "--format", form]
            outputs.run(f"diagnose as {form}", words, environment)
        line = json.dumps(["diagnose", {"function": "orders"}])
        outputs.run("the diagnosing function", ["-c", _RUN], environment, input=line)
    finally:
        server.stop()


def _create(url: str, variables: dict[str, str]) -> None:
    """Make a function in a subnet, with these variables."""
    session = boto3.Session("testing", "testing", region_name="eu-west-1")
    ec2 = session.client("ec2", endpoint_url=url)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    iam = session.client("iam", endpoint_url=url)
    role = iam.create_role(RoleName="fn", AssumeRolePolicyDocument='{"Statement": []}')
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "")
    session.client("lambda", endpoint_url=url).create_function(
        FunctionName="orders",
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="app.main",
        Code={"ZipFile": code.getvalue()},
        VpcConfig={"SubnetIds": [subnet], "SecurityGroupIds": []},
        Environment={"Variables": variables},
    )


def search() -> tuple[Canaries, Outputs, list[str]]:
    """Plant, run, and search."""
    canary, outputs = Canaries(), Outputs()
    with tempfile.TemporaryDirectory() as name:
        keys = Keys(Path(name))
        probing(canary, keys, outputs, Path(name))
        reading(canary, keys, outputs, Path(name))
    leaked = [
        f"{canary.planted[word]}: in {name}"
        for name, text in outputs.texts.items()
        for word in canary.found_in(text)
    ]
    return canary, outputs, leaked


def main() -> int:
    """Search and print; 0 when nothing has leaked."""
    canary, outputs, leaked = search()
    size = sum(map(len, outputs.texts.values()))
    print(f"planted: {len(canary.planted)}")
    print(f"outputs searched: {len(outputs.texts)}, {size:,} characters")
    print(f"leaked: {len(leaked)}")
    print("\n".join(leaked))
    return int(bool(leaked))


if __name__ == "__main__":
    sys.exit(main())
