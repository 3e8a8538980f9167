"""Lambda as the lab plays it: one process, one invocation at a time, ended at its deadline."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lab import sandbox

pytestmark = pytest.mark.lab

REPOSITORY = Path(__file__).parents[1]
HANDLER = """
import json, os, time, urllib.request
print("loaded")
def handle(event, context):
    print("asked", event["do"])
    if event["do"] == "sleep":
        time.sleep(30)
    if event["do"] == "die":
        os._exit(3)
    if event["do"] == "raise":
        raise ValueError("no")
    path = "/2026-01-15/metadata/execution-environment"
    request = urllib.request.Request("http://" + os.environ["AWS_LAMBDA_METADATA_API"] + path)
    if event["do"] == "zone":
        request.add_header("Authorization", "Bearer " + os.environ["AWS_LAMBDA_METADATA_TOKEN"])
    try:
        with urllib.request.urlopen(request) as answer:
            zone = json.load(answer)
    except OSError as error:
        zone = str(error)
    rest = context.get_remaining_time_in_millis()
    return {"zone": zone, "name": context.function_name, "rest": rest}
"""
INSIDE = """
import json, subprocess, sys
from pathlib import Path
from tests.lab.function.package import Package
from tests.lab.function.runtime import API, Configuration, Environment
from tests.lab.spawn import Jobs
folder = Path(sys.argv[1])
subprocess.run(["ip", "addr", "add", API[0] + "/32", "dev", "lo"], check=True)
configuration = Configuration("probe", "arn:aws:lambda:eu-west-1:1:function:probe", "eu-west-1",
                              "stand_in.handle", 1.0, 128, {}, "euw1-az2")
with Jobs(folder) as jobs:
    package = Package(folder, "x")
    environment = Environment(jobs, Path("/proc/self/ns/net"), {}, package, configuration)
    for word in sys.argv[2:]:
        done = environment.invoke(json.dumps({"do": word}).encode())
        print(json.dumps([json.loads(done.payload), done.function_error, done.log]))
"""


def invoke(folder: Path, *words: str) -> list[tuple[Any, str | None, list[str]]]:
    """Invoke a stand-in for the probe, once for each word, in one environment."""
    (folder / "stand_in.py").write_text(HANDLER)
    command = sandbox.wrap([sys.executable, "-c", INSIDE, str(folder), *words])
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**sandbox.environment(), "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def test_an_environment_is_used_again(tmp_path: Path) -> None:
    """The code is loaded once; each invocation has its own log and deadline."""
    first, second = invoke(tmp_path, "zone", "zone")

    assert first[0]["zone"] == {"AvailabilityZoneID": "euw1-az2"}
    assert first[0]["name"] == "probe"
    assert 0 < first[0]["rest"] <= 1000
    assert first[1] is None
    assert "loaded" in first[2]
    assert "loaded" not in second[2]
    assert "asked zone" in second[2]


def test_the_metadata_endpoint_wants_its_token(tmp_path: Path) -> None:
    """Without the token that Lambda hands to the function nothing is told."""
    [(answer, _, _)] = invoke(tmp_path, "zone without a token")

    assert "401" in answer["zone"]


def test_a_function_that_is_late_is_killed(tmp_path: Path) -> None:
    """At the deadline the environment ends and says so; the next invocation starts a new one."""
    late, after = invoke(tmp_path, "sleep", "zone")

    assert late[0]["errorType"] == "Sandbox.Timedout"
    assert late[1] == "Unhandled"
    assert any(line.endswith("Task timed out after 1.00 seconds") for line in late[2])
    assert after[0]["name"] == "probe"
    assert "loaded" in after[2]


def test_a_function_that_fails(tmp_path: Path) -> None:
    """An exception is the function's error; a process that ends is Lambda's."""
    raised, died = invoke(tmp_path, "raise", "die")

    assert raised[0]["errorType"] == "ValueError"
    assert died[0]["errorType"] == "Runtime.ExitError"
    assert raised[1] == died[1] == "Unhandled"
