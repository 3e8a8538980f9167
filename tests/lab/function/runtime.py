"""AWS Lambda as a function sees it: Runtime API, metadata endpoint, environment and deadline.

Starts the function as a real process under `awslambdaric` inside its namespace, and ends it at its
deadline as Lambda does. Refuses to look into what the function says: it hands back bytes and log.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from werkzeug import Request, Response

from tests.lab.aws.wsgi import serve

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from tests.lab.function.package import Package
    from tests.lab.spawn import Jobs

API = ("169.254.100.1", 9001)  # where Lambda itself has it; the lab's namespaces hold the address
METADATA_PATH = "/2026-01-15/metadata/execution-environment"
INIT_LIMIT_S = 10.0  # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html


@dataclass(frozen=True)
class Configuration:
    """What lambda:GetFunctionConfiguration says of a function, as far as its process feels it."""

    name: str
    arn: str
    region: str
    handler: str
    timeout_s: float
    memory_mb: int
    variables: Mapping[str, str]
    az_id: str


@dataclass(frozen=True)
class Outcome:
    """The end of one invocation."""

    payload: bytes
    function_error: str | None  # X-Amz-Function-Error
    log: tuple[str, ...]


@dataclass
class _Invocation:
    id: str
    event: bytes
    taken: threading.Event = field(default_factory=threading.Event)
    deadline: float = 0.0  # time.time()
    finished: queue.Queue[tuple[bytes, str | None]] = field(default_factory=queue.Queue)


class RuntimeApi:
    """The two HTTP endpoints inside the sandbox, as one WSGI application."""

    def __init__(self, configuration: Configuration, token: str) -> None:
        self._configuration = configuration
        self._token = token
        self.waiting: queue.Queue[_Invocation] = queue.Queue()
        self.running: _Invocation | None = None
        self.init_error: bytes | None = None

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer one request of the runtime."""
        request = Request(environ)
        if request.path == METADATA_PATH:
            response = self._metadata(request)
        elif request.path.endswith("/runtime/invocation/next"):
            response = self._next()
        elif request.path.endswith("/runtime/init/error"):
            self.init_error = request.get_data()
            response = Response("{}", 202)
        else:
            response = self._finish(request)
        return response(environ, start)

    def _next(self) -> Response:
        invocation = self.running = self.waiting.get()
        invocation.deadline = time.time() + self._configuration.timeout_s
        invocation.taken.set()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self._configuration.arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{invocation.id[:8]}-{invocation.id[-24:]}",
        }
        return Response(invocation.event, 200, headers, content_type="application/json")

    def _finish(self, request: Request) -> Response:
        *_, identifier, kind = request.path.split("/")
        if self.running is None or self.running.id != identifier:
            return Response("{}", 400)
        error = "Unhandled" if kind == "error" else None
        self.running.finished.put((request.get_data(), error))
        return Response("{}", 202)

    def _metadata(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return Response("", 401)
        body = json.dumps({"AvailabilityZoneID": self._configuration.az_id})
        headers = {"Cache-Control": "private, max-age=43200, immutable"}
        return Response(body, 200, headers, content_type="application/json")


class Environment:
    """One execution environment: a namespace, a process in it, one invocation at a time."""

    def __init__(
        self,
        jobs: Jobs,
        netns: Path,
        etc: Mapping[str, Path],
        package: Package,
        configuration: Configuration,
    ) -> None:
        self._jobs, self._netns, self._etc = jobs, netns, etc
        self._package, self._configuration = package, configuration
        self._token = uuid.uuid4().hex
        self._api = RuntimeApi(configuration, self._token)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._log = jobs.folder / f"{configuration.name}-stdout.log"
        self._log.touch()
        serve(jobs, jobs.listen(netns, *API), self._api)

    @property
    def log(self) -> tuple[str, ...]:
        """Everything the function has written to stdout and stderr: its CloudWatch log."""
        return tuple(self._log.read_text(errors="replace").splitlines())

    def invoke(self, event: bytes) -> Outcome:
        """Run the function once, starting its process where there is none."""
        with self._lock:
            begin = len(self.log)
            invocation = _Invocation(str(uuid.uuid4()), event)
            process = self._process
            if process is None or process.poll() is not None:
                process = self._process = self._start()
            self._say(f"START RequestId: {invocation.id} Version: $LATEST")
            self._api.waiting.put(invocation)
            payload, error = self._wait(process, invocation)
            self._say(f"END RequestId: {invocation.id}")
            return Outcome(payload, error, self.log[begin:])

    def _start(self) -> subprocess.Popen[bytes]:
        self._api.init_error = None
        self._api.waiting = queue.Queue()
        with self._log.open("ab") as out:
            return self._jobs.start(
                self._netns,
                self._package.command(self._configuration.handler),
                etc=self._etc,
                stdout=out,
                stderr=out,
                cwd=self._package.root,
                env=self._variables(),
            )

    def _say(self, line: str) -> None:
        """Add a line of the platform's own to the log."""
        with self._log.open("a") as out:
            out.write(f"{line}\n")

    def _wait(
        self, process: subprocess.Popen[bytes], invocation: _Invocation
    ) -> tuple[bytes, str | None]:
        """Wait for an answer, the deadline, or the end of the process, whichever comes first."""
        init_deadline = time.time() + INIT_LIMIT_S
        while True:
            try:
                return invocation.finished.get(timeout=0.01)
            except queue.Empty:
                pass
            if process.poll() is not None:
                return self._died(process, invocation)
            end = invocation.deadline if invocation.taken.is_set() else init_deadline
            if time.time() > end:
                process.kill()
                process.wait()
                return self._timed_out(invocation)

    def _died(
        self, process: subprocess.Popen[bytes], invocation: _Invocation
    ) -> tuple[bytes, str | None]:
        if self._api.init_error is not None:
            return self._api.init_error, "Unhandled"
        message = f"Runtime exited with error: exit status {process.returncode}"
        return _error("Runtime.ExitError", invocation, message)

    def _timed_out(self, invocation: _Invocation) -> tuple[bytes, str | None]:
        message = f"Task timed out after {self._configuration.timeout_s:.2f} seconds"
        self._say(f"{invocation.id} {message}")
        return _error("Sandbox.Timedout", invocation, message)

    def _variables(self) -> dict[str, str]:
        """Build what Lambda defines, and what the function's configuration adds.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        configuration = self._configuration
        api = f"{API[0]}:{API[1]}"
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "_HANDLER": configuration.handler,
            "LAMBDA_TASK_ROOT": str(self._package.root),
            "AWS_LAMBDA_RUNTIME_API": api,
            "AWS_LAMBDA_METADATA_API": api,
            "AWS_LAMBDA_METADATA_TOKEN": self._token,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_FUNCTION_NAME": configuration.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.memory_mb),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{configuration.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"lab/[$LATEST]{self._token}",
            "AWS_REGION": configuration.region,
            "AWS_DEFAULT_REGION": configuration.region,
            "AWS_ACCESS_KEY_ID": "ASIALAB0000000000000",
            "AWS_SECRET_ACCESS_KEY": "lab",
            "AWS_SESSION_TOKEN": "lab",
            **self._package.variables(),
            **configuration.variables,
        }


def _error(kind: str, invocation: _Invocation, message: str) -> tuple[bytes, str]:
    document = {"errorType": kind, "errorMessage": f"RequestId: {invocation.id} Error: {message}"}
    return json.dumps(document).encode(), "Unhandled"
